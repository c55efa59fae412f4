"""A whole door whose every clock, fault and visitor is set by hand.

The camera is played, people are flat pictures and the cues of liveness say what they are told; the
policy, the lockouts and the event log are the real ones, the latter two on disk.
"""

import copy
import hashlib
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from accessctl.administration.gallery_heads import GalleryHeads
from accessctl.audit.log import EventLog
from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig, GroupConfig, HoursConfig
from accessctl.domain import Box, CueVerdict, EventKind, Outcome, PersonRules, Pose
from accessctl.door.access_gate import AccessGate
from accessctl.door.badges import BadgesAtDoor
from accessctl.door.demands import Wanted
from accessctl.door.fake import FACE_BOX, FakeHouse, ScriptedObserver
from accessctl.door.gallery_watch import GalleryWatch
from accessctl.door.second_factor import PinAttempts, SecondFactor
from accessctl.door.setup import LiveSettings
from accessctl.errors import StoreError
from accessctl.gallery.badges import Badge
from accessctl.gallery.person import PinHash
from accessctl.liveness.challenge import Ask
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import live_frames
from accessctl.policy.evidence_record import from_data
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.policy.replay import Replayed, replay
from accessctl.recognition.calibration import comparison_fmr
from accessctl.vision.fake import fake_face
from tests.door.breakable_parts import FaultyLog, InjectedError, SlowCues

ADA, EVE, CARL = 1, 2, 4
BESIDE = Box(70, 20, 50, 60)
LOCKOUT = LockoutConfig(attempts=2, door_attempts=4, first_s=20, longest_s=40, off_after=30)
PIN = "2708"
HASH = PinHash(b"s", hashlib.scrypt(PIN.encode(), salt=b"s", n=2, r=1, p=1, dklen=32), 2, 1, 1)
ADAS_BADGE, BEAS_BADGE = "1001", "1002"
LIFE = LivenessConfig(mode="passive", patience_s=2.0)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = AccessConfig(
    timezone="UTC",
    schedules={"day": (HoursConfig(days=DAYS, opens="06:00", closes="20:00"),)},
    groups={"staff": GroupConfig(schedule="day")},
)
"""Ada is one of the staff."""
DAY_S, HOUR_S = 86400, 3600
VISIT_S = 60.0
"""No attempt that a story holds takes longer."""
STALE_S, LOOKS_S = 3.0, 1.1
"""How old the copy of the gallery may be, and how often at least it is looked at."""


class WholeDoor:
    """One door, ten frames a second; every clock is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.real = EventLog(folder / "events.sqlite")
        self.store = LockoutStore(folder / "lockout.sqlite")
        self.log = FaultyLog(self.real)
        self.house = FakeHouse(wanted=Wanted(LIFE), observer=Failing(self))
        self.base = self.house.policy.model_copy(
            update={"retry_s": 1.0, "cooldown_s": 2.0, "several_faces": "refuse"}
        )
        self.house.gallery.place = "here"
        self.house.enrol("Bea", 3)
        self.house.enrol("Carl", CARL)
        self.ada = self.house.enrol("Ada", ADA)
        self.house.gallery.set_pin(self.ada, HASH)
        self.house.gallery.set_rules(self.ada, PersonRules(groups=("staff",)))
        bea = self.house.gallery.person("Bea").id
        for person, number in ((self.ada, ADAS_BADGE), (bea, BEAS_BADGE)):
            digest = self.house.gallery.badge_digest(number)
            self.house.gallery.add_badge(Badge(person, digest, 0.0))
        self.older = copy.deepcopy(self.house.gallery.__dict__)
        self.house.gallery.remove("Carl")
        self.newest: dict[str, Any] | None = None
        self.replaced_at = self.gone_at = float("inf")
        self.now, self.wall, self.track = 0.0, 12.0 * HOUR_S, 1
        self.numbers = iter(range(1, 10**6))
        self.shown_on: defaultdict[int, list[int]] = defaultdict(list)
        self.pinned: set[str] = set()
        self.gestured: set[str] = set()
        self.read: dict[str, float] = {}
        self.failing: tuple[str, int] = ("", 0)
        self.demand = "plain"
        self._set_policy("plain")
        self.start()
        self._show(EVE, [], 0.1)

    def start(self) -> None:
        """As after a restart of the process: nothing is remembered but what is on disk."""
        self.keeper = LockoutKeeper(self.store, "front", LOCKOUT, lambda: Uptime("boot", self.now))
        self.looks = SlowCues(lambda look: self.house.cues(look))
        self.house.cue_runner = self.looks
        heads = GalleryHeads(self.house.gallery, self.log, lambda: self.wall)
        roster = self.roster = self.house.roster()
        attempts = PinAttempts(self.log, self.keeper, lambda: self.wall)
        self.desk = SecondFactor(roster.pin_of, attempts, lambda: self.now)
        self.badges = BadgesAtDoor(roster, self.log, lambda: self.wall, lambda: self.now)
        self.door = self.house.door(
            AccessGate(
                HOURS,
                self.house.policy,
                NotingKeeper(self),
                second_factor=self.desk,
                badges=self.badges,
            ),
            audit=self.log,
            wall_clock=self._wall,
            new_visit_id=lambda: f"{next(self.numbers):x}",
            gallery=GalleryWatch(roster, STALE_S, heads),
        )

    def fail(self, stage: str) -> None:
        """Called where something may go wrong that nobody foresaw."""
        if self.failing[0] == stage and self.failing[1] > 0:
            raise InjectedError(stage)

    def _wall(self) -> float:
        self.fail("clock")
        return self.wall

    def _set_policy(self, demand: str) -> None:
        self.demand = demand
        gesture = Ask.LOOK_UP if demand == "gesture" else None
        self.house.wanted = Wanted(LIFE, gesture, 3.0)
        more = {
            "intent": "off" if gesture is None else "look_up",
            "second_factor": "pin" if demand == "pin" else "off",
            "identify_up_to": 0 if demand == "badge" else 1000,
        }
        self.house.policy = self.log.policy = self.base.model_copy(update=more)

    def reload(self, demand: str) -> None:
        self._set_policy(demand)
        policy = self.house.policy
        self.roster.retarget(policy)
        gate = self.door.gate.under(HOURS, policy)
        unlock = {Outcome.GRANTED: [self.house.unlock]}
        self.door.take_over(LiveSettings(policy, gate, unlock, wanted=self.house.wanted))

    def restore(self, older: bool) -> None:
        """An older gallery is put in place of the newest one, or that is put back."""
        gallery, fault = self.house.gallery, self.house.gallery.fault
        if older and self.newest is None:
            self.newest, self.replaced_at = gallery.__dict__, self.now
            gallery.__dict__ = copy.deepcopy(self.older)
        elif not older and self.newest is not None:
            gallery.__dict__, self.newest = self.newest, None
            self.replaced_at = float("inf")
        gallery.fault = fault

    def unreadable(self, gone: bool) -> None:
        fault = StoreError("The disk is away.") if gone else None
        if gone and self.house.gallery.fault is None:
            self.gone_at = self.now
        if not gone:
            self.gone_at = float("inf")
        self.house.gallery.fault = fault

    def type_pin(self, right: bool) -> None:
        waiting = [visit.id for visit in self.door.visits if visit.factor_prompt is not None]
        if self.desk.offer_pin(PIN if right else "0000").accepted:
            assert right
            self.pinned.update(waiting)

    def stand(self, person: int, seconds: float, *, beside: bool = False) -> None:
        faces = [fake_face(self.track, box=FACE_BOX)]
        faces += [fake_face(self.track + 10**6, box=BESIDE)] if beside else []
        self._show(person, faces, seconds)

    def look_up(self, person: int) -> None:
        face = fake_face(self.track, box=FACE_BOX, pose=Pose(0, 20, 0))
        self._show(person, [face], 0.4, gesture=person == ADA)

    def leave(self) -> None:
        self._show(EVE, [], 1.5)
        self.track += 1

    def _show(self, person: int, faces: list, seconds: float, *, gesture: bool = False) -> None:
        for _ in range(round(seconds * 10)):
            before = len(self.house.unlock.payloads)
            if gesture:
                self.gestured.update(visit.id for visit in self.door.visits)
            try:
                self.house.play(self.door, [(person, faces)], start=self.now)
            except InjectedError:
                self.door.drop_frame(self.now)
            self.failing = self.failing[0], max(0, self.failing[1] - 1)
            self.shown_on[self.track].append(person if faces else 0)
            opened = self.house.unlock.payloads[before:]
            assert len(opened) <= 1
            for payload in opened:
                self._check_opened(faces, payload["visit"])
            self.now = round(self.now + 0.1, 3)
            self.wall += 0.1

    def _check_opened(self, faces: list, visit: str) -> None:
        """(a) Of whom the frames show, alive in the eyes of the cues, alone, on record."""
        recent = self.shown_on[self.track][-round(self.base.window_s * 10) :]
        assert recent[-1] == ADA
        assert recent.count(ADA) >= self.base.min_frames
        assert CueVerdict.CONFIRM in self.looks.heard.get(visit, set())
        assert CueVerdict.VETO not in self.looks.heard.get(visit, set())
        assert len(faces) == 1
        assert not self.log.full
        assert 6 * HOUR_S <= self.wall % DAY_S < 20 * HOUR_S
        assert self.now - self.replaced_at <= LOOKS_S
        assert self.now - self.gone_at <= STALE_S + LOOKS_S
        assert self.demand != "pin" or visit in self.pinned
        assert self.demand != "gesture" or visit in self.gestured
        claim = next(one.claim for one in self.door.visits if one.id == visit)
        assert self.demand != "badge" or claim is not None
        if claim is not None:
            assert claim.person == self.ada
            assert self.now - self.read[ADAS_BADGE] <= self.base.badge_s + STALE_S + VISIT_S

    def do(self, kind: str, value: Any) -> None:
        if kind in ("ada", "eve", "carl"):
            self.stand({"ada": ADA, "eve": EVE, "carl": CARL}[kind], value)
        elif kind == "company":
            self.stand(ADA, value, beside=True)
        elif kind == "leave":
            self.leave()
        elif kind == "track":
            self.track += 1
        elif kind == "says":
            self.house.cues.says = value
        elif kind == "slow":
            self.looks.held = value
        elif kind == "disk":
            self.log.full = value
        elif kind == "lock":
            self.house.unlock.ok = value
        elif kind == "wall":
            self.wall = max(0.0, self.wall + value)
        elif kind == "hours":
            # The clock goes on to noon of the next day, or to an hour when nobody may enter.
            self.wall = (self.wall // DAY_S + 1) * DAY_S + (12 if value else 1) * HOUR_S
        elif kind == "restart":
            # Without a gallery no door starts.
            self.unreadable(False)
            self.start()
        elif kind == "rules" and self.newest is None and self.house.gallery.fault is None:
            self.house.gallery.set_rules(self.ada, PersonRules(("staff",), disabled=value))
        elif kind == "fault":
            self.failing = value
        elif kind == "reload":
            self.reload(value)
        elif kind == "restore":
            self.restore(value)
        elif kind == "unreadable":
            self.unreadable(value)
        elif kind == "pin":
            self.type_pin(value)
        elif kind == "badge" and self.badges.offer(value, "test").accepted:
            self.read[value] = self.now
        elif kind == "look_up":
            self.look_up(value)

    def check_record(self) -> None:
        """(a) Each grant is on record with all its proofs, once an attempt."""
        decided = [event for _, event in self.real.query(kind=EventKind.DECISION)]
        granted = [event for event in decided if event.data["decision"] == "granted"]
        attempts = Counter((e.data["visit"], e.data["attempt"]) for e in granted)
        assert not attempts or max(attempts.values()) == 1
        acted = Counter((p["visit"], p["attempt"]) for p in self.house.unlock.payloads)
        assert acted == attempts
        for event in granted:
            kept = from_data(event.data["evidence"])
            policy = self.log.made_by[event.data["visit"], event.data["attempt"]]
            assert event.person == self.ada
            assert kept.liveness is Proof.SHOWN
            assert policy.second_factor == "off" or kept.second_factor is Proof.SHOWN
            assert policy.intent == "off" or kept.intent is Proof.SHOWN
            assert live_frames(kept.evidence, policy.frame_fmr) >= policy.min_frames
        self._replay()
        # What was broken off before comes on top, once the face has gone, and grants nothing.
        told = [e for e in decided if e.data["attempt"] <= self.base.attempts]
        visits = Counter(e.data["visit"] for e in told)
        assert not visits or max(visits.values()) <= self.base.attempts

    def _replay(self) -> None:
        """By the policy that was in force, each decision comes out again."""
        policies = {id(policy): policy for policy in self.log.made_by.values()}
        for policy in policies.values():
            made_by_it = [
                (number, event)
                for number, event in self.real.query(kind=EventKind.DECISION)
                if self.log.made_by[event.data["visit"], event.data["attempt"]] is policy
            ]
            for made in replay(
                iter(made_by_it),
                policy,
                HOURS,
                "passive",
                lambda target, people: comparison_fmr(target, max(1, people)),
            ):
                assert isinstance(made, Replayed)
                assert not made.changed, made

    def let_in(self) -> None:
        """(b) Enrolled, alive, allowed and alone for ten seconds with a lock that works."""
        self.failing = ("", 0)
        self.do("disk", False)
        self.do("lock", True)
        self.do("slow", False)
        self.do("unreadable", False)
        self.do("restore", False)
        self.do("reload", "plain")
        self.do("says", CueVerdict.CONFIRM)
        self.do("rules", False)
        self.do("hours", True)
        self.leave()
        opened = len(self.house.unlock.payloads)
        self.stand(ADA, 10.0)
        if len(self.house.unlock.payloads) > opened:
            return
        last = [event for _, event in self.real.query(kind=EventKind.DECISION)][-1]
        assert last.data["reason"] == "locked_out"
        assert self.keeper.remaining_s(self.ada) > 0


class Failing(ScriptedObserver):
    """Fails where the story says so."""

    def __init__(self, whole: WholeDoor) -> None:
        super().__init__()
        self._whole = whole

    def observe(self, frame):
        self._whole.fail("observe")
        return super().observe(frame)


class NotingKeeper:
    """The real lockouts; to count may fail, which comes after a grant was acted on."""

    def __init__(self, whole: WholeDoor) -> None:
        self._whole = whole
        self.remaining_s = whole.keeper.remaining_s
        self.reconfigure = lambda _config: None

    def note(self, verdict, person) -> None:
        self._whole.fail("count")
        self._whole.keeper.note(verdict, person)
