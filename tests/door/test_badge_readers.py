"""A whole door with a reader, on its control socket and on a serial line (a pty): from the number
that is read to the lock."""

import os
import pty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accessctl.audit.log import EventLog
from accessctl.config import ActionsConfig, CommandAction, LockoutConfig
from accessctl.control.client import ask
from accessctl.control.server import ControlServer
from accessctl.domain import EventKind, Frame, PersonRules
from accessctl.door.assembly import open_audit, open_door
from accessctl.door.badges import HELD_S
from accessctl.door.fake import FACE_BOX, FakeHouse, portrait
from accessctl.errors import InputError
from accessctl.gallery.badges import Badge
from accessctl.recognition.engine import Engine
from accessctl.service.late import door_handlers
from accessctl.vision.fake import fake_face
from tests.patience import wait_for
from tests.sync.test_pass_wire import LONGEST, signed

GRACE, STRANGER = 1, 3
CARD = "0004711"


class ReadDoor:
    """Grace has a card. Numbers come by `read`, frames by `visit`, ten a second."""

    def __init__(
        self, engine: Engine, house: FakeHouse, by: str, stack: ExitStack, **policy: Any
    ) -> None:
        self.house, self.by = house, by
        self.grace = house.enrol("Grace", GRACE)
        digest = house.gallery.badge_digest(CARD)
        house.gallery.add_badge(Badge(self.grace, digest, 1.0))
        self._line, self._far = pty.openpty()
        stack.callback(os.close, self._line)
        stack.callback(os.close, self._far)
        config = engine.config
        self._socket = config.audit.file.with_name("door.sock")
        self._opened = config.audit.file.with_name("opened")
        unlocking = CommandAction(type="command", argv=("/bin/mkdir", str(self._opened)))
        serial = {"serial": Path(os.ttyname(self._far))} if by == "serial" else {}
        config = config.model_copy(
            update={
                "policy": config.policy.model_copy(update={"cooldown_s": 0.0, **policy}),
                "badges": config.badges.model_copy(update=serial),
                "actions": ActionsConfig(granted=(unlocking,)),
            }
        )
        engine = replace(engine, config=config)
        engine.roster.retarget(config.policy)
        engine.roster.refresh()
        self.audit: EventLog = stack.enter_context(open_audit(config))
        self.door = stack.enter_context(open_door(engine, self.audit, every_frame=True))
        handlers = door_handlers(self.door.gate)
        stack.enter_context(ControlServer(self._socket, handlers))
        self.now, self.track = 0.0, 0
        if by == "serial":
            self.wait(lambda: self.door.gate.badges.report().reader == "")

    def wait(self, until: Callable[[], bool], every_s: float = 0.01) -> None:
        wait_for(until, "what was waited for", every_s=every_s)

    def read(self, number: str) -> None:
        """Until the door has heard of it."""
        heard = self._heard()
        if self.by == "serial":
            os.write(self._line, f"{number}\r\n".encode())
            self.wait(lambda: self._heard() != heard)
            return
        # An unknown one is refused, and the log says so.
        with suppress(InputError):
            ask(self._socket, "badge", number=number)

    def _heard(self) -> tuple[object, int]:
        refused = (*self.states("unknown_badge"), *self.states("pass_refused"))
        return self.door.gate.badges.report().person, len(refused)

    def read_again(self, number: str) -> None:
        """As soon as the reader is listened to again."""

        def taken() -> bool:
            if self.by == "serial":
                os.write(self._line, f"{number}\n".encode())
            else:
                try:
                    ask(self._socket, "badge", number=number)
                except InputError:
                    return False
            return self.door.gate.badges.report().person is not None

        # Sooner it would be one that is still held there.
        self.wait(taken, every_s=1.1 * HELD_S)

    def visit(self, person: int, frames: int = 8) -> list[str]:
        """The reasons of what it comes to."""
        before = len(self.decided())
        self.track += 1
        self.house.observer.faces = [fake_face(self.track, box=FACE_BOX)]
        self.pass_frames(person, frames)
        self.house.observer.faces = []
        self.pass_frames(person, 12)
        return [event.data["reason"] for event in self.decided()[before:]]

    def pass_frames(self, person: int, frames: int, every_s: float = 0.1) -> None:
        for _ in range(frames):
            self.now += every_s
            self.door.step(Frame(portrait(person), self.now, round(self.now * 10)))

    @property
    def was_opened(self) -> bool:
        """Whether the lock's command was run."""
        return self._opened.exists()

    def decided(self) -> list[Any]:
        return [event for _, event in self.audit.query(kind=EventKind.DECISION)]

    def states(self, state: str) -> list[Any]:
        return [e for _, e in self.audit.query() if e.data.get("state") == state]


@pytest.fixture(params=["socket", "serial"])
def make(
    request: pytest.FixtureRequest, engine: Engine, house: FakeHouse
) -> Iterator[Callable[..., ReadDoor]]:
    with ExitStack() as stack:
        yield lambda **policy: ReadDoor(engine, house, request.param, stack, **policy)


def test_the_right_face_opens(make) -> None:
    door = make()
    door.read(CARD)
    assert door.visit(GRACE) == ["matched"]
    door.wait(lambda: door.was_opened)
    (event,) = door.decided()
    assert (event.person, event.data["evidence"]["naming"]) == (door.grace, "claimed")
    assert CARD not in str([e.data for _, e in door.audit.query()])


def test_a_wrong_face_opens_nothing_and_is_a_refused_attempt(make) -> None:
    door = make(lockout=LockoutConfig(attempts=1, first_s=30))
    door.read(CARD)
    assert door.visit(STRANGER) == ["badge_mismatch"]
    door.read_again(CARD)
    assert door.visit(GRACE) == ["locked_out"]
    assert not door.was_opened


def test_whoever_may_not_enter_now_is_refused_for_that(make) -> None:
    door = make()
    door.house.gallery.set_rules(door.grace, PersonRules(valid_until=1.0))
    door.pass_frames(STRANGER, 12)
    door.read(CARD)
    assert door.visit(GRACE) == ["expired"]
    assert not door.was_opened


def test_an_unknown_badge_is_on_record_and_the_visit_goes_on_without_it(make) -> None:
    door = make()
    door.read("99999")
    (event,) = door.states("unknown_badge")
    via = {"socket": "control socket", "serial": "serial line"}[door.by]
    assert (event.data["via"], event.person) == (via, None)
    assert "99999" not in str(event.data)
    assert door.visit(GRACE) == ["matched"]


def test_a_visitor_s_pass_comes_whole_and_a_door_without_a_hub_takes_none(make) -> None:
    door = make()
    door.read(signed(LONGEST).text)
    (event,) = door.states("pass_refused")
    via = {"socket": "control socket", "serial": "serial line"}[door.by]
    assert (event.data["via"], event.data["why"], event.person) == (via, "no_hub", None)
    assert door.states("unknown_badge") == []


def test_a_badge_that_was_read_too_long_ago_is_used_for_nobody(make) -> None:
    door = make(badge_s=2.0)
    door.read(CARD)
    door.pass_frames(STRANGER, 3, every_s=1.1)
    (event,) = door.states("unused_badge")
    assert (event.person, event.data["why"]) == (door.grace, "nobody came")
    assert door.visit(STRANGER) == ["no_match"]


def test_above_the_limit_a_badge_is_required(make) -> None:
    door = make(identify_up_to=0)
    assert door.visit(GRACE) == ["badge_required"]
    assert not door.was_opened
    door.read(CARD)
    assert door.visit(GRACE) == ["matched"]
    door.wait(lambda: door.was_opened)
