import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.audit.views import CSV_COLUMNS, as_json, as_text, csv_lines, iso, json_lines, moment
from accessctl.domain import Event, EventKind, PersonId
from accessctl.errors import InputError

TIME = 1_769_884_200.125  # 2026-01-31 18:30 UTC
ANN = PersonId("id-ann")
NAMES = {ANN: "Ann"}
KEYS = [
    "time",
    "kind",
    "visit",
    "decision",
    "reason",
    "person",
    "similarity",
    "fmr",
    "frames",
    "latency_ms",
    "person_id",
]
GRANTED = Event(
    TIME,
    EventKind.DECISION,
    {
        "visit": "v1",
        "decision": "granted",
        "reason": "matched",
        "similarity": 0.7125,
        "score": 5.25,
        "margin": None,
        "fmr": 1.2e-5,
        "frames": 3,
        "latency_ms": 412.5,
    },
    ANN,
)


def test_a_decision_as_json() -> None:
    assert as_json(GRANTED, NAMES.get) == {
        "time": "2026-01-31T18:30:00.125Z",
        "kind": "decision",
        "visit": "v1",
        "decision": "granted",
        "reason": "matched",
        "person": "Ann",
        "similarity": 0.7125,
        "fmr": 1.2e-5,
        "frames": 3,
        "latency_ms": 412.5,
        "person_id": "id-ann",
        "margin": None,
        "score": 5.25,
    }
    assert list(as_json(GRANTED, NAMES.get)) == [*KEYS, "margin", "score"]


@pytest.mark.parametrize("kind", EventKind)
def test_the_keys_are_always_there(kind: EventKind) -> None:
    shown = as_json(Event(0.0, kind, {"zeta": 1, "alpha": 2}), NAMES.get)
    assert list(shown) == [*KEYS, "alpha", "zeta"]
    assert [shown[key] for key in KEYS[2:]] == [None] * 9


def test_a_removed_person_is_null_but_keeps_the_pseudonym() -> None:
    shown = as_json(GRANTED, {}.get)
    assert (shown["person"], shown["person_id"]) == (None, "id-ann")


def test_data_cannot_replace_what_is_fixed() -> None:
    event = Event(TIME, EventKind.SERVICE, {"time": "x", "kind": "x", "person": "x"}, ANN)
    shown = as_json(event, NAMES.get)
    assert (shown["time"], shown["kind"], shown["person"]) == (
        "2026-01-31T18:30:00.125Z",
        "service",
        "Ann",
    )


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            GRANTED,
            "2026-01-31 18:30:00  decision  granted  Ann  (matched)  "
            "similarity 0.713, fmr 1.2e-05, frames 3, after 412 ms",
        ),
        (
            Event(
                TIME,
                EventKind.DECISION,
                {"visit": "v2", "decision": "unknown", "reason": "no_match", "frames": 10},
            ),
            "2026-01-31 18:30:00  decision  unknown  (no_match)  frames 10",
        ),
        (
            Event(
                TIME,
                EventKind.ACTION,
                {
                    "action": "command lock",
                    "ok": False,
                    "detail": "lock ended with status 3.",
                    "duration_ms": 8.5,
                },
                ANN,
            ),
            "2026-01-31 18:30:00  action    command lock  failed  lock ended with status 3.  "
            "for Ann",
        ),
        (
            Event(TIME, EventKind.ACTION, {"action": "webhook gate.example", "ok": True}),
            "2026-01-31 18:30:00  action    webhook gate.example  ok",
        ),
        (
            Event(TIME, EventKind.PERSON, {"change": "enrolled"}, ANN),
            "2026-01-31 18:30:00  person    enrolled  Ann",
        ),
        (
            Event(TIME, EventKind.PERSON, {"change": "removed"}, PersonId("id-bob")),
            "2026-01-31 18:30:00  person    removed  (removed person)",
        ),
        (
            Event(TIME, EventKind.SERVICE, {"state": "stopped", "people": 3, "error": None}),
            "2026-01-31 18:30:00  service   stopped  people=3",
        ),
        (Event(TIME, EventKind.DECISION), "2026-01-31 18:30:00  decision  ?        (?)"),
    ],
)
def test_lines(event: Event, line: str) -> None:
    assert as_text(event, NAMES.get, UTC) == line


def test_lines_are_in_local_time() -> None:
    assert as_text(GRANTED, NAMES.get, ZoneInfo("Europe/Berlin")).startswith("2026-01-31 19:30:00")
    assert as_text(GRANTED, NAMES.get, ZoneInfo("Asia/Kolkata")).startswith("2026-02-01 00:00:00")


def test_a_name_cannot_steer_the_terminal_or_forge_a_line() -> None:
    line = as_text(GRANTED, lambda _: "Ann\n2026 \x1b[31mBob\u202e", UTC)
    assert "Ann\\n2026 \\x1b[31mBob\\u202e" in line


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (TIME, "2026-01-31T18:30:00.125Z"),
        (0.9999, "1970-01-01T00:00:00.999Z"),
    ],
)
def test_iso(time: float, text: str) -> None:
    assert iso(time) == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
WORDS = [
    "visit",
    "decision",
    "reason",
    "frames",
    "fmr",
    "similarity",
    "latency_ms",
    "action",
    "ok",
    "detail",
    "state",
    "change",
]


@given(
    st.builds(
        Event,
        time=st.floats(0, 253402214400.0),
        kind=st.sampled_from(EventKind),
        data=st.dictionaries(st.sampled_from(WORDS) | st.text(), VALUES),
        person=st.sampled_from([None, ANN, PersonId("gone")]),
    )
)
def test_whatever_is_in_the_log_can_be_shown(event: Event) -> None:
    assert as_text(event, NAMES.get, UTC).isprintable()
    json.dumps(as_json(event, NAMES.get))


@given(st.integers(10**13, 10**400))
def test_absurd_figures_are_left_out(number: int) -> None:
    event = Event(TIME, EventKind.DECISION, {"similarity": number})
    assert "similarity" not in as_text(event, NAMES.get, UTC)


def test_the_evidence_of_a_decision_is_left_to_the_export() -> None:
    event = Event(1.0, EventKind.DECISION, {"decision": "granted", "evidence": {"seen": 3}, "x": 1})
    shown = as_json(event, lambda person: None)
    assert "evidence" not in shown
    assert shown["x"] == 1


def test_the_cues_that_refused_a_picture_are_named() -> None:
    data = {
        "decision": "denied",
        "reason": "not_live",
        "frames": 6,
        "vetoes": {"edges": [0.644, 0.42], "depth": [0.003, 0.015]},
    }
    line = as_text(Event(TIME, EventKind.DECISION, data, ANN), NAMES.get, UTC)
    assert line.endswith("(not_live)  frames 6, vetoed by edges 0.644, vetoed by depth 0.003")
    assert as_json(Event(TIME, EventKind.DECISION, data), NAMES.get)["vetoes"] == data["vetoes"]


def test_a_decision_by_a_badge_names_it_by_its_mark() -> None:
    data = {"decision": "denied", "reason": "badge_mismatch", "badge": "1f0c93ab"}
    line = as_text(Event(TIME, EventKind.DECISION, data), NAMES.get)
    assert line.endswith("(badge_mismatch)  by badge 1f0c93ab")
    by_pass = {"decision": "denied", "reason": "badge_mismatch", "pass": "01234567"}
    line = as_text(Event(TIME, EventKind.DECISION, by_pass), NAMES.get)
    assert line.endswith("(badge_mismatch)  by pass 01234567")
    line = as_text(Event(TIME, EventKind.DECISION, data | {"badge": 7}), NAMES.get)
    assert line.endswith("(badge_mismatch)")


def test_a_grant_for_which_a_pin_stood_in_names_what_and_who_doubted() -> None:
    data = {
        "decision": "granted",
        "reason": "matched",
        "frames": 6,
        "doubts": {"stillness": [0.0008, 0.001]},
        "by_pin": ["life", "gesture"],
    }
    line = as_text(Event(TIME, EventKind.DECISION, data), NAMES.get)
    said = "frames 6, doubted by stillness 0.001, PIN in place of life and gesture"
    assert line.endswith(f"(matched)  {said}")
    assert as_text(Event(TIME, EventKind.DECISION, data | {"by_pin": 3}), NAMES.get).endswith(
        "doubted by stillness 0.001"
    )


@pytest.mark.parametrize("vetoes", [3, {"edges": []}, {"edges": ["x"]}, {"edges": None}, []])
def test_damaged_vetoes_are_left_out(vetoes: object) -> None:
    event = Event(TIME, EventKind.DECISION, {"decision": "denied", "vetoes": vetoes})
    assert "vetoed" not in as_text(event, NAMES.get)


RECORDS = [
    (
        1,
        Event(
            0.5,
            EventKind.DECISION,
            {"visit": "v1", "decision": "granted", "reason": "matched", "similarity": 0.5, "x": 1}
            | {"evidence": {"seen": 3}},
            PersonId("p1"),
        ),
        "ab",
    ),
    (2, Event(1.0, EventKind.SERVICE, {"state": "stopped"}), ""),
]
EXPORT_NAMES = {PersonId("p1"): 'Ada, "A"\nof House'}


def table(lines: list[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(lines), newline="")))


def test_json_lines() -> None:
    first, second = map(json.loads, json_lines(RECORDS, EXPORT_NAMES.get))
    assert (first["number"], first["hash"], first["person"]) == (
        1,
        "ab",
        EXPORT_NAMES[PersonId("p1")],
    )
    assert first["evidence"] == {"seen": 3}
    assert (first["time"], first["x"]) == ("1970-01-01T00:00:00.500Z", 1)
    assert (second["number"], second["state"], second["person"]) == (2, "stopped", None)


def test_csv() -> None:
    first, second = table(list(csv_lines(RECORDS, EXPORT_NAMES.get)))
    assert tuple(first) == CSV_COLUMNS
    assert first["person"] == EXPORT_NAMES[PersonId("p1")]
    assert (first["number"], first["similarity"], first["frames"]) == ("1", "0.5", "")
    assert json.loads(first["data"]) == {"evidence": {"seen": 3}, "x": 1}
    assert json.loads(second["data"]) == {"state": "stopped"}


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A1", "+1", "-1", "@x", "\t=1"])
def test_no_name_is_a_formula_in_a_spreadsheet(name: str) -> None:
    (first, _) = table(list(csv_lines(RECORDS, lambda _: name)))
    assert first["person"] == f"'{name}"


NOW = 1_770_000_000.0
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@given(
    st.integers(0, 999_999),
    st.sampled_from(sorted(UNITS)),
    st.floats(0, 4e9).map(lambda value: round(value, 3)),
)
def test_so_long_ago(count: int, unit: str, now: float) -> None:
    expected = now - timedelta(**{UNITS[unit]: count}).total_seconds()
    assert moment(f"{count}{unit}", now) == expected


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1)),
    st.integers(-14 * 60, 14 * 60).map(lambda value: timezone(timedelta(minutes=value))),
)
def test_a_date_with_its_offset_is_that_instant(date: datetime, zone: timezone) -> None:
    aware = date.replace(tzinfo=zone)
    assert moment(aware.isoformat(), NOW) == aware.timestamp()
    assert moment(date.isoformat(), NOW, zone) == aware.timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 30, 23, tzinfo=UTC)),
        ("2026-07-31", datetime(2026, 7, 30, 22, tzinfo=UTC)),
        ("2026-01-31T18:30", datetime(2026, 1, 31, 17, 30, tzinfo=UTC)),
        ("2026-01-31 18:30:15.5", datetime(2026, 1, 31, 17, 30, 15, 500_000, tzinfo=UTC)),
        ("2026-01-31T18:30:00Z", datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
        (" 2026-01-31 ", datetime(2026, 1, 30, 23, tzinfo=UTC)),
    ],
)
def test_dates_in_berlin(text: str, expected: datetime) -> None:
    assert moment(text, NOW, ZoneInfo("Europe/Berlin")) == expected.timestamp()


def test_without_a_zone_the_system_decides() -> None:
    assert moment("2026-01-31", NOW) == datetime(2026, 1, 31).timestamp()


NO_MOMENTS = """
yesterday 1 h 1x -1h 1.5h 1h30m 1H ٣h 9999999s
2026-13-01 2026-02-30 31.1.2026 2026-01-31T25:00
"""


@pytest.mark.parametrize("text", ["", " ", "1h\n2h", *NO_MOMENTS.split()])
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match=r"is not a moment; write 30m, 1h or 2d") as caught:
        moment(text, NOW, timezone(timedelta(hours=14)))
    assert "\n" not in str(caught.value)


@given(st.text())
def test_no_text_does_worse(text: str) -> None:
    try:
        result = moment(text, NOW)
    except InputError:
        return
    assert isinstance(result, float)
