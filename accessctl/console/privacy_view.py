"""On what grounds a person is kept and for how long, as the console shows it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from accessctl.console.event_view import Tone
from accessctl.console.words import Words
from accessctl.hub.consent import PersonConsent
from accessctl.hub.drawn_signature import drawing_in
from accessctl.policy.consent import (
    ConsentRecord,
    ConsentText,
    ConsentWay,
    GivenConsent,
    counting,
    counts_until,
)

PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""How a file begins, and what it then is shown as."""


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One consent of somebody, the basis in words where it is none: `tone` and `sign` say whether
    it counts, `who` who signed or witnessed it (empty where that is not shown). `is_drawn`: there
    is a drawn signature."""

    number: int
    tone: Tone
    sign: str
    what: str
    how: str
    until: str
    who: str = field(repr=False)
    is_drawn: bool


@dataclass(frozen=True, slots=True)
class PersonGrounds:
    """The consents of one person, the newest first; `counts`: one of them does now. `version` is
    what a consent that is given now is given to, None where the site has no text."""

    lines: tuple[ConsentLine, ...]
    counts: bool
    version: int | None


@dataclass(frozen=True, slots=True)
class ConsentTally:
    """Of everybody: who has a consent that counts (how many), and who has none."""

    given: int
    without: tuple[PersonConsent, ...]
    ending: tuple[PersonConsent, ...]


def grounds_of(
    consents: Sequence[tuple[ConsentRecord, GivenConsent | None]],
    texts: Sequence[ConsentText],
    words: Words,
    now: float,
    *,
    is_named: bool,
) -> PersonGrounds:
    """Of hub.consent.Consents.of; only where `is_named` is said who signed or witnessed."""
    current = counting([record for record, _ in consents], texts, now)
    lines = [
        _line(record, given if is_named else None, texts, words, now) for record, given in consents
    ]
    version = texts[-1].version if texts else None
    return PersonGrounds(tuple(lines[::-1]), current is not None, version)


def tally_of_consents(listed: Sequence[PersonConsent]) -> ConsentTally:
    """`ending` are those whose consent counts up to a known day."""
    given = [one for one in listed if one.current is not None]
    without = tuple(one for one in listed if one.current is None)
    return ConsentTally(len(given), without, tuple(one for one in given if one.until is not None))


@dataclass(frozen=True, slots=True)
class ShownSignature:
    """A signature as a browser gets it; `kind` None: only to keep, for it should not show it."""

    content: bytes = field(repr=False)
    kind: str | None


def shown_signature(strokes: bytes) -> ShownSignature:
    """Of what is kept (GivenConsent): the numbers of one that was drawn here as a picture."""
    drawing = drawing_in(strokes)
    if drawing is not None:
        return ShownSignature(drawing.svg(), "image/svg+xml")
    found = (kind for begin, kind in PICTURES.items() if strokes.startswith(begin))
    return ShownSignature(strokes, next(found, None))


def _line(
    record: ConsentRecord,
    given: GivenConsent | None,
    texts: Sequence[ConsentText],
    words: Words,
    now: float,
) -> ConsentLine:
    end = counts_until(record, texts)
    counts = end is None or now < end
    if record.withdrawn is not None:
        sign = "privacy.withdrawn"
    else:
        sign = "privacy.counts" if counts else "privacy.over"
    if record.version is None:
        what = words("privacy.other_basis")
    else:
        what = words("privacy.to_version", version=record.version)
    return ConsentLine(
        number=record.number,
        tone=Tone.GRANTED if counts else Tone.DENIED,
        sign=words(sign),
        what=what,
        how=words(f"privacy.how.{record.how.value}", time=words.moment(record.time)),
        until="" if end is None or end < 0 else words("privacy.until", time=words.moment(end)),
        who="" if given is None else given.words,
        is_drawn=given is not None and record.how is ConsentWay.DRAWN,
    )
