"""The wall clock jumps forward and back under a running door."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path

import pytest

from accessctl.audit.log import EventLog
from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Decision, EventKind, Outcome, PersonRules, Reason
from accessctl.door.access_gate import AccessGate
from accessctl.door.assembly import recent_grants
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.vision.fake import fake_face

GRACE, STRANGER = 1, 2
DAY_S = 86400.0
JUMPS = pytest.mark.parametrize("jump", [400 * DAY_S, 3600.0, -3600.0, -400 * DAY_S])
# A Monday.
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
ACCESS = AccessConfig.model_validate(
    {
        "timezone": "UTC",
        "schedules": {"office": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}]},
        "groups": {"staff": {"schedule": "office"}},
    }
)
GRANTED = (Outcome.GRANTED, Reason.MATCHED)
COOLDOWN = (Outcome.DENIED, Reason.COOLDOWN)
LOCKED_OUT = (Outcome.DENIED, Reason.LOCKED_OUT)


class Site:
    """A door whose wall clock is set by hand; uptime and frames go on by themselves."""

    def __init__(self, log: EventLog, store: LockoutStore, cooldown_s: float = 0.0) -> None:
        self.house = FakeHouse()
        self.grace = self.house.enrol("Grace", GRACE)
        self.house.gallery.set_rules(self.grace, PersonRules(("staff",)))
        self.wall, self.passed = NOON, 0.0
        self._tracks, numbers = count(1), count(1)
        policy = self.house.policy.model_copy(update={"cooldown_s": cooldown_s})
        keeper = LockoutKeeper(store, "front", LockoutConfig(), lambda: Uptime("boot", self.passed))
        self.house.policy = policy
        self.door = self.house.door(
            AccessGate(ACCESS, policy, keeper),
            audit=log,
            wall_clock=lambda: self.wall,
            new_visit_id=lambda: f"{next(numbers):x}",
        )

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.passed += seconds

    def visit(self, person: int) -> list[tuple[Outcome, Reason]]:
        """Somebody stands there for six frames and goes, which takes five seconds."""
        face = fake_face(box=FACE_BOX, track=next(self._tracks))
        shown = [(person, [face])] * 6
        made: Sequence[Decision] = decisions(self.house.play(self.door, shown, start=self.passed))
        made = [
            *made,
            *decisions(self.house.play(self.door, [(person, ())], start=self.passed + 4.0)),
        ]
        self.wait(5.0)
        return [(decision.outcome, decision.reason) for decision in made]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    with EventLog(tmp_path / "events.sqlite") as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LockoutStore]:
    with LockoutStore(tmp_path / "lockout.sqlite") as opened:
        yield opened


@JUMPS
def test_a_lockout_lasts_as_long_as_it_should(
    log: EventLog, store: LockoutStore, jump: float
) -> None:
    site = Site(log, store)
    store.change("front", lambda _: Lockout(9.9, at=Uptime("boot", site.passed)))
    assert site.visit(STRANGER) == [(Outcome.UNKNOWN, Reason.NO_MATCH)]
    site.wall += jump
    # The last stranger left five seconds after the lockout began.
    for _ in range(4):
        assert site.visit(GRACE) == [LOCKED_OUT]
    site.wall = NOON
    site.wait(10.0)
    assert site.visit(GRACE) == [GRANTED]


@JUMPS
def test_a_cooldown_lasts_as_long_as_it_should(
    log: EventLog, store: LockoutStore, jump: float
) -> None:
    site = Site(log, store, cooldown_s=20.0)
    site.house.gallery.set_rules(site.grace, PersonRules())
    site.wait(2.0)
    assert site.visit(GRACE) == [GRANTED]
    site.wall += jump
    # It is a wait: who leaves meanwhile is refused.
    assert site.visit(GRACE) == [COOLDOWN]
    site.wait(20.0)
    assert site.visit(GRACE) == [GRANTED]
    assert len(site.house.unlock.payloads) == 2


def test_schedules_heed_the_clock_as_it_is_set(log: EventLog, store: LockoutStore) -> None:
    site = Site(log, store)
    assert site.visit(GRACE) == [GRANTED]
    for hours in (-5, 7, 24):
        site.wall = NOON + hours * 3600
        assert site.visit(GRACE) == [(Outcome.DENIED, Reason.OUTSIDE_SCHEDULE)]
    site.wall = NOON - 7 * DAY_S
    assert site.visit(GRACE) == [GRANTED]


def test_the_log_keeps_the_order_in_which_things_happened(
    log: EventLog, store: LockoutStore
) -> None:
    site = Site(log, store)
    for jump in (0.0, 30 * DAY_S, -60 * DAY_S, 3600.0):
        site.wall += jump
        assert len(site.visit(GRACE)) == 1
    assert log.verify().broken is None
    kept = [(number, e) for number, e in log.query() if e.kind is EventKind.DECISION]
    assert [event.data["visit"] for _, event in kept] == ["1", "2", "3", "4"]
    assert all(one < other for (one, _), (other, _) in pairwise(kept))
    times = [event.time for _, event in kept]
    assert times != sorted(times)
    # Nothing written after the clock was set back is missing from what came since then.
    since = [
        event.data["visit"]
        for _, event in log.query(since=NOON - 31 * DAY_S)
        if event.kind is EventKind.DECISION
    ]
    assert since == ["1", "2", "3", "4"]


def test_a_restart_after_the_clock_was_set_back_lets_nobody_in_twice(
    log: EventLog, store: LockoutStore
) -> None:
    site = Site(log, store, cooldown_s=20.0)
    assert site.visit(GRACE) == [GRANTED]
    assert recent_grants(log, 20.0, NOON - 3600.0) == {site.grace: 0.0}
    assert recent_grants(log, 20.0, NOON + 60.0) == {}
