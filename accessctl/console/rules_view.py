"""What a trial of other rules came to, as the console lists it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accessctl.console.event_view import Tone
from accessctl.console.rule_trial import RuleTrial, TriedDecision
from accessctl.console.words import Words
from accessctl.domain import PersonId

MOST_LISTED = 50
"""Of each kind; the others are counted alone."""


@dataclass(frozen=True, slots=True)
class TriedRow:
    """One decision that would have been another; `path` is where its record is explained."""

    path: str
    iso: str
    moment: str
    who: str
    door: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TriedList:
    """`more`: so many are not in `rows`."""

    key: str
    tone: Tone
    count: int
    rows: tuple[TriedRow, ...]
    more: int


def trial_lists(
    trial: RuleTrial, words: Words, names: Mapping[PersonId, str]
) -> tuple[TriedList, ...]:
    """Kept out, let in, and perhaps let in; also those that hold nobody."""
    found = (
        ("kept_out", Tone.DENIED, trial.kept_out),
        ("let_in", Tone.GRANTED, trial.let_in),
        ("perhaps", Tone.TROUBLE, trial.perhaps),
    )
    return tuple(_list(key, tone, decisions, (words, names)) for key, tone, decisions in found)


def _list(
    key: str,
    tone: Tone,
    decisions: Sequence[TriedDecision],
    by: tuple[Words, Mapping[PersonId, str]],
) -> TriedList:
    rows = tuple(_row(one, *by) for one in decisions[:MOST_LISTED])
    return TriedList(key, tone, len(decisions), rows, len(decisions) - len(rows))


def _row(one: TriedDecision, words: Words, names: Mapping[PersonId, str]) -> TriedRow:
    place, time = one.event.place, one.event.event.time
    who = one.person
    return TriedRow(
        path=f"/events/{place.door}/{place.number}",
        iso=words.iso(time),
        moment=words.moment(time),
        who=words("events.somebody") if who is None else words.person(who, names.get(who)),
        door=one.event.name,
        before=words(f"reason.{one.before.value}"),
        after=words("rules.asked_on" if one.after is None else f"reason.{one.after.value}"),
    )
