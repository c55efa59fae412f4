"""Whatever happens before the door, in any order: who is let in, and who is not kept out."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import CueVerdict
from accessctl.door.demands import Wanted
from tests.door.whole_door import ADA, ADAS_BADGE, BEAS_BADGE, EVE, WholeDoor

EXAMPLES = int(os.environ.get("WHOLE_DOOR_EXAMPLES", "25"))
"""How many stories are tried; a thousand for a thorough look."""


THINGS = st.one_of(
    st.tuples(
        st.sampled_from(["ada", "ada", "eve", "carl", "company"]),
        st.sampled_from([0.1, 0.5, 1.0, 4.0]),
    ),
    st.tuples(st.sampled_from(["leave", "track", "restart"]), st.none()),
    st.tuples(
        st.just("says"),
        st.sampled_from(list(CueVerdict)),
    ),
    st.tuples(
        st.sampled_from(["disk", "lock", "rules", "hours", "slow", "restore", "unreadable", "pin"]),
        st.booleans(),
    ),
    st.tuples(st.just("wall"), st.floats(-1e7, 1e7)),
    st.tuples(st.just("reload"), st.sampled_from(["plain", "gesture", "pin", "badge"])),
    st.tuples(st.just("badge"), st.sampled_from([ADAS_BADGE, BEAS_BADGE, "nobody's"])),
    st.tuples(st.just("look_up"), st.sampled_from([ADA, EVE])),
    st.tuples(
        st.just("fault"),
        st.tuples(st.sampled_from(["observe", "clock", "count"]), st.sampled_from([1, 3, 9])),
    ),
)

LATE_VETO = [
    ("says", CueVerdict.VETO),
    ("slow", True),
    ("ada", 4.0),
    # The attempt ends after twice the patience; what was said of it comes in the pause.
    ("ada", 0.5),
    ("slow", False),
    ("ada", 0.1),
    ("says", CueVerdict.CONFIRM),
    ("ada", 4.0),
]
BY_GESTURE = [
    ("says", CueVerdict.CONFIRM),
    ("reload", "gesture"),
    ("ada", 1.0),
    ("look_up", EVE),
    ("ada", 1.0),
    ("look_up", ADA),
    ("ada", 0.5),
]
BY_PIN = [
    ("says", CueVerdict.CONFIRM),
    ("reload", "pin"),
    ("ada", 1.0),
    ("pin", False),
    ("ada", 1.0),
    ("pin", True),
    ("ada", 0.5),
]
BY_BADGE = [
    ("says", CueVerdict.CONFIRM),
    ("reload", "badge"),
    ("ada", 4.0),
    ("badge", "nobody's"),
    ("ada", 4.0),
    ("badge", ADAS_BADGE),
    ("ada", 4.0),
]
BEAS_BADGE_SHOWN_BY_ADA = [
    ("says", CueVerdict.CONFIRM),
    ("badge", BEAS_BADGE),
    ("ada", 0.5),
    ("reload", "badge"),
    ("ada", 4.0),
]
HOURS_OPEN = [
    ("says", CueVerdict.CONFIRM),
    ("hours", False),
    ("ada", 4.0),
    ("hours", True),
    ("ada", 4.0),
]
REMOVED_AND_RESTORED = [
    ("says", CueVerdict.CONFIRM),
    ("restore", True),
    ("leave", None),
    ("carl", 4.0),
    ("ada", 1.0),
    ("unreadable", True),
    ("restore", False),
    ("ada", 4.0),
    ("ada", 4.0),
]
FAILS_AFTER_THE_GRANT = [
    ("says", CueVerdict.CONFIRM),
    ("fault", ("count", 9)),
    ("ada", 1.0),
    ("ada", 4.0),
]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(things=LATE_VETO)
@example(things=REMOVED_AND_RESTORED)
@example(things=FAILS_AFTER_THE_GRANT)
@example(things=BEAS_BADGE_SHOWN_BY_ADA)
@given(things=st.lists(THINGS, max_size=14))
def test_nobody_wrong_gets_in_and_nobody_right_is_kept_out(
    tmp_path_factory: pytest.TempPathFactory, things: list[tuple[str, Any]]
) -> None:
    door = WholeDoor(tmp_path_factory.mktemp("door"))
    try:
        for kind, value in things:
            door.do(kind, value)
        door.let_in()
        door.check_record()
        assert not door.real.verify().alarm
    finally:
        door.real.close()
        door.store.close()


@pytest.mark.parametrize("story", [BY_GESTURE, BY_PIN, BY_BADGE, HOURS_OPEN])
def test_with_all_that_is_asked_for_somebody_is_let_in(tmp_path: Path, story: list) -> None:
    """Only after the last of the proofs, and by its own person."""
    door = WholeDoor(tmp_path)
    try:
        for kind, value in story[:-2]:
            door.do(kind, value)
        assert door.house.unlock.payloads == []
        for kind, value in story[-2:]:
            door.do(kind, value)
        assert len(door.house.unlock.payloads) == 1
        door.check_record()
    finally:
        door.real.close()
        door.store.close()


def test_the_property_can_fail(tmp_path: Path) -> None:
    """A door that asks for no life is found out."""
    door = WholeDoor(tmp_path)
    door.house.wanted = Wanted(LivenessConfig(mode="off"))
    door.start()
    try:
        with pytest.raises(AssertionError):
            door.stand(ADA, 1.0)
    finally:
        door.real.close()
        door.store.close()


def test_a_lockout_is_a_reason_that_passes(tmp_path: Path) -> None:
    door = WholeDoor(tmp_path)
    try:
        door.do("says", CueVerdict.VETO)
        for _ in range(2):
            door.stand(ADA, 2.0)
            door.leave()
        assert door.keeper.remaining_s(door.ada) > 0
        door.let_in()
        assert door.house.unlock.payloads == []
        door.stand(ADA, 15.0)
        assert len(door.house.unlock.payloads) == 1
        door.check_record()
    finally:
        door.real.close()
        door.store.close()
