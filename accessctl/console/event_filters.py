"""The filters of the events' page: read from its address, shown as fields. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from urllib.parse import urlencode

from accessctl.console.words import Words
from accessctl.domain import EventKind, Outcome, PersonId, Reason
from accessctl.errors import InputError
from accessctl.hub.event_search import EventFilter
from accessctl.policy.access import beginning, ending

MOST_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class FilterOption:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FilterField:
    """`options` None: a date."""

    name: str
    value: str
    options: tuple[FilterOption, ...] | None


@dataclass(frozen=True, slots=True)
class AskedEvents:
    """The filters as they stand in the address; empty: not asked for."""

    door: str = ""
    person: str = ""
    kind: str = ""
    outcome: str = ""
    reason: str = ""
    since: str = ""
    until: str = ""

    def given(self) -> dict[str, str]:
        """What is asked for, by its name in the address."""
        said = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in said.items() if value}

    def address(self, path: str, **more: str) -> str:
        query = urlencode({**self.given(), **more})
        return f"{path}?{query}" if query else path


def asked_events(query: Mapping[str, str]) -> AskedEvents:
    """From the query of an address; other names are none of this page's. InputError."""
    known = AskedEvents.__dataclass_fields__
    asked = {name: value for name, value in query.items() if name in known}
    if any(len(value) > MOST_CHARACTERS or not value.isprintable() for value in asked.values()):
        raise InputError("No filter has so long a value; begin anew without filters.")
    return AskedEvents(**asked)


def filter_of(asked: AskedEvents, zone: tzinfo | None) -> EventFilter:
    """What is looked for; both days are meant with all of them, in `zone`. InputError."""
    try:
        wanted = EventFilter(
            door=asked.door or None,
            kind=EventKind(asked.kind) if asked.kind else None,
            outcome=Outcome(asked.outcome) if asked.outcome else None,
            reason=Reason(asked.reason) if asked.reason else None,
            person=PersonId(asked.person) if asked.person else None,
        )
    except ValueError as error:
        raise InputError(
            f"There is no such filter ({error}); begin anew without filters."
        ) from error
    since = beginning(asked.since, zone) if asked.since else None
    return replace(wanted, since=since, until=ending(asked.until, zone) if asked.until else None)


def filter_fields(
    asked: AskedEvents, doors: Collection[str], names: Mapping[PersonId, str], words: Words
) -> tuple[FilterField, ...]:
    """The fields in their order; of people only where somebody's name is known, or asked for."""
    people = {str(person): name for person, name in names.items()}
    if asked.person:
        people.setdefault(asked.person, words.person(PersonId(asked.person), None))
    fields = [
        _choice(asked, "door", [(door, door) for door in sorted(set(doors))]),
        _choice(asked, "person", people.items()),
        _choice(asked, "outcome", [(one.value, words(f"outcome.{one.value}")) for one in Outcome]),
        _choice(asked, "reason", [(one.value, words(f"reason.{one.value}")) for one in Reason]),
        _choice(asked, "kind", [(one.value, words(f"kind.{one.value}")) for one in EventKind]),
        FilterField("since", asked.since, None),
        FilterField("until", asked.until, None),
    ]
    return tuple(field for field in fields if field.options is None or field.options)


def _choice(asked: AskedEvents, name: str, options: Iterable[tuple[str, str]]) -> FilterField:
    ordered = sorted(options, key=lambda one: one[1].casefold())
    return FilterField(name, getattr(asked, name), tuple(FilterOption(*one) for one in ordered))
