"""The hub's HTTPS interface, `/api/v1`: FastAPI, every answer JSON, every request bounded.

Who asks is who the connection's certificate says, looked up in the database at every request.
Without one there are only `/healthz`, the authority's certificate, and joining by a code.
"""

import logging
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from accessctl.errors import FaultError, HubError, InputError, StoreError
from accessctl.hub.assembly import Hub
from accessctl.hub.callers import Caller, NoCertificateError, NotAdmittedError, caller_by
from accessctl.hub.crowd import COME_AGAIN_S, Crowd
from accessctl.hub.feed_api import feed_routes
from accessctl.hub.health import Health
from accessctl.hub.model_api import model_routes
from accessctl.hub.peer import PEER
from accessctl.hub.records import LogRefusedError
from accessctl.hub.request_tally import TalliedRequests
from accessctl.hub.scim_answers import SCIM
from accessctl.hub.scim_api import scim_application
from accessctl.hub.wait_api import wait_routes
from accessctl.storage.parsing import shortened
from accessctl.sync.wire import (
    API,
    AUTHORITY,
    CERTIFICATE,
    JOIN,
    LOG,
    MAX_BODY_BYTES,
    AuthorityAnswer,
    CertificateAnswer,
    CertificateRequest,
    HubRefusal,
    JoinAnswer,
    JoinRequest,
    LogBatch,
    LogMark,
    LogReceipt,
)

log = logging.getLogger(__name__)

WRONG, UNAUTHORIZED, FORBIDDEN, CONFLICT = 400, 401, 403, 409
LENGTH_REQUIRED, TOO_LARGE, NOT_NOW = 411, 413, 503
# A code and a request for a certificate take a few hundred.
MAX_STRANGERS_BYTES = 32768
# As many members as a group may have, with their names.
MAX_DIRECTORY_BYTES = 1 << 20
TELL_EVERY_S = 60.0
REFUSALS: dict[int | str, dict[str, Any]] = {
    UNAUTHORIZED: {"model": HubRefusal},
    WRONG: {"model": HubRefusal},
}


def application(hub: Hub) -> ASGIApp:
    """What the server runs; also what describes itself as OpenAPI."""
    app = FastAPI(
        title="accessctl hub",
        version=version("accessctl"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(_open_routes(hub))
    app.include_router(_door_routes(hub))
    app.include_router(feed_routes(hub), prefix=API, responses=REFUSALS)
    app.include_router(model_routes(hub), prefix=API, responses=REFUSALS)
    app.include_router(wait_routes(hub), prefix=API, responses=REFUSALS)
    app.mount(SCIM, scim_application(hub))
    refusals, faults = SeldomLog(logging.WARNING), SeldomLog(logging.ERROR)

    async def too_many(scope: Scope, receive: Receive, send: Send) -> None:
        refusals.tell("More is asked at once than the hub can answer; doors are asked to wait.")
        await _not_now("The hub has too much to do just now.")(scope, receive, send)

    def cannot_now(_: Request, error: Exception) -> JSONResponse:
        faults.tell(f"A request was not answered: {error}")
        return _not_now("The hub cannot do that now; its log says why. Try again later.")

    def not_taken(_: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, NoCertificateError):
            refusals.tell(f"A request was refused: {error}")
        is_unknown = isinstance(error, NotAdmittedError)
        return _problem(UNAUTHORIZED if is_unknown else FORBIDDEN, str(error), close=True)

    app.add_exception_handler(StoreError, cannot_now)
    app.add_exception_handler(FaultError, cannot_now)
    app.add_exception_handler(InputError, _wrong)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _not_there)
    app.add_exception_handler(LogRefusedError, _conflict)
    app.add_exception_handler(HubError, not_taken)
    return TalliedRequests(BoundedBodies(Crowd(app, too_many)), hub.requests)


class SeldomLog:
    """Tells of one thing a minute, and how many there were meanwhile: whoever asks may be anybody,
    as often as they like. Any thread may use it; `clock` gives monotonic seconds."""

    def __init__(self, level: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._level = level
        self._clock = clock
        self._lock = threading.Lock()
        self._told = float("-inf")
        self._untold = 0

    def tell(self, what: str) -> None:
        with self._lock:
            now = self._clock()
            if now - self._told < TELL_EVERY_S:
                self._untold += 1
                return
            untold, self._untold, self._told = self._untold, 0, now
        more = f" {untold} more since the last one." if untold else ""
        log.log(self._level, "%s%s", shortened(what), more)


class BoundedBodies:
    """Refuses a request whose body is larger than any that a door sends, or of unknown length.

    Whoever shows no certificate may send little: a body is read before it is known who asks.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            if b"transfer-encoding" in headers:
                answer = _problem(LENGTH_REQUIRED, "Say how long the request is.")
                return await answer(scope, receive, send)
            most = _most_bytes(scope)
            if not _is_within(headers.get(b"content-length", b"0"), most):
                answer = _problem(TOO_LARGE, f"A request may have {most} bytes.")
                return await answer(scope, receive, send)
        return await self._app(scope, receive, send)


def _most_bytes(scope: Scope) -> int:
    if PEER in scope.get("extensions", {}):
        return MAX_BODY_BYTES
    # There the body is read after the token.
    return MAX_DIRECTORY_BYTES if scope["path"].startswith(f"{SCIM}/") else MAX_STRANGERS_BYTES


def _is_within(length: bytes, most: int) -> bool:
    return length.isdigit() and len(length) < 20 and int(length) <= most


def _open_routes(hub: Hub) -> APIRouter:
    routes = APIRouter()
    database = Health(hub.database.check)

    @routes.get("/healthz")
    async def health() -> dict[str, str]:
        """Whether the hub and its database answer."""
        await database.ask()
        return {"status": "ok"}

    @routes.get(API + AUTHORITY)
    def authority() -> AuthorityAnswer:
        """The certificate that a door compares with the fingerprint before it joins."""
        return AuthorityAnswer(certificate=hub.authority.pem)

    @routes.post(API + JOIN, responses={FORBIDDEN: {"model": HubRefusal}})
    def join(request: JoinRequest) -> JoinAnswer:
        """Make the door that was invited by this code one of the hub's."""
        door = hub.doors.join(request.code, request.csr)
        log.info("%s has joined.", door.name)
        return JoinAnswer(
            door=door.id,
            name=door.name,
            certificate=door.certificate,
            receipts=hub.authority.receipts_key,
        )

    return routes


def _door_routes(hub: Hub) -> APIRouter:
    Admitted: TypeAlias = Annotated[Caller, Depends(caller_by(hub.doors))]
    routes = APIRouter(prefix=API, responses=REFUSALS)

    @routes.get("/openapi.json", include_in_schema=False)
    def description(_: Admitted, request: Request) -> JSONResponse:
        return JSONResponse(request.app.openapi())

    @routes.post(CERTIFICATE)
    def renew(door: Admitted, request: CertificateRequest) -> CertificateAnswer:
        """The door's next certificate; those before it count until it is used."""
        return CertificateAnswer(certificate=hub.doors.renew(door.door, request.csr))

    @routes.get(LOG)
    def mark(door: Admitted) -> LogMark:
        """Up to where the hub has the door's log."""
        return hub.records.mark(door.door)

    @routes.get(LOG + "/{number}")
    def mark_at(door: Admitted, number: Annotated[int, Path(ge=0, lt=1 << 63)]) -> LogMark:
        """That record of the door's log as the hub has it."""
        return hub.records.mark_at(door.door, number)

    @routes.post(LOG, responses={CONFLICT: {"model": HubRefusal}})
    def send(door: Admitted, batch: LogBatch) -> LogReceipt:
        """Keep records of the door's log; each is kept once, however often it is sent."""
        return hub.records.take(door.door, door.serial, batch)

    return routes


def _problem(
    status: int, problem: str, *, close: bool = False, again_s: int | None = None
) -> JSONResponse:
    headers = {"connection": "close"} if close else {}
    if again_s is not None:
        headers["retry-after"] = str(again_s)
    return JSONResponse(
        HubRefusal(problem=shortened(problem, 1500)).model_dump(), status, headers=headers
    )


def _not_now(problem: str) -> JSONResponse:
    return _problem(NOT_NOW, problem, again_s=COME_AGAIN_S)


def _wrong(_: Request, error: Exception) -> JSONResponse:
    return _problem(WRONG, str(error))


def _not_understood(_: Request, error: Exception) -> JSONResponse:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    place = ".".join(map(str, first.get("loc", ())))
    return _problem(WRONG, f"The request is not understood: {place}: {first.get('msg')}")


def _not_there(_: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses: a path or method that there is none of, a body that is
    nested too deeply."""
    status = error.status_code if isinstance(error, HTTPException) else WRONG
    return _problem(status, f"The request is not understood: {getattr(error, 'detail', error)}")


def _conflict(_: Request, error: Exception) -> JSONResponse:
    return _problem(CONFLICT, f"The log does not fit what the hub has of it. {error}")
