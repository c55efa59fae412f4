"""Whether a visit of somebody unknown may be given a name."""

from dataclasses import replace

import pytest

from accessctl.domain import Event, PersonId
from accessctl.policy.naming import LifeSeen, NamingObstacle, life_in, obstacle_in, obstacle_to
from tests.console.sample_site import GRANTED, LATE, LIVING, SCREEN, SPOOF, STRANGER


def with_evidence(event: Event, **said: object) -> Event:
    return replace(event, data={**event.data, "evidence": {**event.data["evidence"], **said}})


UNKNOWN = STRANGER.event(5.0)


@pytest.mark.parametrize(
    ("event", "obstacle"),
    [
        (UNKNOWN, None),
        (replace(STRANGER, cues=LIVING).event(5.0), None),
        (replace(STRANGER, reason="left_early").event(5.0), None),
        (with_evidence(UNKNOWN, liveness="pending"), None),
        (with_evidence(UNKNOWN, liveness="missing"), None),
        (with_evidence(UNKNOWN, liveness="refuted"), NamingObstacle.NOT_ALIVE),
        (replace(STRANGER, cues=SCREEN).event(5.0), NamingObstacle.NOT_ALIVE),
        (SPOOF.event(5.0), NamingObstacle.NOT_ALIVE),
        (Event(5.0, UNKNOWN.kind, {"reason": "not_live"}), NamingObstacle.NOT_ALIVE),
        (replace(STRANGER, cues=(SCREEN[1],)).event(5.0), NamingObstacle.DOUBTED),
        (with_evidence(UNKNOWN, doubted=True), NamingObstacle.DOUBTED),
        (Event(5.0, UNKNOWN.kind, {"decision": "unknown"}), NamingObstacle.NO_EVIDENCE),
        (with_evidence(UNKNOWN, cues="none"), NamingObstacle.NO_EVIDENCE),
        (GRANTED.event(5.0), NamingObstacle.KNOWN),
        (LATE.event(5.0), NamingObstacle.KNOWN),
        (replace(UNKNOWN, person=PersonId("a" * 32)), NamingObstacle.KNOWN),
    ],
)
def test_what_one_decision_says_against_a_name(event, obstacle) -> None:
    assert obstacle_in(event) is obstacle


def test_what_was_seen_of_life() -> None:
    pending = with_evidence(UNKNOWN, liveness="pending")
    off = with_evidence(UNKNOWN, liveness="not_needed", cues=None)
    assert life_in([UNKNOWN, pending]) is LifeSeen.SHOWN
    assert life_in([pending, off]) is LifeSeen.UNDECIDED
    assert life_in([off]) is LifeSeen.NOT_LOOKED


@pytest.mark.parametrize(
    ("decisions", "is_named", "has_pictures", "obstacle"),
    [
        ([UNKNOWN, GRANTED, SPOOF], True, True, NamingObstacle.NOT_ALIVE),
        ([UNKNOWN, GRANTED], True, True, NamingObstacle.KNOWN),
        ([UNKNOWN, UNKNOWN], True, True, NamingObstacle.NAMED),
        ([UNKNOWN], False, False, NamingObstacle.NO_PICTURE),
        ([UNKNOWN, UNKNOWN], False, True, None),
    ],
)
def test_the_gravest_of_a_whole_visit_counts(decisions, is_named, has_pictures, obstacle) -> None:
    events = [one if isinstance(one, Event) else one.event(5.0) for one in decisions]
    found = obstacle_to(events, is_named=is_named, has_pictures=has_pictures)
    assert found is obstacle
