"""What somebody who may not enter can do to those who may, by the door's own rules of lockout.

Plays attackers and passers-by against `policy.lockout` on a simulated clock, with the default
configuration, and says for how much of the time one resident and all residents are locked out, how
many refused attempts were counted, and how often a photograph was looked at for that: a visit holds
`policy.attempts` looks, of which a row without a challenge counts once.

    python -m benchmarks.hostile_visitor [--hours H] [--seed N]
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig, PolicyConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Outcome, PersonId, Reason
from accessctl.policy.decide import Verdict
from accessctl.policy.lockout import Lockout, LockoutStanding, after

WALK_S = 2.0
"""To come near and to go away again."""

ATTACK_S = LivenessConfig().patience_s + WALK_S
"""A picture that shows no life is refused after `liveness.patience_s` and some walking."""

STRANGER_S = 4.0
"""A face that matches nobody is refused after `policy.unknown_after_s` and some walking."""

ATTACK = Verdict(Outcome.DENIED, Reason.LIVENESS_UNDECIDED, None)
STRANGER = Verdict(Outcome.UNKNOWN, Reason.NO_MATCH, None)


@dataclass
class LockedDoor:
    """A door's lockouts on a clock of their own; `locked_s` by whom it is counted for."""

    config: LockoutConfig = field(default_factory=LockoutConfig)
    now: float = 0.0
    door: Lockout = field(default_factory=Lockout)
    people: dict[PersonId, Lockout] = field(default_factory=dict)
    tries: int = 0
    looks: int = 0
    looks_before_off: int | None = None
    off_at: float | None = None

    def refuse(self, verdict: Verdict, person: PersonId | None = None) -> None:
        own = Lockout() if person is None else self.people.get(person, Lockout())
        before = LockoutStanding(self.door, own)
        self.tries += before.remaining_s(self.at) == 0
        state = after(before, verdict, self.at, self.config)
        self.door = state.door
        if person is not None:
            self.people[person] = state.person
            if state.person.off and self.off_at is None:
                self.off_at, self.looks_before_off = self.now, self.looks

    @property
    def at(self) -> Uptime:
        return Uptime("boot", self.now)

    def everybody_s(self) -> float:
        return self.door.remaining_s(self.at)

    def one_s(self, person: PersonId) -> float:
        own = self.people.get(person, Lockout())
        return LockoutStanding(self.door, own).remaining_s(self.at)


Attack = Callable[[LockedDoor, random.Random], Iterator[float]]
"""Acts on the door and yields how many seconds pass until it acts again."""

VICTIM, OTHER = PersonId("victim"), PersonId("other")


def photographs(people: int, looks: int = 1) -> Attack:
    """Photographs of so many residents by turns, each as soon as it is looked at, and for so many
    looks of the visit, as far as no lockout ends them. Only the first is counted."""

    def act(door: LockedDoor, _chance: random.Random) -> Iterator[float]:
        names = [VICTIM, *(PersonId(f"resident {n}") for n in range(1, people))]
        turn = 0
        while True:
            free = [one for one in names if door.one_s(one) == 0]
            if not free:
                yield ATTACK_S
                continue
            person, turn = free[turn % len(free)], turn + 1
            door.looks += 1
            door.refuse(ATTACK, person)
            for _ in range(looks - 1):
                if door.one_s(person):
                    break
                yield PolicyConfig().retry_s + LivenessConfig().patience_s
                door.looks += 1
            yield ATTACK_S

    return act


def faces(every_s: float, *, steady: bool = False) -> Attack:
    """Faces that match nobody, so many seconds apart: at random, or `steady`."""

    def act(door: LockedDoor, chance: random.Random) -> Iterator[float]:
        while True:
            door.refuse(STRANGER)
            yield every_s if steady else max(STRANGER_S, chance.expovariate(1 / every_s))

    return act


def portraits() -> Attack:
    """Four portraits on a wall that match nobody: each is looked at three times, counted once,
    and is scenery after a minute; somebody walks past all day."""

    def act(door: LockedDoor, _chance: random.Random) -> Iterator[float]:
        for _ in range(4):
            door.refuse(STRANGER)
        while True:
            yield 3600.0

    return act


SCENES: dict[str, Attack] = {
    "four portraits on a wall": portraits(),
    "a stranger every 70 minutes": faces(70 * 60, steady=True),
    "20 strangers an hour": faces(180),
    "40 strangers an hour": faces(90),
    "60 strangers an hour": faces(60),
    "a stranger who does nothing else": faces(STRANGER_S, steady=True),
    "a photograph of one resident": photographs(1),
    "the same, for all looks of each visit": photographs(1, PolicyConfig().attempts),
    "photographs of two residents by turns": photographs(2),
    "photographs of three residents by turns": photographs(3),
    "photographs of ten residents by turns": photographs(10),
    "the same ten, for all looks of each visit": photographs(10, PolicyConfig().attempts),
}


def play(attack: Attack, hours: float, seed: int) -> dict[str, float | int | None]:
    """Shares of the time in which the victim, and anybody, is locked out, seen every second."""
    door, chance = LockedDoor(), random.Random(seed)
    acts = attack(door, chance)
    due, victim, everybody, seconds = 0.0, 0, 0, int(hours * 3600)
    for second in range(seconds):
        door.now = float(second)
        while due <= second:
            due += next(acts)
        victim += door.one_s(VICTIM) > 0
        everybody += door.one_s(OTHER) > 0
    return {
        "victim_locked_percent": round(100 * victim / seconds, 1),
        "everybody_locked_percent": round(100 * everybody / seconds, 1),
        "refused_attempts_counted": door.tries,
        "looks_at_photographs": door.looks,
        "looks_before_somebody_is_off": door.looks_before_off,
        "somebody_off_after_h": None if door.off_at is None else round(door.off_at / 3600, 2),
        "door_off": door.door.off,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for name, attack in SCENES.items():
        print(json.dumps({"scene": name} | play(attack, args.hours, args.seed)))


if __name__ == "__main__":
    main()
