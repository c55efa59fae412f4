"""What a person may ask for: a consent kept or withdrawn, a copy of their data, and the proof that
they are gone."""

import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException

from accessctl.console.asking import Clerk, Enroller, FreshClerk, Id, RuleMaker
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.guard import NotAllowedError
from accessctl.console.person_acts import named
from accessctl.console.phone_pages import Drawn
from accessctl.console.privacy_view import PersonGrounds, grounds_of, shown_signature
from accessctl.console.words import Words
from accessctl.errors import InputError
from accessctl.hub.drawn_signature import strokes_of
from accessctl.hub.journal import JournalKind
from accessctl.hub.person_export import write_export
from accessctl.hub.removal_certificate import certificate_bytes
from accessctl.policy.consent import ConsentWay, GivenConsent, typed_consent

if TYPE_CHECKING:
    from accessctl.console.app import Console

PEOPLE, REMOVALS = "/people", "/removals"
SEE_OTHER, NOT_FOUND = 303, 404
CHUNK_BYTES = 1 << 16
MOST_CHARACTERS = 300
ON_PAPER = (ConsentWay.WITNESS, ConsentWay.TYPED_NAME, ConsentWay.OTHER_BASIS)
"""How a consent that an operator enters may have been given."""

Text = Annotated[str, Form(max_length=MOST_CHARACTERS)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    _consents(routes, console)
    _handed_out(routes, console)

    @routes.post(PEOPLE + "/{person}/keep")
    def keep(operator: RuleMaker, person: Id) -> Response:
        """Their absence counts from now on."""
        with console.told(operator, "keep person", person=person), named(console, person) as name:
            console.hub.expiry.keep(name, operator.name)
        return RedirectResponse(f"{PEOPLE}/{person}", SEE_OTHER)

    return routes


def person_grounds(
    console: "Console", person: str, operator: Operator, words: Words
) -> PersonGrounds:
    """For the person's own page; who signed or witnessed shows to those who may see photos."""
    consents = console.hub.consents
    is_named = operator.may(Capability.PRIVACY)
    found, texts = consents.of(person), consents.texts()
    return grounds_of(found, texts, words, console.now(), is_named=is_named)


def _consents(routes: APIRouter, console: "Console") -> None:
    consents = console.hub.consents

    @routes.post(PEOPLE + "/{person}/consent")
    def give(
        operator: Enroller,
        person: Id,
        how: Annotated[ConsentWay, Form()],
        words: Text,
        version: Annotated[int | None, Form(ge=1, le=1_000_000)] = None,
        drawn: Drawn = "",
    ) -> Response:
        """To the text that the form was made with; another basis only by who may give out data."""
        given = given_here(how, words, drawn)
        if how is ConsentWay.OTHER_BASIS and not operator.may(Capability.PRIVACY):
            console.refused(operator, "not allowed", needs=Capability.PRIVACY, person=person)
            raise NotAllowedError("entry.not_allowed")
        told = {"person": person, "how": given.how.value}
        with console.told(operator, "give consent", **told), named(console, person) as name:
            consents.give(name, given, operator.name, version)
        return RedirectResponse(f"{PEOPLE}/{person}", SEE_OTHER)

    @routes.post(PEOPLE + "/{person}/consent/withdraw")
    def withdraw(operator: FreshClerk, person: Id, name: Text) -> Response:
        """Removes them as well, so only where their name was typed."""
        told = console.told(operator, "withdraw consent", person=person)
        with told, named(console, person) as called:
            if name.strip() != called:
                raise InputError(
                    f"Type the name as it is written, {called}, to withdraw their consent."
                )
            consents.withdraw(called, operator.name)
        return RedirectResponse(REMOVALS, SEE_OTHER)

    @routes.get(PEOPLE + "/{person}/consent/{number}")
    def signature(operator: Clerk, person: Id, number: int) -> Response:
        """A signature that was drawn; that it was shown is on record first."""
        for record, given in consents.of(person):
            if record.number == number and given is not None and given.strokes:
                what = {"person": person, "number": number}
                console.record(JournalKind.SHOWN, operator, "signature", **what)
                shown = shown_signature(given.strokes)
                if shown.kind is not None:
                    return Response(shown.content, media_type=shown.kind)
                return _download(shown.content, "signature")
        raise HTTPException(NOT_FOUND)


def given_here(how: ConsentWay, words: str, drawn: str) -> GivenConsent:
    """What the form of a person's page says; InputError."""
    if how not in ON_PAPER:
        raise InputError("A signature is drawn beside the name that was typed; choose that way.")
    if how is ConsentWay.TYPED_NAME:
        return typed_consent(words, strokes_of(drawn))
    if drawn:
        raise InputError("Only whoever typed their name signs beside it; clear the signature.")
    return GivenConsent(how, words)


def _handed_out(routes: APIRouter, console: "Console") -> None:
    hub = console.hub

    @routes.post(PEOPLE + "/{person}/export")
    def export(operator: FreshClerk, person: Id) -> Response:
        """Everything that is kept of them, as a zip; it is nowhere on the hub's disk by name."""
        found = hub.people.everybody().people.get(person)
        if found is None:
            raise HTTPException(NOT_FOUND)
        # Without a name from the beginning: not even a kill leaves it behind.
        file = tempfile.TemporaryFile(dir=hub.config.folder)  # noqa: SIM115 - the answer closes it
        try:
            with console.told(operator, "export person", person=person):
                write_export(hub, found, file, operator.name)
            size = file.tell()
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return StreamingResponse(
            _chunks(file),
            media_type="application/zip",
            headers=_as_file(f"{person[:8]}.zip") | {"content-length": str(size)},
            background=BackgroundTask(file.close),
        )

    @routes.post(REMOVALS + "/{person}/certificate")
    def certificate(operator: Clerk, person: Id) -> Response:
        """The certificate of deletion as it stands now, which is on record."""
        with console.told(operator, "certify removal", person=person):
            made = hub.certifier.certify(person, operator.name)
        return _download(certificate_bytes(made), f"deletion-{person[:8]}.json")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _download(content: bytes, name: str) -> Response:
    return Response(content, media_type="application/octet-stream", headers=_as_file(name))


def _as_file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
