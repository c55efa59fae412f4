from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.console.event_filters import AskedEvents, asked_events, filter_fields, filter_of
from accessctl.console.words import Words, catalogue
from accessctl.domain import EventKind, Outcome, Reason
from accessctl.errors import InputError
from accessctl.hub.event_search import EventFilter
from tests.console.sample_site import COLLINS, NAMES

BERLIN = ZoneInfo("Europe/Berlin")


def test_an_address_says_what_is_looked_for() -> None:
    asked = asked_events(
        {
            "door": "front-door",
            "person": COLLINS,
            "kind": "decision",
            "outcome": "denied",
            "reason": "expired",
            "since": "2026-01-30",
            "until": "2026-01-31",
            "after": "0~0~0",
        }
    )
    assert filter_of(asked, BERLIN) == EventFilter(
        door="front-door",
        kind=EventKind.DECISION,
        outcome=Outcome.DENIED,
        reason=Reason.EXPIRED,
        person=COLLINS,
        # Midnight in Berlin is 23:00 UTC of the day before; the last day is meant with all of it.
        since=1769727600.0,
        until=1769727600.0 + 2 * 86400,
    )


def test_nothing_asked_is_nothing_left_out() -> None:
    assert filter_of(asked_events({}), BERLIN) == EventFilter()
    assert AskedEvents().address("/events") == "/events"


@pytest.mark.parametrize(
    "query",
    [
        {"outcome": "maybe"},
        {"reason": "x" * 101},
        {"kind": "DECISION"},
        {"since": "yesterday"},
        {"until": "9999-12-31"},
        {"door": "a\nb"},
    ],
    ids=str,
)
def test_what_can_be_no_filter_is_told_in_a_sentence(query: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"\.$"):
        filter_of(asked_events(query), BERLIN)


TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=100)


@given(st.fixed_dictionaries({"door": TEXT, "person": TEXT, "since": TEXT}))
def test_an_address_gives_back_what_it_was_made_of(query: dict[str, str]) -> None:
    asked = asked_events(query)
    address = urlsplit(asked.address("/events", before="1~a~2"))
    said = dict(parse_qsl(address.query))
    assert said.pop("before") == "1~a~2"
    assert asked_events(said) == asked


def test_fields_offer_what_there_is_in_the_order_of_its_words() -> None:
    words = Words("en", catalogue())
    fields = filter_fields(AskedEvents(outcome="denied"), ["b", "a", "b"], NAMES, words)
    by_name = {field.name: field for field in fields}
    assert [option.value for option in by_name["door"].options] == ["a", "b"]
    assert [option.label for option in by_name["person"].options] == [
        "Eileen Collins",
        "Grace Hopper",
    ]
    assert by_name["outcome"].value == "denied"
    assert len(by_name["reason"].options) == len(Reason)
    assert by_name["since"].options is None


def test_people_without_names_are_offered_only_where_they_are_asked_for() -> None:
    words = Words("en", catalogue())
    assert "person" not in {field.name for field in filter_fields(AskedEvents(), [], {}, words)}
    (person,) = (
        field
        for field in filter_fields(AskedEvents(person=COLLINS), [], {}, words)
        if field.name == "person"
    )
    assert [option.label for option in person.options] == ["person 5f0c1d2e"]
