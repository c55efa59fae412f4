"""A self-test of liveness from its first prompt to its last, and what is kept of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accessctl.camera.reader import Reader
from accessctl.evaluation.liveness import LIVE
from accessctl.evaluation.selftest import Presented, Result, SelfTestDoor, frames_for, present
from accessctl.evaluation.selftest_tally import tally, worst

STOPPED, ENDED = "broken off by the installer", "the recording ended"


@dataclass(frozen=True, slots=True)
class SelfTestPlan:
    """What is to be presented: the living and each of `attacks`, `presentations` times each,
    `seconds` long; `source` is the camera in words, `mode` passive or challenge."""

    began: datetime
    source: str
    mode: str
    attacks: tuple[str, ...]
    presentations: int
    seconds: float

    def order(self) -> Iterator[tuple[str, int]]:
        """(species, number within it) of each presentation."""
        for species in (LIVE, *self.attacks):
            for number in range(1, self.presentations + 1):
                yield species, number


@dataclass(frozen=True, slots=True)
class Installer:
    """Whoever presents: `ready` tells what comes next and waits, False to stop; `told` hears
    a challenge's prompts and the evidence as it gathers; `heard` what each presentation came to."""

    ready: Callable[[str, int], bool]
    told: Callable[[str], None]
    heard: Callable[[Presented], None]


@dataclass(slots=True)
class SelfTestSession:
    """What was presented so far; `broken_off` says why the rest was not, None when all was."""

    plan: SelfTestPlan
    done: list[Presented]
    broken_off: str | None = STOPPED

    def content(self) -> dict[str, Any]:
        """The whole result, as it is kept."""
        tallies = tally(self.done)
        highest = worst(tallies)
        return {
            "selftest": "liveness",
            "began": self.plan.began.isoformat(timespec="seconds"),
            "source": self.plan.source,
            "mode": self.plan.mode,
            "seconds": self.plan.seconds,
            "planned": {
                "species": [LIVE, *self.plan.attacks],
                "presentations": self.plan.presentations,
            },
            "complete": self.broken_off is None,
            "broken_off": self.broken_off,
            "rates": [one.content() for one in tallies],
            "worst_species": None if highest is None else highest.species,
            "presentations": [one.content() for one in self.done],
        }


def run_session(
    plan: SelfTestPlan,
    reader: Reader,
    looking: SelfTestDoor,
    installer: Installer,
    clock: Callable[[], float],
    keep: Callable[[SelfTestSession], None],
) -> SelfTestSession:
    """Lead through `plan`; `keep` is called after each presentation and at the end, whatever
    ends it. `clock` gives monotonic seconds. Ctrl-C breaks off, as does a recording's end."""
    session = SelfTestSession(plan, [])
    try:
        session.broken_off = _go(session, reader, looking, installer, clock, keep)
    except KeyboardInterrupt:
        session.broken_off = STOPPED
    except Exception as error:
        session.broken_off = str(error)
        keep(session)
        raise
    keep(session)
    return session


def _go(
    session: SelfTestSession,
    reader: Reader,
    looking: SelfTestDoor,
    installer: Installer,
    clock: Callable[[], float],
    keep: Callable[[SelfTestSession], None],
) -> str | None:
    for species, number in session.plan.order():
        if not installer.ready(species, number):
            return STOPPED
        frames = frames_for(reader, session.plan.seconds, clock)
        shown = present(frames, looking, installer.told, species, number)
        if shown.result is Result.NO_FACE and reader.ended:
            return ENDED
        session.done.append(shown)
        installer.heard(shown)
        keep(session)
    return None
