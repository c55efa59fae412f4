"""The door with a second factor and anti-passback, on fakes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.administration.crossings import Crossings
from accessctl.audit.base import MemoryLog
from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Decision, Outcome, PersonRules, Reason
from accessctl.door.access_gate import AccessGate
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.door.second_factor import PinAttempts, SecondFactor
from accessctl.errors import StoreError
from accessctl.gallery.person import PinHash
from accessctl.policy.evidence_record import from_data
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.vision.fake import fake_face

GRACE, ALAN, STRANGER = 1, 2, 3
PIN = "2708"
HASH = PinHash(b"s", hashlib.scrypt(PIN.encode(), salt=b"s", n=2, r=1, p=1, dklen=32), 2, 1, 1)
NOON = 1_800_000_000.0
# One to show the face, so many that a visitor may stand there.
FRAMES = 6


@dataclass
class Clock:
    """The wall's and the uptime; frames have the same."""

    now: float = 0.0
    tracks: Iterator[int] = field(default_factory=lambda: count(1))


class Entrance:
    """One door, people and log of which may be shared with another."""

    def __init__(
        self,
        store: LockoutStore,
        house: FakeHouse,
        clock: Clock,
        access: AccessConfig | None = None,
        **policy: Any,
    ) -> None:
        self.house, self.clock = house, clock
        access = access or AccessConfig()
        self.policy = house.policy.model_copy(update={"cooldown_s": 0.0, **policy})
        lockouts = LockoutKeeper(
            store, access.door, LockoutConfig(), lambda: Uptime("boot", clock.now)
        )
        roster = house.roster()
        attempts = PinAttempts(house.audit, lockouts, self._wall)
        self.second_factor = SecondFactor(roster.pin_of, attempts, lambda: clock.now)
        self.log = MemoryLog() if house.audit is None else house.audit
        visits = count(1)
        house.policy = self.policy
        self.door = house.door(
            AccessGate(
                access,
                self.policy,
                lockouts,
                crossings=Crossings(house.audit, access),
                second_factor=self.second_factor,
            ),
            wall_clock=self._wall,
            new_visit_id=lambda: f"{next(visits):x}",
        )

    def _wall(self) -> float:
        return NOON + self.clock.now

    def stand(self, person: int, track: int, frames: int = FRAMES) -> list[Decision]:
        """The same visitor for some frames more, ten a second."""
        faces = [fake_face(box=FACE_BOX, track=track)]
        made = decisions(
            self.house.play(self.door, [(person, faces)] * frames, start=self.clock.now)
        )
        self.clock.now += frames / 10
        return made

    def leave(self) -> list[Decision]:
        self.clock.now += 1.1
        return decisions(self.house.play(self.door, [(STRANGER, ())], start=self.clock.now))

    def enter_pin(self, pin: str) -> bool:
        """After a second, in which nobody moves."""
        self.clock.now += 1.0
        return self.second_factor.offer_pin(pin).accepted

    def visit(self, person: int) -> list[Decision]:
        made = self.stand(person, next(self.clock.tracks))
        return made + self.leave()


def verdicts(made: list[Decision]) -> list[tuple[Outcome, Reason]]:
    return [(decision.outcome, decision.reason) for decision in made]


GRANTED = [(Outcome.GRANTED, Reason.MATCHED)]
MISSING = [(Outcome.DENIED, Reason.SECOND_FACTOR_MISSING)]
WRONG = [(Outcome.DENIED, Reason.SECOND_FACTOR_WRONG)]
PASSBACK = [(Outcome.DENIED, Reason.PASSBACK)]


@pytest.fixture
def store(tmp_path: Path):
    with LockoutStore(tmp_path / "lockout.sqlite") as opened:
        yield opened


def house_of_two() -> FakeHouse:
    """Grace has a PIN, Alan has none."""
    house = FakeHouse()
    house.gallery.set_pin(house.enrol("Grace", GRACE), HASH)
    house.enrol("Alan", ALAN)
    return house


@pytest.fixture
def pin_door(store: LockoutStore) -> Entrance:
    return Entrance(store, house_of_two(), Clock(), second_factor="pin", second_factor_s=20)


def test_face_and_pin_together_open(pin_door: Entrance) -> None:
    assert pin_door.stand(GRACE, 1) == []
    assert pin_door.enter_pin(PIN)
    assert verdicts(pin_door.stand(GRACE, 1)) == GRANTED
    (event,) = [event for event in pin_door.house.events() if "evidence" in event.data]
    recorded = from_data(event.data["evidence"])
    assert (recorded.factor, recorded.second_factor.value) == ("pin", "shown")
    assert PIN not in repr(pin_door.house.events())


def test_a_pin_before_the_face_and_one_without_a_face_are_nothing(pin_door: Entrance) -> None:
    assert not pin_door.enter_pin(PIN)
    # Two frames are too few to know anybody.
    pin_door.stand(GRACE, 1, frames=2)
    assert not pin_door.enter_pin(PIN)
    pin_door.leave()
    assert pin_door.stand(STRANGER, 2, frames=3) == []
    assert not pin_door.enter_pin(PIN)
    assert pin_door.house.unlock.payloads == []


def test_whoever_has_no_pin_is_refused(pin_door: Entrance) -> None:
    assert verdicts(pin_door.visit(ALAN)) == MISSING


def test_time_runs_out_and_leaving_is_a_refusal(pin_door: Entrance) -> None:
    pin_door.stand(GRACE, 1)
    pin_door.clock.now += 20.0
    # What was seen before has left the window: three frames to know her again.
    assert pin_door.stand(GRACE, 1, frames=2) == []
    assert verdicts(pin_door.stand(GRACE, 1, frames=1)) == MISSING
    pin_door.leave()
    pin_door.stand(GRACE, 2)
    assert verdicts(pin_door.leave()) == MISSING


def test_looking_down_at_the_keypad_is_not_being_unknown(pin_door: Entrance) -> None:
    pin_door.stand(GRACE, 1, frames=10)
    pin_door.clock.now += 5.0
    # Frames in which she may as well be somebody else.
    assert pin_door.stand(STRANGER, 1, frames=4) == []
    assert pin_door.enter_pin(PIN)
    pin_door.clock.now += 4.0
    assert verdicts(pin_door.stand(GRACE, 1)) == GRANTED


def test_wrong_pins_count_for_the_lockout_each_once(pin_door: Entrance) -> None:
    pin_door.stand(GRACE, 1)
    assert [pin_door.enter_pin(pin) for pin in ("9999", "8888", "7777")] == [False] * 3
    assert verdicts(pin_door.stand(GRACE, 1)) == WRONG
    pin_door.leave()
    pin_door.stand(GRACE, 2)
    # The fifth in a row: the next PIN is not even looked at.
    assert [pin_door.enter_pin(pin) for pin in ("9999", "8888", PIN)] == [False] * 3
    assert verdicts(pin_door.stand(GRACE, 2)) == [(Outcome.DENIED, Reason.LOCKED_OUT)]
    told = [event for event in pin_door.house.events() if event.data.get("state") == "wrong_pin"]
    assert [event.data["visit"] for event in told] == ["1"] * 3 + ["2"] * 2
    assert {event.person for event in told} == {pin_door.house.gallery.person("Grace").id}


def test_refuted_and_gone_before_the_next_frame(pin_door: Entrance) -> None:
    pin_door.stand(GRACE, 1)
    for pin in ("9999", "8888", "7777"):
        pin_door.enter_pin(pin)
    assert verdicts(pin_door.leave()) == WRONG


def test_a_button_that_is_pressed_while_somebody_waits(store: LockoutStore) -> None:
    door = Entrance(store, house_of_two(), Clock(), second_factor="button")
    assert not door.second_factor.press().accepted
    assert door.stand(ALAN, 1) == []
    assert door.second_factor.press().accepted
    assert verdicts(door.stand(ALAN, 1)) == GRANTED


def test_a_group_may_ask_for_more_or_less(store: LockoutStore) -> None:
    access = AccessConfig.model_validate(
        {"groups": {"owners": {"second_factor": "off"}, "staff": {}}}
    )
    house = house_of_two()
    house.gallery.set_rules(house.gallery.person("Alan").id, PersonRules(("owners",)))
    house.gallery.set_rules(house.gallery.person("Grace").id, PersonRules(("staff",)))
    door = Entrance(store, house, Clock(), access, second_factor="pin")
    assert verdicts(door.visit(ALAN)) == GRANTED
    assert verdicts(door.visit(GRACE)) == MISSING


def test_the_second_factor_survives_another_configuration(pin_door: Entrance) -> None:
    pin_door.stand(GRACE, 1)
    gate = pin_door.door.gate.under(AccessConfig(), pin_door.policy)
    assert gate.second_factor is pin_door.second_factor


def two_doors(store: LockoutStore, **access: Any) -> tuple[Entrance, Entrance]:
    """In and out of one area, with one log."""
    house, clock = house_of_two(), Clock()
    way = {"anti_passback": "hard", "reset_after_h": 1, **access}
    return (
        Entrance(store, house, clock, AccessConfig(door="front", direction="in", **way)),
        Entrance(store, house, clock, AccessConfig(door="exit", direction="out", **way)),
    )


def test_nobody_goes_in_twice_without_going_out(store: LockoutStore) -> None:
    front, back = two_doors(store)
    assert verdicts(front.visit(GRACE)) == GRANTED
    assert verdicts(front.visit(ALAN)) == GRANTED
    assert verdicts(front.visit(GRACE)) == PASSBACK
    assert verdicts(back.visit(GRACE)) == GRANTED
    assert verdicts(back.visit(GRACE)) == GRANTED
    assert verdicts(front.visit(GRACE)) == GRANTED
    front.clock.now += 3600
    assert verdicts(front.visit(GRACE)) == GRANTED


def test_a_restart_forgets_nobody(store: LockoutStore) -> None:
    front, _ = two_doors(store)
    front.visit(GRACE)
    again = Entrance(
        store,
        front.house,
        front.clock,
        AccessConfig(direction="in", anti_passback="hard", reset_after_h=1),
    )
    assert verdicts(again.visit(GRACE)) == PASSBACK


def test_a_grant_without_its_record_is_no_way_in(store: LockoutStore) -> None:
    front, _ = two_doors(store)
    front.house.audit.full = True
    assert verdicts(front.visit(GRACE)) == [(Outcome.DENIED, Reason.NO_RECORD)]
    front.house.audit.full = False
    assert verdicts(front.visit(GRACE)) == GRANTED


def test_soft_grants_and_notes_it(store: LockoutStore) -> None:
    front, _ = two_doors(store, anti_passback="soft")
    front.visit(GRACE)
    assert verdicts(front.visit(GRACE)) == GRANTED
    first, second = [e.data for e in front.house.events() if e.data.get("evidence")]
    assert ("passback" in first, second["passback"]) == (False, True)
    assert (first["direction"], first["area"]) == ("in", "inside")
    assert from_data(second["evidence"]).crossing is not None


class Unreadable(MemoryLog):
    def query(self, **_: Any) -> Any:
        raise StoreError("The event log cannot be read.")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("hard", [(Outcome.DENIED, Reason.NO_RECORD)]), ("soft", GRANTED), ("off", GRANTED)],
)
def test_a_log_that_cannot_be_read_keeps_a_hard_door_shut(
    store: LockoutStore, mode: str, expected: list[tuple[Outcome, Reason]]
) -> None:
    house = FakeHouse(audit=Unreadable())
    house.enrol("Alan", ALAN)
    door = Entrance(store, house, Clock(), AccessConfig(direction="in", anti_passback=mode))
    assert verdicts(door.visit(ALAN)) == expected


moves = st.lists(
    st.one_of(
        st.tuples(st.just("stand"), st.sampled_from([GRACE, ALAN, STRANGER])),
        st.tuples(st.just("leave"), st.none()),
        st.tuples(st.just("pin"), st.sampled_from([PIN, "9999", "1"])),
        st.tuples(st.just("press"), st.none()),
        st.tuples(st.just("wait"), st.floats(0, 60)),
        st.tuples(st.just("disk"), st.booleans()),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(moves, st.sampled_from(["pin", "button"]))
def test_without_the_second_factor_nothing_opens(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, Any]], factor: str
) -> None:
    """Whatever happens: each opening has an accepted PIN, or press, of its own before it."""
    with LockoutStore(tmp_path_factory.mktemp("lockout") / "lockout.sqlite") as store:
        door = Entrance(store, house_of_two(), Clock(), second_factor=factor, second_factor_s=15)
        track, accepted = next(door.clock.tracks), 0
        for kind, value in moves:
            opened = len(door.house.unlock.payloads)
            if kind == "stand":
                door.stand(value, track)
            elif kind == "leave":
                door.leave()
                track = next(door.clock.tracks)
            elif kind == "wait":
                door.clock.now += value
            elif kind == "disk":
                door.house.audit.full = value
            elif kind == "pin":
                accepted += door.enter_pin(value)
            else:
                accepted += door.second_factor.press().accepted
            assert len(door.house.unlock.payloads) <= accepted
            assert len(door.house.unlock.payloads) - opened <= 1
            assert kind == "stand" or len(door.house.unlock.payloads) == opened
        for event in door.house.events():
            if event.data.get("decision") == "granted" and "evidence" in event.data:
                recorded = from_data(event.data["evidence"])
                assert (recorded.factor, recorded.second_factor.value) == (factor, "shown")


walks = st.lists(
    st.tuples(
        st.sampled_from(["front", "exit", "restart", "wait", "disk"]),
        st.sampled_from([GRACE, ALAN]),
        st.floats(0, 3000),
        st.booleans(),
    ),
    max_size=20,
)


def test_who_could_not_go_in_is_let_in_once_the_lock_works(store: LockoutStore) -> None:
    access = AccessConfig(direction="in", anti_passback="hard")
    entrance = Entrance(store, house_of_two(), Clock(), access, retry_s=0.5)
    entrance.house.unlock.ok = False
    assert verdicts(entrance.visit(GRACE))[:1] == GRANTED
    entrance.house.unlock.ok = True
    assert verdicts(entrance.visit(GRACE)) == GRANTED
    assert verdicts(entrance.visit(GRACE)) == PASSBACK


@settings(max_examples=40, deadline=None)
@given(walks)
def test_hard_passback_never_lets_anybody_in_twice(
    tmp_path_factory: pytest.TempPathFactory, walks: list[tuple[str, int, float, bool]]
) -> None:
    with LockoutStore(tmp_path_factory.mktemp("lockout") / "lockout.sqlite") as store:
        front, back = two_doors(store)
        ways: dict[int, list[tuple[str, float]]] = {GRACE: [], ALAN: []}
        for kind, person, seconds, full in walks:
            if kind == "wait":
                front.clock.now += seconds
            elif kind == "disk":
                front.house.audit.full = full
            elif kind == "restart":
                access = AccessConfig(direction="in", anti_passback="hard", reset_after_h=1)
                front = Entrance(store, front.house, front.clock, access)
            else:
                door, way = (front, "in") if kind == "front" else (back, "out")
                opened = len(front.house.unlock.payloads)
                at = front.clock.now
                door.visit(person)
                if len(front.house.unlock.payloads) > opened:
                    ways[person].append((way, at))
                elif not front.house.audit.full:
                    # Nobody is kept inside, or out without having gone in.
                    assert way == "in"
                    assert ways[person][-1][0] == "in"
        for crossed in ways.values():
            for (before, then), (after, later) in pairwise(crossed):
                assert (before, after) != ("in", "in") or later - then >= 3600 - 1
