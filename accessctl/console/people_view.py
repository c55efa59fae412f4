"""Who is enrolled, as the console shows them: cards, and the week of one person. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from accessctl.config.policy import HOLIDAY
from accessctl.console.event_view import Tone
from accessctl.console.words import Words
from accessctl.domain import Person, PersonId, PersonRules
from accessctl.policy.access import WEEKDAYS, AccessPlan, Group, Hours

DAY_MINUTES = 1440
DAYS = (*WEEKDAYS, HOLIDAY)
Span = tuple[int, int]
"""Minutes of a day, from and to before."""


@dataclass(frozen=True, slots=True)
class PersonCard:
    """`initials` stand where a picture would; `sign` says in one word whether they may come in."""

    id: PersonId
    name: str
    initials: str
    tone: Tone
    sign: str
    photos: str
    groups: str


@dataclass(frozen=True, slots=True)
class WeekDay:
    """When somebody may come in on that day; `said` is the same in words."""

    label: str
    spans: tuple[Span, ...]
    said: str


def person_cards(
    people: Iterable[Person],
    rules: Mapping[PersonId, PersonRules],
    words: Words,
    wanted: str,
    now: float,
) -> tuple[PersonCard, ...]:
    """Everybody whose name, or one of whose groups, holds what is `wanted`, in the order given."""
    cards = (person_card(one, rules.get(one.id, PersonRules()), words, now) for one in people)
    sought = wanted.strip().casefold()
    return tuple(card for card in cards if sought in f"{card.name}\n{card.groups}".casefold())


def person_card(person: Person, rules: PersonRules, words: Words, now: float) -> PersonCard:
    tone, key = standing_of(rules, now)
    return PersonCard(
        id=person.id,
        name=person.name,
        initials=initials_of(person.name),
        tone=tone,
        sign=words(key),
        photos=words("people.photos", count=person.photos),
        groups=", ".join(rules.groups) or words("people.no_group"),
    )


def standing_of(rules: PersonRules, now: float) -> tuple[Tone, str]:
    """Whether somebody's own rules let them in at some time of the day now, and the word's key."""
    if rules.disabled:
        return Tone.DENIED, "people.disabled"
    # Written as "not (a <= b)" so that a NaN keeps them out.
    if rules.valid_from is not None and not rules.valid_from <= now:
        return Tone.UNKNOWN, "people.not_yet"
    if rules.valid_until is not None and not now < rules.valid_until:
        return Tone.UNKNOWN, "people.over"
    return Tone.GRANTED, "people.valid"


def initials_of(name: str) -> str:
    """The first letters of the first and the last word."""
    parts = name.split()
    return "".join(part[0] for part in (parts if len(parts) < 2 else (parts[0], parts[-1]))).upper()


def week_of(rules: PersonRules, plan: AccessPlan, words: Words) -> tuple[WeekDay, ...]:
    """Every day of the week and the holidays, with all times at which a group of theirs allows the
    plan's door, or, in no group, whoever is in none."""
    if rules.groups:
        groups = [plan.groups[name] for name in rules.groups if name in plan.groups]
    else:
        groups = [Group(None, None)] if plan.without_group_allowed else []
    return week_of_groups(groups, words)


def week_of_groups(groups: Collection[Group], words: Words) -> tuple[WeekDay, ...]:
    """The same, with all times that any of these groups allows."""
    days = []
    for day in DAYS:
        spans = merged(span for group in groups for span in _on(day, group))
        days.append(WeekDay(words(f"weekday.short.{day}"), spans, _said(spans, words)))
    return tuple(days)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same times, in order, each once."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(found)


def _on(day: str, group: Group) -> Iterable[Span]:
    if group.hours is None:
        return [(0, DAY_MINUTES)]
    return [span for hours in group.hours for span in _of_hours(day, hours)]


def _of_hours(day: str, hours: Hours) -> Iterable[Span]:
    """Hours that last into the following day are cut at midnight. What follows a holiday is any
    day, and what a holiday follows, too, so nothing of them is drawn beyond the day itself."""
    overnight = hours.closes <= hours.opens
    if day in hours.days:
        yield (hours.opens, DAY_MINUTES if overnight else hours.closes)
    if day != HOLIDAY and overnight and hours.closes > 0:
        before = WEEKDAYS[WEEKDAYS.index(day) - 1]
        if before in hours.days:
            yield (0, hours.closes)


def _said(spans: Iterable[Span], words: Words) -> str:
    told = [f"{_clock(begin)}–{_clock(end)}" for begin, end in spans]
    if told == ["00:00–24:00"]:
        return words("people.all_day")
    return ", ".join(told) or words("people.never")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
