"""Whatever one door writes into a record, the pages of all doors are there: it may be hostile."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from accessctl.audit.schema import MAX_INTEGER, event_of, row_of
from accessctl.console.event_view import event_row
from accessctl.console.figures import site_figures
from accessctl.console.self_tests import self_test_lines
from accessctl.console.truth_plots import plots_of
from accessctl.console.truth_view import door_tables, worst_of
from accessctl.console.why import why_of
from accessctl.console.words import Words, catalogue
from accessctl.domain import Event, EventKind
from accessctl.hub.door_states import DoorNow, after
from accessctl.hub.event_search import EventPlace, SiteEvent
from tests.console.sample_site import FRONT, GRANTED, SPOOF, STRANGER, doorway, service

NOW = 1_790_000_000.0
ODD = (None, ["x"], {"a": 1}, -1, MAX_INTEGER, 1e308, 5e-324)
RATES = [{"rate": "APCER", "species": "print", "errors": 1, "trials": 3}]
SAMPLES = (
    GRANTED.event(NOW),
    SPOOF.event(NOW),
    STRANGER.event(NOW),
    service("liveness_tested", NOW, mode="passive", complete=True, rates=RATES),
    service("started", NOW, liveness="passive", version="0.2.0", encoder="f" * 64),
    doorway("doorway_started", NOW, posture="normal", face_entry=True, leaf="shut"),
    doorway("entered", NOW, by="face", visit="ab12"),
    Event(NOW, EventKind.ACTION, {"action": "open", "ok": False, "detail": "late"}),
    Event(NOW, EventKind.PERSON, {"change": "enrolled"}),
)


def odd_ones(value: Any) -> Iterator[Any]:
    """The same with one odd value in it, at each of its places in turn."""
    yield from ODD
    if isinstance(value, dict):
        for key, inner in value.items():
            for odd in odd_ones(inner):
                yield {**value, key: odd}
    elif isinstance(value, list):
        for at, inner in enumerate(value[:2]):
            for odd in odd_ones(inner):
                yield [*value[:at], odd, *value[at + 1 :]]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: str(one.data)[:30])
def test_no_value_of_a_record_keeps_a_page_away(sample: Event) -> None:
    words, tried = Words("de", catalogue(), UTC), 0
    for data in odd_ones(json.loads(json.dumps(sample.data))):
        if not isinstance(data, dict):
            continue
        event = event_of(row_of(replace(sample, data=data)))
        one = SiteEvent(EventPlace(NOW, FRONT, 1), "front", event, bytes(32))
        event_row(one, words, {})
        after(DoorNow(), one)
        self_test_lines([one], words)
        if event.kind is EventKind.DECISION:
            why_of(event, words, {})
        found = site_figures([one], NOW, NOW, UTC)
        plots_of(found.weeks, found.of(None), words)
        door_tables(found, words)
        worst_of(found, words)
        tried += 1
    assert tried > len(ODD)
