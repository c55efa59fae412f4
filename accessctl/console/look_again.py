"""People and photos that somebody should look at again, in words: who passes for whom how often,
and photos that do not show whom a person's others show."""

from collections.abc import Mapping
from dataclasses import dataclass

from accessctl.console.event_view import Tone
from accessctl.console.why import one_in
from accessctl.console.words import Words
from accessctl.domain import PersonId
from accessctl.hub.photo_check import CheckedPhotos, SitePhotoCheck
from accessctl.recognition.gallery_check import PhotoFlaw, StoredFlaw
from accessctl.recognition.look_alikes import MOST, SELDOM, one_look_in

MOST_LINES = 8
"""So many are listed of everybody."""
DIGITS = 3


@dataclass(frozen=True, slots=True)
class Concerned:
    """Somebody whose page helps."""

    id: PersonId
    name: str


@dataclass(frozen=True, slots=True)
class AgainLine:
    tone: Tone
    sign: str
    said: str
    others: tuple[Concerned, ...]


@dataclass(frozen=True, slots=True)
class LookAgain:
    """The gravest first; `whose` is whom alone it is about, None: everybody. `notes` say what it
    does not know."""

    whose: PersonId | None
    lines: tuple[AgainLine, ...]
    notes: tuple[str, ...]


def look_again(
    check: SitePhotoCheck,
    names: Mapping[PersonId, str],
    words: Words,
    person: PersonId | None = None,
) -> LookAgain:
    """What is known by now of everybody, or of one person; StoreError."""
    found = check.latest()
    if found is None:
        note = "again.comparing" if check.is_possible else "again.no_encoder"
        return LookAgain(person, (), (words(note),))
    return look_again_at(found, names, words, person)


def look_again_at(
    found: CheckedPhotos,
    names: Mapping[PersonId, str],
    words: Words,
    person: PersonId | None = None,
) -> LookAgain:
    """The same of what a check has found. Pure."""
    flaws = found.flaws if person is None else found.of(person)
    known = [flaw for flaw in flaws if {flaw.person, flaw.other} - {None} <= names.keys()]
    shown = known if person is not None else known[:MOST_LINES]
    notes = []
    if len(shown) < len(known):
        notes.append(words("again.more", count=len(known) - len(shown)))
    if not found.is_current:
        notes.append(words("again.not_current"))
    if found.uncompared:
        notes.append(words("again.uncompared", count=found.uncompared))
    lines = tuple(_line(flaw, names, words, person) for flaw in shown)
    return LookAgain(person, lines, tuple(notes))


def passing_in_words(share: float, words: Words) -> str:
    """At how many looks somebody would pass for somebody else, of a share in [0, 1]."""
    if not share >= SELDOM:
        return words("again.seldom", many=words.number(round(1 / SELDOM)))
    if share > MOST:
        return words("again.most")
    return words("again.one_in", many=words.number(one_look_in(share)))


def _line(
    flaw: StoredFlaw, names: Mapping[PersonId, str], words: Words, person: PersonId | None
) -> AgainLine:
    tone = Tone.TROUBLE if flaw.grave else Tone.NOTE
    sign = words(f"again.{flaw.flaw.value}")
    concerned = [flaw.person, *({flaw.other} - {flaw.person, None})]
    others = tuple(Concerned(one, names[one]) for one in concerned if one and one != person)
    return AgainLine(tone, sign, _said(flaw, names, words, person), others)


def _said(
    flaw: StoredFlaw, names: Mapping[PersonId, str], words: Words, person: PersonId | None
) -> str:
    name, other = names[flaw.person], names.get(flaw.other or flaw.person, "")
    if flaw.flaw in (PhotoFlaw.TAKEN, PhotoFlaw.LOOKALIKE):
        there, back = flaw.passes or 0.0, flaw.other_passes or 0.0
        if person is not None and person == flaw.other:
            name, other, there, back = other, name, back, there
        looks = {"there": passing_in_words(there, words), "back": passing_in_words(back, words)}
        return words("again.passes", name=name, other=other, **looks)
    if flaw.flaw is PhotoFlaw.DUPLICATE:
        numbers = {"number": flaw.photo, "twice": flaw.other_photo}
        return words("again.same_picture", name=name, other=other, **numbers)
    figures = {"similarity": "–", "many": "–"}
    if flaw.similarity is not None and flaw.fmr is not None:
        figures["similarity"] = words.number(flaw.similarity, DIGITS)
        figures["many"] = words.number(one_in(flaw.fmr))
    key = "again.unlike" if flaw.other is None else "again.more_like"
    return words(key, name=name, other=other, number=flaw.photo, **figures)
