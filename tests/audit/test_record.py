import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.audit.record import MAX_BYTES, event_of, row_of
from accessctl.domain import Event, EventKind, Outcome, PersonId

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters())
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)
EVENTS = st.builds(
    Event,
    time=st.floats(0, 253402214400.0),
    kind=st.sampled_from(EventKind),
    data=st.dictionaries(st.text(), JSON, max_size=6),
    person=st.none() | st.uuids().map(lambda value: PersonId(value.hex)),
)


@given(EVENTS)
def test_what_is_written_is_what_is_read(event: Event) -> None:
    assert event_of(row_of(event)) == event


def test_keys_are_sorted_and_the_text_is_ascii() -> None:
    event = Event(1.5, EventKind.SERVICE, {"b": 1, "a": {"z": "é", "y": None}}, PersonId("p1"))
    assert row_of(event) == (1.5, "service", "p1", '{"a":{"y":null,"z":"\\u00e9"},"b":1}')


def test_order_of_keys_does_not_matter() -> None:
    one = Event(1, EventKind.ACTION, {"a": 1, "b": 2})
    other = Event(1, EventKind.ACTION, {"b": 2, "a": 1})
    assert row_of(one) == row_of(other)


def test_words_of_the_house_and_tuples_are_taken() -> None:
    data = {"decision": Outcome.GRANTED, "box": (1, 2)}
    assert row_of(Event(1, EventKind.DECISION, data))[3] == '{"box":[1,2],"decision":"granted"}'


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


circular: dict[str, Any] = {}
circular["self"] = circular


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"x": float("nan")}, "nan"),
        ({"x": [float("inf")]}, "inf"),
        ({1: "x"}, "key that is not a string: 1"),
        ({"x": {None: 1}}, "key that is not a string: None"),
        ({"x": b"bytes"}, "a bytes"),
        ({"x": {1, 2}}, "a set"),
        ({"x": object()}, "a object"),
        ({"x": nested(20)}, "nested deeper"),
        (circular, "nested deeper"),
        ({"x": "y" * MAX_BYTES}, "may take 65536 bytes"),
    ],
)
def test_refuses_what_json_cannot_hold(data: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        row_of(Event(1, EventKind.ACTION, data))


@pytest.mark.parametrize("time", [-1, float("nan"), float("inf"), 1e15])
def test_refuses_an_absurd_time(time: float) -> None:
    with pytest.raises(ValueError, match="1970 to 9999"):
        row_of(Event(time, EventKind.ACTION))


@pytest.mark.parametrize(
    "row",
    [
        (None, "action", None, "{}"),
        (float("inf"), "action", None, "{}"),
        (1.0, "dance", None, "{}"),
        (1.0, None, None, "{}"),
        (1.0, "action", 7, "{}"),
        (1.0, "action", None, None),
        (1.0, "action", None, b"{}"),
        (1.0, "action", None, ""),
        (1.0, "action", None, "[]"),
        (1.0, "action", None, '{"x": NaN}'),
        (1.0, "action", None, "[" * 100_000),
        (1.0, "action", None, '{"x":' * 100_000),
        (1.0, "action", None, '{"x": ' + "9" * 5000 + "}"),
    ],
)
def test_a_damaged_row_is_a_value_error(row: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - many different complaints
        event_of(row)


@given(st.tuples(SCALARS, SCALARS, SCALARS, SCALARS))
def test_no_row_does_worse(row: tuple[Any, ...]) -> None:
    try:
        event_of(row)
    except ValueError:
        return
    assert isinstance(json.loads(row[3]), dict)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_numbers_that_json_cannot_write_again_are_damage(number: str) -> None:
    with pytest.raises(ValueError, match=f"holds {number.lstrip('-')}|holds {number}"):
        event_of((1.0, "service", None, f'{{"a": [{number}]}}'))
