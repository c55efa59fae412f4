"""The site: doors that join and leave it, alarms, the check of all records, and backups."""

import json
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accessctl.console.capabilities import Capability, Operator
from accessctl.console.complaints import in_words
from accessctl.console.entry_pages import SEE_OTHER, Text
from accessctl.console.guard import fresh, needs
from accessctl.console.site_view import hub_backups, site_doors
from accessctl.domain import EventKind
from accessctl.errors import HubError
from accessctl.hub.door_software import DoorSoftwares
from accessctl.hub.doors import Invitation
from accessctl.hub.journal import JournalKind, latest_records
from accessctl.hub.records import KeptRecord
from accessctl.hub.verify import verify_site

if TYPE_CHECKING:
    from accessctl.console.app import Console

SITE = "/site"
BACKED_UP = "audit_backed_up"
BACKUPS_S = 90 * 86400.0
MOST_BACKUPS, MOST_HUB_BACKUPS, MOST_ALARMS = 20, 5, 100
Looks = Annotated[Operator, needs(Capability.SITE)]
Changes = Annotated[Operator, fresh(Capability.SITE)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    checking = threading.Lock()
    hub = console.hub
    software = DoorSoftwares(hub.database)

    @routes.get(SITE)
    def site(request: Request, operator: Looks) -> HTMLResponse:
        return _shown(console, software, request, operator)

    @routes.post(SITE + "/invite")
    def invite(request: Request, by: Changes, door: Text) -> HTMLResponse:
        with console.on_record(by, "invite door", door=door.strip()):
            made = hub.doors.invite(door.strip())
        return _shown(console, software, request, by, made)

    @routes.post(SITE + "/revoke")
    def revoke(by: Changes, door: Text) -> Response:
        with console.on_record(by, "revoke door", door=door):
            hub.doors.revoke(door)
        return RedirectResponse(SITE, SEE_OTHER)

    @routes.post(SITE + "/verify")
    def verify(request: Request, by: Looks) -> HTMLResponse:
        # It reads everything: one at a time.
        if not checking.acquire(blocking=False):
            raise HubError(console.words(request)("site.verifying"))
        try:
            with console.on_record(by, "verify"):
                report = verify_site(hub.database)
        finally:
            checking.release()
        words = console.words(request)
        found = [(one, in_words(one.problem, words)) for one in report.findings]
        return console.page(request, "verified.html", by, report=report, found=found)

    return routes


def _shown(
    console: "Console",
    software: DoorSoftwares,
    request: Request,
    operator: Operator,
    made: Invitation | None = None,
) -> HTMLResponse:
    hub = console.hub
    doors, own = hub.doors.listed(), version("accessctl")
    alarms = hub.records.alarms()
    made_here = latest_records(hub.database, JournalKind.BACKED_UP, MOST_HUB_BACKUPS)
    return console.page(
        request,
        "site.html",
        operator,
        doors=site_doors(doors, software.of(doors), console.words(request), console.now(), own),
        version=own,
        hub_backups=hub_backups(made_here),
        alarms=alarms[-MOST_ALARMS:][::-1],
        more_alarms=len(alarms[:-MOST_ALARMS]),
        backups=backups(console),
        made=made,
        url=f"https://{console.name}:{hub.config.port}",
        fingerprint=hub.authority.fingerprint,
    )


def backups(console: "Console") -> list[KeptRecord]:
    """What the doors wrote down of backups in the last 90 days, the newest first."""
    since = console.now() - BACKUPS_S
    service = console.hub.records.query(since=since, kind=EventKind.SERVICE.value)
    found = [one for one in service if _is_backup(one)]
    return found[-MOST_BACKUPS:][::-1]


def _is_backup(kept: KeptRecord) -> bool:
    _, _, _, _, text = json.loads(kept.record)
    data = json.loads(text)
    return isinstance(data, dict) and data.get("state") == BACKED_UP
