"""The door with rules, hours, lockout and company, on fakes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.administration.crossings import Crossings
from accessctl.audit.base import MemoryLog
from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import (
    Box,
    Decision,
    Face,
    Outcome,
    PersonId,
    PersonRules,
    Reason,
)
from accessctl.door.access_gate import AccessGate, passage_data
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.door.second_factor import NO_FACTOR_DESK
from accessctl.errors import InputError
from accessctl.policy.access import AccessPlan, objection
from accessctl.policy.decide import Verdict
from accessctl.policy.evidence_record import from_data
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.sync.crossings import SiteCrossings
from accessctl.sync.feed_wire import Crossed, FeedHead, Waited
from accessctl.vision.fake import fake_face

ADA = PersonId("a" * 32)
IN = AccessConfig(direction="in", anti_passback="hard", reset_after_h=1)


def test_what_a_decision_says_of_its_way() -> None:
    assert passage_data(AccessConfig(), Reason.MATCHED, again=False) == {}
    assert passage_data(IN, Reason.MATCHED, again=False) == {"direction": "in", "area": "inside"}
    assert passage_data(IN, Reason.MATCHED, again=True)["passback"] is True
    assert "passback" not in passage_data(IN, Reason.EXPIRED, again=True)


GRACE, STRANGER = 1, 2
# A Monday.
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
ACCESS = AccessConfig.model_validate(
    {
        "timezone": "UTC",
        "schedules": {"office": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}]},
        "groups": {"staff": {"schedule": "office"}},
    }
)


class Site:
    """A house whose clocks are set by hand, with a door that has a gate."""

    def __init__(self, store: LockoutStore, **policy: Any) -> None:
        self.house = FakeHouse()
        self.policy = self.house.policy.model_copy(update=policy)
        self.grace = self.house.enrol("Grace", GRACE)
        self.wall = NOON
        self.up = 0.0
        self.frame = 0.0
        self.tracks = count(1)
        keeper = LockoutKeeper(store, "front", LockoutConfig(), lambda: Uptime("boot", self.up))
        numbers = count(1)
        self.house.policy = self.policy
        self.door = self.house.door(
            AccessGate(ACCESS, self.policy, keeper),
            wall_clock=lambda: self.wall,
            new_visit_id=lambda: f"{next(numbers):x}",
        )

    def rule(self, rules: PersonRules) -> None:
        self.house.gallery.set_rules(self.grace, rules)
        self.wait(2.0)

    def wait(self, seconds: float) -> None:
        self.up += seconds
        self.wall += seconds
        self.frame += seconds

    def visit(self, person: int, faces: Sequence[Face] | None = None) -> list[Decision]:
        """Somebody stands there for six frames and goes; what the door decided."""
        shown = [fake_face(box=FACE_BOX, track=next(self.tracks))] if faces is None else faces
        made = decisions(self.house.play(self.door, [(person, shown)] * 6, start=self.frame))
        self.wait(1.0)
        self.house.play(self.door, [(person, ())], start=self.frame + 1.1)
        self.wait(5.0)
        return made


@pytest.fixture
def store(tmp_path: Path):
    with LockoutStore(tmp_path / "lockout.sqlite") as opened:
        yield opened


@pytest.fixture
def site(store: LockoutStore) -> Site:
    return Site(store)


def verdicts(made: Sequence[Decision]) -> list[tuple[Outcome, Reason]]:
    return [(decision.outcome, decision.reason) for decision in made]


def test_rules_hold_at_the_moment_of_the_visit(site: Site) -> None:
    granted = [(Outcome.GRANTED, Reason.MATCHED)]
    assert verdicts(site.visit(GRACE)) == granted
    site.rule(PersonRules(("staff",), valid_until=NOON + 86400))
    assert verdicts(site.visit(GRACE)) == granted
    site.wall = NOON + 6 * 3600
    (refused,) = site.visit(GRACE)
    assert (refused.reason, refused.person) == (Reason.OUTSIDE_SCHEDULE, site.grace)
    site.wall = NOON + 86400
    assert verdicts(site.visit(GRACE)) == [(Outcome.DENIED, Reason.EXPIRED)]
    site.rule(PersonRules(disabled=True))
    assert verdicts(site.visit(GRACE)) == [(Outcome.DENIED, Reason.DISABLED)]


def test_strangers_lock_the_door_only_in_crowds(site: Site) -> None:
    for _ in range(20):
        assert verdicts(site.visit(STRANGER)) == [(Outcome.UNKNOWN, Reason.NO_MATCH)]
    assert verdicts(site.visit(GRACE)) == [(Outcome.GRANTED, Reason.MATCHED)]


def test_a_door_whose_budget_is_used_up_is_locked_for_everybody(
    site: Site, store: LockoutStore
) -> None:
    config = LockoutConfig()
    store.change("front", lambda _: Lockout(config.door_attempts - 0.1, at=Uptime("boot", 0.0)))
    assert verdicts(site.visit(STRANGER)) == [(Outcome.UNKNOWN, Reason.NO_MATCH)]
    assert verdicts(site.visit(GRACE)) == [(Outcome.DENIED, Reason.LOCKED_OUT)]
    # Whatever the wall clock is set to.
    site.wall = NOON + 1e6
    assert verdicts(site.visit(GRACE)) == [(Outcome.DENIED, Reason.LOCKED_OUT)]
    site.wait(30.0)
    assert verdicts(site.visit(GRACE)) == [(Outcome.GRANTED, Reason.MATCHED)]


def test_company_is_refused_and_a_passer_by_is_none(store: LockoutStore) -> None:
    site = Site(store, several_faces="refuse")
    near = fake_face(box=FACE_BOX, track=901)
    beside = fake_face(box=Box(70, 20, 50, 60), track=902)
    far = fake_face(box=Box(90, 20, 20, 25), track=903)
    assert Reason.TWO_FACES in {made.reason for made in site.visit(GRACE, [near, beside])}
    assert not site.house.unlock.payloads
    made = site.visit(GRACE, [fake_face(box=FACE_BOX, track=904), far])
    assert (Outcome.GRANTED, Reason.MATCHED) in verdicts(made)


def test_the_evidence_is_on_record_but_not_sent(site: Site) -> None:
    site.visit(GRACE)
    (event,) = [event for event in site.house.events() if "evidence" in event.data]
    recorded = from_data(event.data["evidence"])
    assert recorded.evidence.pooled is not None
    assert recorded.evidence.pooled.person == site.grace
    assert (recorded.door, recorded.people, recorded.widths) == ("front", 1, (FACE_BOX.w,))
    (payload,) = site.house.unlock.payloads
    assert "evidence" not in payload


def test_who_was_let_in_before_a_restart_is_not_let_in_again(site: Site) -> None:
    house = site.house
    door = house.door()
    door._granted_before[site.grace] = 3.0
    scenes = [(GRACE, [fake_face(box=FACE_BOX, track=1)])] * 6
    assert decisions(house.play(door, scenes)) == []
    assert verdicts(door.close(1.0)) == [(Outcome.DENIED, Reason.COOLDOWN)]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("visit"), st.sampled_from([GRACE, STRANGER])),
        st.tuples(st.just("wall"), st.floats(-1e6, 1e6)),
        st.tuples(st.just("wait"), st.floats(0, 120)),
        st.tuples(st.just("disk"), st.booleans()),
        st.tuples(
            st.just("rules"),
            st.builds(
                PersonRules,
                groups=st.sampled_from([(), ("staff",), ("x",)]),
                valid_from=st.none() | st.just(NOON - 100),
                valid_until=st.none() | st.just(NOON + 1000),
                disabled=st.booleans(),
            ),
        ),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_nothing_opens_but_as_it_should(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]
) -> None:
    """Whatever happens before: an opening needs valid rules at that instant, no lockout,
    enough agreeing frames and a record of its own."""
    plan = AccessPlan.of(ACCESS)
    with LockoutStore(tmp_path_factory.mktemp("lockout") / "lockout.sqlite") as store:
        site = Site(store)
        rules = PersonRules()
        for kind, value in steps:
            if kind == "wall":
                site.wall = max(0.0, site.wall + value)
            elif kind == "wait":
                site.wait(value)
            elif kind == "disk":
                site.house.audit.full = value
            elif kind == "rules":
                rules = value
                site.rule(rules)
            else:
                opened = len(site.house.unlock.payloads)
                at, locked = site.wall, store.read("front").locked(Uptime("boot", site.up))
                full = site.house.audit.full
                site.visit(value)
                if len(site.house.unlock.payloads) == opened:
                    continue
                assert len(site.house.unlock.payloads) == opened + 1
                assert value == GRACE
                assert not locked
                assert not full
                assert objection(rules, plan, at) is None
    granted = [
        event
        for event in site.house.events()
        if event.data.get("decision") == "granted" and "evidence" in event.data
    ]
    visits = [event.data["visit"] for event in granted]
    assert visits == [payload["visit"] for payload in site.house.unlock.payloads]
    assert len(set(visits)) == len(visits)
    for event in granted:
        frames = from_data(event.data["evidence"]).evidence.sightings
        assert sum(frame.match is not None for frame in frames) >= site.policy.min_frames


def decided(access: AccessConfig, **policy: Any) -> list[tuple[Outcome, Reason]]:
    """What a gate that remembers nothing makes of somebody enrolled."""
    house = FakeHouse()
    house.policy = house.policy.model_copy(update=policy)
    house.enrol("Grace", GRACE)
    door = house.door(AccessGate(access, house.policy))
    shown = [(GRACE, [fake_face(box=FACE_BOX)])] * 6
    return [(one.outcome, one.reason) for one in decisions(house.play(door, shown))]


def test_a_gate_without_memory_grants_where_nothing_must_be_remembered() -> None:
    assert decided(AccessConfig()) == [(Outcome.GRANTED, Reason.MATCHED)]


def test_where_nobody_can_show_a_second_factor_it_is_missing() -> None:
    for factor in ("pin", "button"):
        assert decided(AccessConfig(), second_factor=factor) == [
            (Outcome.DENIED, Reason.SECOND_FACTOR_MISSING)
        ]
    for reply in (NO_FACTOR_DESK.offer_pin("1234"), NO_FACTOR_DESK.press()):
        assert not reply.accepted
        assert reply.sentence == "This door takes no second factor."


def test_a_decision_says_that_other_doors_of_the_area_were_not_heard_of() -> None:
    site = SiteCrossings("inside")
    gate = AccessGate(IN, FakeHouse().policy, crossings=Crossings(MemoryLog(), IN, site))
    verdict, asked = Verdict(Outcome.GRANTED, Reason.MATCHED, None), SimpleNamespace()
    asked.last_crossing = None
    assert gate.passage(asked, verdict)["alone"] is True
    head = FeedHead(seq=0, time=0, signature="0" * 128)
    crossed = Crossed(door="d" * 32, person=ADA, area="inside", direction="in", time=100.0)
    site(Waited(changes=False, crossings=(crossed,), crossing=1, head=head))
    assert "alone" not in gate.passage(asked, verdict)
    assert gate.inside(160.0) == {ADA: 60.0}
    with pytest.raises(InputError, match="remembers nobody"):
        AccessGate(IN, FakeHouse().policy).inside(160.0)


def test_where_no_crossings_are_known_hard_passback_lets_nobody_in() -> None:
    ((outcome, reason),) = decided(IN)
    assert (outcome, reason) == (Outcome.DENIED, Reason.NO_RECORD)
    gate = AccessGate(IN, FakeHouse().policy)
    gate.under(AccessConfig(), FakeHouse().policy).take_over()
