"""How a browser or telephone comes to trust the hub: told to everybody, signed in or not."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from accessctl.console import guard

if TYPE_CHECKING:
    from accessctl.console.app import Console

FILE_NAME = "accessctl-hub.crt"
MEDIA_TYPE = "application/x-x509-ca-cert"


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()

    @routes.get("/trust")
    def trust(request: Request) -> HTMLResponse:
        session = guard.session_of(request)
        operator = None if session is None or session.is_setup else session.operator
        return console.page(
            request,
            "trust.html",
            operator,
            fingerprint=grouped(console.hub.authority.fingerprint),
            own_certificate=console.config.certificate is not None,
            file=FILE_NAME,
            name=console.name,
        )

    @routes.get(f"/trust/{FILE_NAME}")
    def authority() -> Response:
        """The certificate of the hub's authority, as operating systems take it."""
        headers = {"content-disposition": f'attachment; filename="{FILE_NAME}"'}
        return Response(console.hub.authority.pem, media_type=MEDIA_TYPE, headers=headers)

    return routes


def grouped(fingerprint: str) -> str:
    """SHA256:AABB... as systems show it: AA:BB:..."""
    digits = fingerprint.removeprefix("SHA256:")
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
