"""Whose certificate a connection showed, handed to the application with each of its requests.

uvicorn does not hand it on, so its protocol is extended here. TLS has checked by then that the
hub's authority issued it and that it has not run out; whether it counts, the database says.
"""

from typing import Any

from cryptography import x509
from uvicorn.protocols.http.h11_impl import H11Protocol

from accessctl.hub.authority import serial_of

PEER = "accessctl.peer"
"""In a request's `extensions`: the serial number, hex, of the certificate that was shown."""


class PeerProtocol(H11Protocol):
    """HTTP/1.1 whose requests carry the serial of the peer's certificate, where it showed one."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # Whoever connects and then says nothing is let go as if they had been heard before.
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        serial = _serial(transport)
        if serial is not None:
            self.app = _Stamped(self.app, serial)


class _Stamped:
    """One connection's application."""

    def __init__(self, app: Any, serial: str) -> None:
        self._app = app
        self._serial = serial

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        extensions = {**scope.get("extensions", {}), PEER: self._serial}
        await self._app({**scope, "extensions": extensions}, receive, send)


def _serial(transport: Any) -> str | None:
    tls = transport.get_extra_info("ssl_object")
    content = None if tls is None else tls.getpeercert(binary_form=True)
    return None if content is None else serial_of(x509.load_der_x509_certificate(content))
