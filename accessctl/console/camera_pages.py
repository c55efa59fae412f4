"""Enrolment by a door's camera: a door is chosen, whoever is enrolled consents, three photos are
taken one after the other, and an operator approves them as those that came by telephone."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from accessctl.console.asking import Enroller, Id
from accessctl.console.capabilities import Operator
from accessctl.console.command_pages import told_of
from accessctl.console.complaints import complaint
from accessctl.console.phone_desk import POSES, NoSuchLinkError, PhonePose, PhoneVisit, seat_of
from accessctl.console.phone_pages import Drawn, Name, agreed_on, enrolled_name, newest_text
from accessctl.console.photo_desk import HandedIn
from accessctl.console.words import Words
from accessctl.errors import InputError
from accessctl.hub.commands import CommandOutcome, CommandState
from accessctl.hub.door_shots import take_shot
from accessctl.hub.journal import JournalKind
from accessctl.hub.tables import JOINED
from accessctl.sync.shot_wire import EnrolmentStep

if TYPE_CHECKING:
    from accessctl.console.app import Console
    from accessctl.recognition.enrolment import Candidate

PAGE = "/people/camera"
SEE_OTHER, WRONG, NOT_FOUND, CONFLICT = 303, 400, 404, 409


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    _to_begin(routes, console)
    seats = CameraSeats(console)
    _agreed(routes, seats)
    _photographed(routes, seats)
    return routes


def connected_doors(console: "Console") -> tuple[str, ...]:
    """The names of those that have joined and are there now."""
    listed, waking = console.hub.doors.listed(), console.hub.waking
    there = [one.name for one in listed if one.state == JOINED and waking.is_connected(one.id)]
    return tuple(sorted(there, key=str.casefold))


def _to_begin(routes: APIRouter, console: "Console") -> None:
    @routes.get(PAGE)
    def choose(
        request: Request, operator: Enroller, name: str = "", person: str = ""
    ) -> HTMLResponse:
        """By which door somebody new of that name, or the person of that id, is photographed."""
        called = enrolled_name(console, person) if person else name[:100]
        known = {"name": called, "person": person, "doors": connected_doors(console)}
        return console.page(request, "camera_begin.html", operator, **known)

    @routes.post(PAGE)
    def begin(
        operator: Enroller,
        door: Annotated[str, Form(max_length=64)],
        name: Name = "",
        person: Annotated[str, Form(max_length=32)] = "",
    ) -> Response:
        console.hub.doors.id_of(door)
        people = console.hub.people
        called = enrolled_name(console, person) if person else people.free_name(name)
        visit = console.phones.seat(called, person or None, operator.name, door)
        told = {"link": visit.id, "door": door}
        console.record(JournalKind.ACT, operator, "enrolment by camera", **told)
        return RedirectResponse(f"{PAGE}/{visit.id}", SEE_OTHER)


class CameraSeats:
    """What is done with one visit of somebody before a door, by its id."""

    def __init__(self, console: "Console") -> None:
        self.console = console
        self._desk = console.phones

    def visit(self, which: str) -> PhoneVisit:
        """NoSuchLinkError, also for one of a telephone."""
        found = self._desk.visit(seat_of(which))
        if not found.door:
            raise NoSuchLinkError
        return found

    def page(
        self, request: Request, operator: Operator, visit: PhoneVisit, told: str, status: int = 200
    ) -> HTMLResponse:
        text = newest_text(self.console)
        known: dict[str, Any] = {
            "visit": visit,
            "told": told,
            "poses": POSES,
            "path": f"{PAGE}/{visit.id}",
            "text": "" if text is None else text.text,
        }
        return self.console.page(request, "camera.html", operator, status, **known)

    def agree(self, operator: Operator, which: str, words: str, drawn: str) -> PhoneVisit:
        """Whoever is photographed consents by typing their name, and may have signed beside it;
        InputError, NoSuchLinkError."""
        text = newest_text(self.console)
        self.visit(which)
        visit = agreed_on(self._desk, seat_of(which), words, drawn, text)
        told = {"link": which, "version": visit.version, "how": visit.consent().how.value}
        self.console.record(JournalKind.ACT, operator, "consent by camera", **told)
        return visit

    def step(self, operator: Operator, visit: PhoneVisit, step: EnrolmentStep) -> CommandOutcome:
        """Have the door do that; asked and answered are on record."""
        return self.console.hub.commands.enrol(visit.door, step, operator.name)

    def shoot(
        self, operator: Operator, which: str, pose: PhonePose, words: Words
    ) -> tuple[PhoneVisit, str, int]:
        """The visit, what is wrong, if anything, and the status of the answer; NoSuchLinkError."""
        self.visit(which)
        visit = self._desk.begin_try(seat_of(which), again=True)
        shot = take_shot(self.console.hub, visit.door, EnrolmentStep(pose.value), operator.name)
        if shot.outcome.state is not CommandState.DONE:
            return visit, told_of(shot.outcome, visit.door, words), CONFLICT
        if shot.jpeg is None:
            return visit, words.known(f"camera.{shot.fault}", words("camera.unfit")), WRONG
        candidate, problem = self._judged(f"{pose} {visit.tries + 1}", shot.jpeg, words)
        if candidate is None:
            return visit, problem, WRONG
        had = len(visit.photos)
        visit = self._desk.exchange(seat_of(which), pose, candidate)
        if visit.is_complete and had < len(visit.photos):
            told = {"link": which, "door": visit.door}
            self.console.record(JournalKind.ACT, operator, "photos by camera", **told)
        if visit.is_complete:
            # Whatever the door says to that: it goes on by itself soon.
            self.step(operator, visit, EnrolmentStep.END)
        return visit, "", SEE_OTHER

    def stop(self, operator: Operator, which: str) -> None:
        """Nothing is kept of it; NoSuchLinkError."""
        visit = self.visit(which)
        self._desk.drop(seat_of(which))
        self.console.record(JournalKind.ACT, operator, "stop enrolment by camera", link=which)
        if visit.words:
            self.step(operator, visit, EnrolmentStep.END)

    def _judged(self, name: str, jpeg: bytes, words: Words) -> tuple["Candidate | None", str]:
        """What the hub's own checks say of the door's photo."""
        (judged,) = self.console.photos.judge([HandedIn(name, jpeg)])
        return judged.candidate, words.known(f"camera.{judged.fault}", judged.told(words))


def _agreed(routes: APIRouter, seats: CameraSeats) -> None:
    console = seats.console

    @routes.get(PAGE + "/{which}")
    def look(request: Request, operator: Enroller, which: Id) -> HTMLResponse:
        return seats.page(request, operator, seats.visit(which), "")

    @routes.post(PAGE + "/{which}/consent")
    def agree(
        request: Request,
        operator: Enroller,
        which: Id,
        words: Name = "",
        agreed: Annotated[bool, Form()] = False,
        drawn: Drawn = "",
    ) -> Response:
        try:
            if not agreed:
                raise InputError("Tick the box if you agree; otherwise stop here.")
            visit = seats.agree(operator, which, words, drawn)
        except InputError as error:
            told = complaint(error, console.words(request))
            return seats.page(request, operator, seats.visit(which), told, WRONG)
        outcome = seats.step(operator, visit, EnrolmentStep.BEGIN)
        if outcome.state is not CommandState.DONE:
            told = told_of(outcome, visit.door, console.words(request))
            return seats.page(request, operator, visit, told, CONFLICT)
        return RedirectResponse(f"{PAGE}/{which}", SEE_OTHER)


def _photographed(routes: APIRouter, seats: CameraSeats) -> None:
    console = seats.console

    @routes.post(PAGE + "/{which}/shot")
    def shoot(
        request: Request, operator: Enroller, which: Id, pose: Annotated[PhonePose, Form()]
    ) -> Response:
        """Waits for the door's photo, some seconds."""
        visit, told, status = seats.shoot(operator, which, pose, console.words(request))
        if status != SEE_OTHER:
            return seats.page(request, operator, visit, told, status)
        return RedirectResponse(f"{PAGE}/{which}", SEE_OTHER)

    @routes.post(PAGE + "/{which}/stop")
    def stop(operator: Enroller, which: Id) -> Response:
        seats.stop(operator, which)
        return RedirectResponse("/people", SEE_OTHER)

    @routes.get(PAGE + "/{which}/{number}")
    def shown(operator: Enroller, which: Id, number: int) -> Response:
        """One of the photos; that it was shown is on record first."""
        try:
            visit = seats.visit(which)
        except NoSuchLinkError as error:
            raise HTTPException(NOT_FOUND) from error
        if not 0 <= number < len(visit.photos):
            raise HTTPException(NOT_FOUND)
        told = {"link": which, "number": number}
        console.record(JournalKind.SHOWN, operator, "photo by camera", **told)
        return Response(visit.photos[number].jpeg, media_type="image/jpeg")
