"""A door with badges, on fakes, and what is done before it."""

from itertools import count
from typing import Any

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import Box, Decision, Event, EventKind, Outcome, Reason
from accessctl.door.access_gate import AccessGate, NoLockouts
from accessctl.door.badges import BadgesAtDoor
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, decisions
from accessctl.door.gallery_watch import GalleryWatch
from accessctl.door.visit import Step
from accessctl.gallery.badges import Badge
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.vision.fake import fake_face

GRACE, ALAN, STRANGER = 1, 2, 3
CARD, OTHER = "04A2-1", "77"
LOCKOUT = LockoutConfig(attempts=2, door_attempts=10, first_s=30)
BESIDE = Box(90, 20, 60, 70)
FRAMES = 6


class Entrance:
    """Grace has a card, Alan another one; ten frames a second, and one clock for everything."""

    def __init__(self, store: LockoutStore | None = None, **policy: Any) -> None:
        self.house = FakeHouse()
        self.grace = self.house.enrol("Grace", GRACE)
        self.alan = self.house.enrol("Alan", ALAN)
        self.give(self.grace, CARD)
        self.give(self.alan, OTHER)
        self.now = 0.0
        self.tracks = count(1)
        self.house.policy = self.house.policy.model_copy(
            update={"cooldown_s": 0.0, "retry_s": 0.5, **policy}
        )
        keeper = NoLockouts()
        if store is not None:
            keeper = LockoutKeeper(store, "front", LOCKOUT, lambda: Uptime("boot", self.now))
        self.roster = self.house.roster()
        self.desk = BadgesAtDoor(
            self.roster, self.house.audit, lambda: EPOCH + self.now, lambda: self.now
        )
        self.door = self.house.door(
            AccessGate(AccessConfig(), self.house.policy, keeper, badges=self.desk),
            wall_clock=lambda: EPOCH + self.now,
            gallery=GalleryWatch(self.roster, 60.0),
        )

    def give(self, person, number: str) -> Badge:
        badge = Badge(person, self.house.gallery.badge_digest(number), 100.0)
        self.house.gallery.add_badge(badge)
        return badge

    def read(self, number: str = CARD) -> bool:
        """After a pause, so that no reading comes too fast."""
        self.pass_time(1.1)
        return self.desk.offer(number, "test").accepted

    def pass_time(self, seconds: float) -> None:
        """Nobody is in view."""
        self.show([], STRANGER, round(seconds * 10))

    def show(self, faces: list, person: int, frames: int) -> list[Step]:
        steps = []
        for _ in range(frames):
            steps += self.house.play(self.door, [(person, faces)], start=self.now)
            self.now = round(self.now + 0.1, 3)
        return steps

    def stand(self, person: int, track: int, frames: int = FRAMES) -> list[Decision]:
        return decisions(self.show([fake_face(track, box=FACE_BOX)], person, frames))

    def leave(self) -> list[Decision]:
        return decisions(self.show([], STRANGER, 12))

    def visit(self, person: int, frames: int = FRAMES) -> list[tuple[Outcome, Reason]]:
        made = self.stand(person, next(self.tracks), frames)
        return verdicts(made + self.leave())

    def decided(self) -> list[Event]:
        return [event for event in self.house.events() if event.kind is EventKind.DECISION]

    def told(self) -> list[dict[str, Any]]:
        """What the log says of badges that were nobody's or were not used."""
        states = {"unknown_badge", "unused_badge"}
        return [dict(e.data) for e in self.house.events() if e.data.get("state") in states]


def verdicts(made: list[Decision]) -> list[tuple[Outcome, Reason]]:
    return [(decision.outcome, decision.reason) for decision in made]
