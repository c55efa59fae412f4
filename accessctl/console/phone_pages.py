"""Enrolment by telephone: the page behind a link, which needs no sign-in and does nothing else, and
what operators see of it."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from accessctl.console.account_pages import qr_code
from accessctl.console.asking import Enroller, Id
from accessctl.console.complaints import complaint
from accessctl.console.enrol_pages import keep_photos
from accessctl.console.entry_pages import origin_of
from accessctl.console.phone_desk import POSES, NoSuchLinkError, PhoneDesk, PhoneVisit
from accessctl.console.photo_desk import HandedIn, JudgedPhoto
from accessctl.console.wall import PHONE
from accessctl.errors import AccessctlError, InputError
from accessctl.hub.drawn_signature import MOST_CHARACTERS, strokes_of
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.policy.consent import ConsentText

if TYPE_CHECKING:
    from accessctl.console.app import Console

WAITING = "/people/phone"
SEE_OTHER, WRONG, NOT_FOUND = 303, 400, 404
MOST_FIELDS, MOST_FIELD_BYTES = 4, 4096

Token = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Form(max_length=100)]
Drawn = Annotated[str, Form(max_length=MOST_CHARACTERS)]
"""A signature that was drawn, as drawn_signature reads it; empty for none."""


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    _behind_the_link(routes, console)
    _links(routes, console)
    _decided(routes, console)
    return routes


def _behind_the_link(routes: APIRouter, console: "Console") -> None:
    desk = console.phones

    def page(request: Request, visit: PhoneVisit, told: str, status: int = 200) -> HTMLResponse:
        text = newest_text(console)
        known: dict[str, Any] = {"visit": visit, "told": told, "count": len(POSES)}
        known["text"] = "" if text is None else text.text
        return console.page(request, "phone.html", None, status, **known)

    def refused(request: Request, visit: PhoneVisit, photo: JudgedPhoto) -> HTMLResponse:
        return page(request, visit, photo.told(console.words(request)), WRONG)

    @routes.get(PHONE + "{token}")
    def look(request: Request, token: Token) -> HTMLResponse:
        return page(request, desk.visit(token), "")

    @routes.post(PHONE + "{token}/consent")
    def agree(
        request: Request,
        token: Token,
        words: Name = "",
        agreed: Annotated[bool, Form()] = False,
        drawn: Drawn = "",
    ) -> Response:
        text = newest_text(console)
        try:
            if not agreed:
                raise InputError("Tick the box if you agree; otherwise close this page.")
            visit = agreed_on(desk, token, words, drawn, text)
        except InputError as error:
            why = complaint(error, console.words(request))
            return page(request, desk.visit(token), why, WRONG)
        told = {"version": visit.version, "how": visit.consent().how.value}
        by_phone(console, visit, "consent by telephone", **told)
        return RedirectResponse(PHONE + token, SEE_OTHER)

    @routes.post(PHONE + "{token}/photo")
    async def photo(request: Request, token: Token) -> Response:
        """The form is read only for a link that counts."""
        visit = desk.begin_try(token)
        content = await _photo_in(request)
        judged = await run_in_threadpool(
            console.photos.judge, [HandedIn(f"{visit.pose} {visit.tries + 1}", content)]
        )
        if judged[0].candidate is None:
            return await run_in_threadpool(refused, request, visit, judged[0])
        visit = desk.add(token, visit.pose, judged[0].candidate)
        if visit.is_complete:
            await run_in_threadpool(by_phone, console, visit, "photos by telephone")
        return RedirectResponse(PHONE + token, SEE_OTHER)


async def _photo_in(request: Request) -> bytes:
    """The file `photo` of the form; InputError."""
    bounds = {"max_files": 1, "max_fields": MOST_FIELDS, "max_part_size": MOST_FIELD_BYTES}
    async with request.form(**bounds) as form:
        file = form.get("photo")
        if not isinstance(file, UploadFile):
            raise InputError("No photo came; take or choose one.")
        return await file.read()


def _links(routes: APIRouter, console: "Console") -> None:
    desk = console.phones

    @routes.post(WAITING)
    def invite(
        request: Request,
        operator: Enroller,
        name: Name = "",
        person: Annotated[str, Form(max_length=32)] = "",
    ) -> HTMLResponse:
        """A link for somebody new of that name, or for the person of that id."""
        people = console.hub.people
        called = enrolled_name(console, person) if person else people.free_name(name)
        token, visit = desk.invite(called, person or None, operator.name)
        console.record(JournalKind.ACT, operator, "link for telephone", link=visit.id)
        link = f"{origin_of(request)}{PHONE}{token}"
        known = {"visit": visit, "link": link, "picture": qr_code(link)}
        return console.page(request, "phone_link.html", operator, **known)

    @routes.get(WAITING)
    def listed(request: Request, operator: Enroller) -> HTMLResponse:
        return console.page(request, "phones.html", operator, waiting=desk.waiting())

    @routes.get(WAITING + "/{which}/{number}")
    def shown(operator: Enroller, which: Id, number: int) -> Response:
        """One of the photos; that it was shown is on record first."""
        for visit in desk.waiting():
            if visit.id == which and 0 <= number < len(visit.photos):
                what = f"photo by {visit.way}"
                console.record(JournalKind.SHOWN, operator, what, link=which, number=number)
                return Response(visit.photos[number].jpeg, media_type="image/jpeg")
        raise HTTPException(NOT_FOUND)


def _decided(routes: APIRouter, console: "Console") -> None:
    @routes.post(WAITING + "/{which}/approve")
    def approve(operator: Enroller, which: Id) -> Response:
        visit = _taken(console, which)
        try:
            what = f"approve photos by {visit.way}"
            with console.on_record(operator, what, link=which), console.hub.people.changing():
                name = visit.name
                if visit.person is not None:
                    name = enrolled_name(console, visit.person)
                kept = keep_photos(console, operator, name, visit.photos)
        except (AccessctlError, HTTPException):
            console.phones.put_back(visit)
            raise
        if visit.version is not None:
            console.hub.consents.give(kept.name, visit.consent(), operator.name, visit.version)
        return RedirectResponse(f"/people/{kept.id}", SEE_OTHER)

    @routes.post(WAITING + "/{which}/discard")
    def discard(operator: Enroller, which: Id) -> Response:
        visit = _taken(console, which)
        console.record(JournalKind.ACT, operator, f"discard photos by {visit.way}", link=which)
        return RedirectResponse(WAITING, SEE_OTHER)


def newest_text(console: "Console") -> ConsentText | None:
    """What is consented to: the site's own text, None where it has none, and the console's notice
    stands for it."""
    texts = console.hub.consents.texts()
    return texts[-1] if texts else None


def agreed_on(
    desk: PhoneDesk, token: str, words: str, drawn: str, text: ConsentText | None
) -> PhoneVisit:
    """Whoever is enrolled agreed to that text, None: to the console's own notice, of which no
    signature is kept. NoSuchLinkError, InputError."""
    if text is None:
        return desk.agree(token, words, None)
    return desk.agree(token, words, text.version, strokes_of(drawn))


def by_phone(console: "Console", visit: PhoneVisit, what: str, **data: Any) -> None:
    """Into the journal: whoever has the link did that. Names stand nowhere in it. Consent to the
    notice of the console's own is on record here alone; one to a text of the site is given to
    `hub.consents`, too, once there is a person."""
    told = {"by": visit.by, "link": visit.id, "what": what, **data}
    with console.hub.database.writing() as db:
        write_journal(console.hub.database, db, JournalKind.ACT, console.now(), told)


def _taken(console: "Console", which: str) -> PhoneVisit:
    try:
        return console.phones.take(which)
    except NoSuchLinkError as error:
        raise HTTPException(NOT_FOUND) from error


def enrolled_name(console: "Console", person: str) -> str:
    """Of whoever has that id; 404 for nobody."""
    for one in console.hub.people.people():
        if one.id == person:
            return one.name
    raise HTTPException(NOT_FOUND)
