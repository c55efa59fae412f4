"""Somebody new, or more photos of somebody, from files that an operator hands in."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accessctl.administration.changes import Administration
from accessctl.console.asking import Enroller
from accessctl.console.capabilities import Operator
from accessctl.console.complaints import complaint
from accessctl.console.folder_desk import (
    MOST_IN_FOLDER,
    FiledPhoto,
    FileFate,
    listed,
    sorted_out,
    take_in_all,
)
from accessctl.console.photo_desk import HandedIn, JudgedPhoto
from accessctl.domain import Person
from accessctl.errors import FaceError, PersonError, UnknownPersonError
from accessctl.hub.people_journal import PeopleJournal

if TYPE_CHECKING:
    from accessctl.console.app import Console
    from accessctl.recognition.enrolment import Candidate

NEW, FOLDER = "/people/new", "/people/new/folder"
SEE_OTHER, WRONG = 303, 400


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()

    @routes.get(NEW)
    def form(request: Request, operator: Enroller, name: str = "") -> HTMLResponse:
        return _shown(console, request, operator, name[:100], [], "")

    @routes.post(NEW)
    def enrol(
        request: Request,
        operator: Enroller,
        name: Annotated[str, Form(max_length=100)],
        photos: Annotated[list[UploadFile], File()],
    ) -> Response:
        """All of them or none; whoever has the name already gets more photos."""
        handed_in = [HandedIn((one.filename or "?")[:100], one.file.read()) for one in photos]
        judged = console.photos.judge(handed_in)
        candidates = [one.candidate for one in judged if one.candidate is not None]
        if len(candidates) < len(judged):
            return _shown(console, request, operator, name, judged, "", WRONG)
        try:
            kept = keep_photos(console, operator, name, candidates)
        except (FaceError, PersonError) as error:
            told = complaint(error, console.words(request))
            return _shown(console, request, operator, name, judged, told, WRONG)
        return RedirectResponse(f"/people/{kept.id}", SEE_OTHER)

    @routes.get(FOLDER)
    def folder_form(request: Request, operator: Enroller) -> HTMLResponse:
        return _folder(console, request, operator, [])

    @routes.post(FOLDER)
    def enrol_folder(
        request: Request, operator: Enroller, photos: Annotated[list[UploadFile], File()]
    ) -> HTMLResponse:
        """Everybody in it, photo by photo; what cannot be used is told of, and keeps nobody out."""
        files = sorted_out([one.filename or "" for one in photos])
        contents = [one.file.read for one in photos]
        judge = partial(console.photos.judge, most=MOST_IN_FOLDER)
        to, words = _administration(console, operator), console.words(request)
        filed = take_in_all(files, contents, judge, to, words)
        return _folder(console, request, operator, filed)

    return routes


def _administration(console: "Console", operator: Operator) -> Administration:
    journal = PeopleJournal(console.hub.database, console.hub.people, operator.name)
    return Administration(console.hub.people, journal, console.now)


def keep_photos(
    console: "Console", operator: Operator, name: str, photos: "Sequence[Candidate]"
) -> Person:
    """More photos of whoever has that name, or somebody new; FaceError, PersonError, StoreError."""
    administration = _administration(console, operator)
    try:
        return administration.add_photos(administration.person(name).name, photos)
    except UnknownPersonError:
        return administration.enrol(name, photos)


def _shown(
    console: "Console",
    request: Request,
    operator: Operator,
    name: str,
    judged: list[JudgedPhoto],
    told: str,
    status: int = 200,
) -> HTMLResponse:
    return console.page(
        request, "enrol.html", operator, status, name=name, judged=judged, told=told
    )


def _folder(
    console: "Console", request: Request, operator: Operator, filed: Sequence[FiledPhoto]
) -> HTMLResponse:
    fates = Counter(one.fate for one in filed)
    shown = listed(filed)
    is_refused = bool(filed) and set(fates) <= {FileFate.REFUSED, FileFate.LEFT_OUT}
    return console.page(
        request,
        "folder.html",
        operator,
        WRONG if is_refused else 200,
        filed=shown,
        more=len(filed) - len(shown),
        counts=[(fate.value, fates[fate]) for fate in FileFate],
        most=MOST_IN_FOLDER,
    )
