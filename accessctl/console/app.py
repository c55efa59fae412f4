"""The console's application: its parts, its pages, and how it answers what is refused."""

import logging
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from argon2 import PasswordHasher
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from accessctl.config import Config, ConsoleConfig
from accessctl.console import (
    account_pages,
    camera_pages,
    command_pages,
    consent_pages,
    credential_pages,
    doors_pages,
    enrol_pages,
    entry_pages,
    events_pages,
    expiry_pages,
    face_pages,
    guard,
    held_pages,
    live_pages,
    naming_pages,
    operator_pages,
    pass_pages,
    people_pages,
    phone_pages,
    privacy_pages,
    rules_pages,
    site_pages,
    trust_pages,
    truth_pages,
)
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.complaints import complaint
from accessctl.console.guard import ElsewhereFirstError, NotAllowedError
from accessctl.console.guessing import Guesses
from accessctl.console.kept_rules import KeptRules
from accessctl.console.operators import Operators
from accessctl.console.passkeys import Passkeys
from accessctl.console.passwords import Passwords
from accessctl.console.phone_desk import NoSuchLinkError, PhoneDesk
from accessctl.console.photo_desk import PhotoDesk, desk_of
from accessctl.console.sessions import CSRF_BYTES, OperatorSessions
from accessctl.console.sign_on import SignOn
from accessctl.console.wall import MOST_FILES_MB, PHONE, Wall, WallProblem
from accessctl.console.words import Language, Phrase, Words, catalogue, preferred
from accessctl.errors import AccessctlError, FaultError, HubError, InputError, StoreError
from accessctl.hub import drawn_signature
from accessctl.hub.assembly import Hub
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.likeness import CardYardsticks
from accessctl.hub.photo_check import SitePhotoCheck
from accessctl.hub.site_settings import UnreadableRulesError
from accessctl.policy.access import zone_of
from accessctl.storage.files import KeyPlaces

FOLDER = Path(__file__).parent
KEY_FILE = "console.key"
KEY = KeyPlaces(
    "the console's key",
    "a key of the console",
    "ACCESSCTL_CONSOLE_KEY_FILE",
    "accessctl-console-key",
    StoreError,
)
OK, WRONG, FORBIDDEN, NOT_FOUND, CONFLICT, GONE, NOT_NOW = 200, 400, 403, 404, 409, 410, 503
SEE_OTHER = 303
LEAST_COMPRESSED, COMPRESSION = 1000, 5
"""Bytes of an answer, and how hard it is tried: a page of many doors or people has much alike."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Console:
    """What its pages work on; `now` is epoch time, `names` those by which browsers reach it, `name`
    the DNS name that passkeys are bound to."""

    hub: Hub
    config: ConsoleConfig
    name: str
    names: Collection[str]
    operators: Operators
    sessions: OperatorSessions
    passwords: Passwords
    passkeys: Passkeys
    guesses: Guesses
    sign_on: SignOn | None
    templates: Environment
    phrases: Mapping[str, Phrase]
    own_zone: tzinfo | None
    kept_rules: KeptRules
    photos: PhotoDesk
    phones: PhoneDesk
    checked: SitePhotoCheck
    now: Callable[[], float]
    random_bytes: Callable[[int], bytes]

    @property
    def zone(self) -> tzinfo | None:
        """The time zone in which pages tell times and take them: that of the hub's configuration,
        or of the site's rules; None: the system's."""
        return self.own_zone or zone_of(self.kept_rules())

    def page(
        self,
        request: Request,
        name: str,
        operator: Operator | None,
        status: int = 200,
        /,
        **context: Any,
    ) -> HTMLResponse:
        """The template of that name: a whole page, or only its content, where a page's own script
        asks for that.

        The template extends `layout`. It knows `request`, `operator`, `may` (whether the operator
        may do what that word says), `held` (how many decisions are due) and `troubles` (of the
        site, for whoever may mend them), neither on a page that tells of a problem, `t`, `csrf` and
        whatever else is given.
        """
        is_part = guard.asks_for_part(request)
        session = guard.session_of(request)
        words = self.words(request)
        is_well = not is_part and status == OK
        known = {
            "layout": "part.html" if is_part else "base.html",
            "request": request,
            "operator": operator,
            "may": _may(operator),
            "held": held_pages.due(self, operator) if is_well else 0,
            "troubles": self._troubles(operator, words) if is_well else (),
            "t": words,
            "language": words.language,
            "csrf": "" if session is None else session.csrf_under(self.random_bytes(CSRF_BYTES)),
            "now": self.now(),
        }
        return HTMLResponse(self.templates.get_template(name).render({**known, **context}), status)

    def _troubles(self, operator: Operator | None, words: Words) -> Sequence[str]:
        mends = (Capability.RULES, Capability.SITE)
        if operator is None or not any(map(operator.may, mends)):
            return ()
        return (words("rules.not_known"),) if self.kept_rules.is_unreadable else ()

    def words(self, request: HTTPConnection) -> Words:
        """In the language that the configuration names, or the browser asks for."""
        language: Language
        if self.config.language == "auto":
            language = preferred(request.headers.get("accept-language", ""), "en")
        else:
            language = self.config.language
        return Words(language, self.phrases, self.zone)

    def record(self, kind: JournalKind, operator: Operator, what: str, **data: Any) -> None:
        """Into the hub's journal, which is on the disk when this returns; StoreError."""
        told = {"operator": operator.name, "id": operator.id, "what": what, **data}
        with self.hub.database.writing() as db:
            write_journal(self.hub.database, db, kind, self.now(), told)

    def refused(self, operator: Operator, what: str, **data: Any) -> None:
        """On record: this operator was refused that."""
        self.record(JournalKind.REFUSED, operator, what, **data)

    @contextmanager
    def on_record(self, operator: Operator, what: str, **data: Any) -> Iterator[None]:
        """Around what an operator does: on record before it begins, and where it fails.

        StoreError where it cannot be written down; then nothing was begun.
        """
        self.record(JournalKind.ACT, operator, what, **data)
        with self.told(operator, what, **data):
            yield

    @contextmanager
    def told(self, operator: Operator, what: str, **data: Any) -> Iterator[None]:
        """Around what puts itself on record as it happens: only that it failed is written here, and
        as what kind of error: its sentence may name people, and a journal is for ever."""
        try:
            yield
        except AccessctlError as error:
            self.refused(operator, what, **data, why=type(error).__name__)
            raise


PageModule: TypeAlias = Callable[[Console], APIRouter]
"""The function `routes` of a module of pages."""


def open_console(
    hub: Hub,
    config: Config,
    environment: Mapping[str, str],
    *,
    now: Callable[[], float] = time.time,
    random_bytes: Callable[[int], bytes] = os.urandom,
    hasher: PasswordHasher | None = None,
) -> Console:
    """On a hub that is open; passwords are kept by `hasher`, or as RFC 9106 advises.

    FaultError, ConfigError.
    """
    section, database = config.console, hub.database
    key = console_key(config.hub.folder, environment, random_bytes)
    sessions = OperatorSessions(database, section, now, random_bytes)
    sign_on = None
    if section.oidc is not None:
        sign_on = SignOn(section.oidc, sessions, database, key, now=now, random_bytes=random_bytes)
    return Console(
        hub=hub,
        config=section,
        name=config.console_name,
        names={config.console_name, *config.hub.names, "localhost", "127.0.0.1", "::1"},
        operators=Operators(database, sessions, now, random_bytes),
        sessions=sessions,
        passwords=Passwords(database, sessions, key, now, random_bytes, hasher or PasswordHasher()),
        passkeys=Passkeys(database, sessions, config.console_name, now, random_bytes),
        guesses=Guesses(database, now),
        sign_on=sign_on,
        templates=templates(),
        phrases=catalogue(),
        photos=desk_of(config, hub.people),
        phones=PhoneDesk(now, random_bytes),
        checked=SitePhotoCheck(hub.people, CardYardsticks(config.encoder, config.policy).encoder),
        own_zone=zone_of(config.access),
        kept_rules=KeptRules(hub.site.access, now),
        now=now,
        random_bytes=random_bytes,
    )


def console_key(
    folder: Path, environment: Mapping[str, str], random_bytes: Callable[[int], bytes]
) -> bytes:
    """What the secrets of operators' apps are sealed with (32 bytes), made where there is none;
    StoreError."""
    path = folder / KEY_FILE
    found = KEY.find(path, environment)
    return KEY.generate(path, random_bytes)[0] if found is None else found


def templates() -> Environment:
    """Whatever stands in a page is escaped, and what is not there is a fault."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["drawing"] = drawn_signature.bounds()
    made.globals["most_files_mb"] = MOST_FILES_MB
    return made


def page_modules() -> tuple[PageModule, ...]:
    """What each module of pages adds."""
    return (
        trust_pages.routes,
        events_pages.routes,
        doors_pages.routes,
        command_pages.routes,
        live_pages.routes,
        naming_pages.routes,
        enrol_pages.routes,
        phone_pages.routes,
        camera_pages.routes,
        face_pages.routes,
        people_pages.routes,
        held_pages.routes,
        privacy_pages.routes,
        consent_pages.routes,
        expiry_pages.routes,
        credential_pages.routes,
        pass_pages.routes,
        rules_pages.routes,
        truth_pages.routes,
        entry_pages.routes,
        account_pages.routes,
        operator_pages.routes,
        site_pages.routes,
    )


def console_application(parts: Console, modules: Sequence[PageModule] | None = None) -> ASGIApp:
    """What the console's server runs, with these pages, or all that there are."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(guard.carries_token)],
    )
    app.state.console = parts
    for routes in page_modules() if modules is None else modules:
        app.include_router(routes(parts))
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    _answer_refusals(app, parts)
    compressed = GZipMiddleware(app, LEAST_COMPRESSED, COMPRESSION)
    return Wall(compressed, parts.sessions.find, parts.names, partial(_walled, parts))


def _walled(parts: Console, request: Request, problem: WallProblem) -> Response:
    words = parts.words(request)
    values = {
        key: value if isinstance(value, str) else words.number(value, 2)
        for key, value in problem.values.items()
    }
    told = words(problem.key, **values)
    return parts.page(request, "problem.html", None, problem.status, told=told)


def _answer_refusals(app: FastAPI, parts: Console) -> None:
    def elsewhere(request: Request, error: Exception) -> Response:
        path = str(error)
        if guard.asks_for_part(request):
            return Response(status_code=FORBIDDEN, headers={"hx-redirect": path})
        return RedirectResponse(path, SEE_OTHER)

    def problem(request: Request, status: int, told: str) -> HTMLResponse:
        session = guard.session_of(request)
        operator = None if session is None or session.is_setup else session.operator
        return parts.page(request, "problem.html", operator, status, told=told)

    def not_allowed(request: Request, error: Exception) -> HTMLResponse:
        return problem(request, FORBIDDEN, parts.words(request)(str(error)))

    def wrong(request: Request, error: Exception) -> HTMLResponse:
        return problem(request, WRONG, complaint(error, parts.words(request)))

    def not_understood(request: Request, _: Exception) -> HTMLResponse:
        return problem(request, WRONG, parts.words(request)("entry.not_understood"))

    def conflict(request: Request, error: Exception) -> HTMLResponse:
        return problem(request, CONFLICT, complaint(error, parts.words(request)))

    def cannot_now(request: Request, error: Exception) -> HTMLResponse:
        log.error("The console did not answer a request: %s", error)
        return problem(request, NOT_NOW, parts.words(request)("entry.cannot_now"))

    def no_rules(request: Request, _: Exception) -> HTMLResponse:
        return problem(request, NOT_NOW, parts.words(request)("rules.not_known"))

    def status_of(request: Request, error: Exception) -> HTMLResponse:
        status = error.status_code if isinstance(error, HTTPException) else WRONG
        key = "entry.not_found" if status == NOT_FOUND else "entry.not_understood"
        return problem(request, status, parts.words(request)(key))

    def gone(request: Request, _: Exception) -> HTMLResponse:
        key = "phone.gone" if request.url.path.startswith(PHONE) else "camera.gone"
        return problem(request, GONE, parts.words(request)(key))

    app.add_exception_handler(ElsewhereFirstError, elsewhere)
    app.add_exception_handler(NoSuchLinkError, gone)
    app.add_exception_handler(NotAllowedError, not_allowed)
    app.add_exception_handler(InputError, wrong)
    app.add_exception_handler(RequestValidationError, not_understood)
    app.add_exception_handler(HubError, conflict)
    app.add_exception_handler(FaultError, cannot_now)
    app.add_exception_handler(UnreadableRulesError, no_rules)
    app.add_exception_handler(HTTPException, status_of)


def _may(operator: Operator | None) -> Callable[[str], bool]:
    return lambda word: operator is not None and word in operator.capabilities
