"""What doors propose and somebody has to decide, as the console shows it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accessctl.console.words import Words
from accessctl.domain import PersonId
from accessctl.hub.held import HeldProposal
from accessctl.hub.judging import HeldCause

NEWCOMER, WITH_PHOTO = "add_person", frozenset({"add_person", "add_photo"})


@dataclass(frozen=True, slots=True)
class HeldCase:
    """All that is decided at once: of somebody new everything that a door proposed of them, of
    somebody enrolled one photo.

    `number` is of the first proposal, `photos` are of those that come with one. `own` is the id of
    whom the photo was given to, None for somebody new; `other` that of whoever is enrolled and is
    taken for them, `other_name` their name; None and empty for nobody.
    """

    number: int
    name: str
    door: str
    time: float
    why: str
    own: str | None
    asks_groups: bool
    changes: tuple[str, ...]
    photos: tuple[int, ...]
    other: str | None
    other_name: str


def held_cases(
    held: Sequence[HeldProposal], words: Words, names: Mapping[PersonId, str]
) -> tuple[HeldCase, ...]:
    """In the order in which they came; `names` are those of everybody who is enrolled."""
    together: dict[tuple[str, int], list[HeldProposal]] = {}
    new = {one.person for one in held if one.change == NEWCOMER}
    for one in held:
        together.setdefault((one.person, 0 if one.person in new else one.number), []).append(one)
    return tuple(_case(parts, words, names) for parts in together.values())


def _case(parts: Sequence[HeldProposal], words: Words, names: Mapping[PersonId, str]) -> HeldCase:
    first = parts[0]
    other_name = "" if first.other is None else names.get(PersonId(first.other), "")
    return HeldCase(
        number=first.number,
        name=first.name,
        door=first.door,
        time=first.time,
        why=_why(first, other_name, words),
        own=None if first.change == NEWCOMER else first.person,
        asks_groups=first.cause == HeldCause.GROUPS,
        changes=tuple(words.known(f"held.change.{one.change}", one.change) for one in parts[1:]),
        photos=tuple(one.number for one in parts if one.change in WITH_PHOTO),
        other=first.other if other_name else None,
        other_name=other_name,
    )


def _why(first: HeldProposal, other: str, words: Words) -> str:
    known = f"held.why.{first.cause}"
    told = words.known(f"{known}.photo" if first.change != NEWCOMER else known, first.cause)
    return f"{told} {words('held.shown', name=other)}" if other else told
