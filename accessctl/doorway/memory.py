"""What a doorway was set to outlives a restart: posture, its end, face entry; in one private file.

One that is there and cannot be read is taken for a lockdown: it may have been one.
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

from accessctl.domain import Posture
from accessctl.doorway.values import DoorwayState
from accessctl.storage.files import write_atomically
from accessctl.storage.parsing import read_bounded

VERSION = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Remembered:
    """`seconds` are left of open hours that an operator began; `what` is a word for the log."""

    posture: Posture = Posture.NORMAL
    seconds: float | None = None
    beneath: Posture = Posture.NORMAL
    face_entry: bool = True
    what: str = "nothing"


class PostureMemory:
    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, epoch: float, *, clock_believed: bool) -> Remembered:
        """What was set. Without a clock that is believed no open hours come back."""
        try:
            given = json.loads(read_bounded(self.path))
        except FileNotFoundError:
            return Remembered()
        except (OSError, ValueError, RecursionError) as error:
            return _in_doubt(self.path, str(error) or type(error).__name__)
        try:
            if given["version"] != VERSION:
                raise ValueError("another version")
            until, face_entry = given["until"], given["face_entry"]
            remembered = Remembered(
                Posture(given["posture"]),
                None if until is None else float(until) - epoch,
                Posture(given["beneath"]),
                face_entry,
                "all of it",
            )
            if not isinstance(face_entry, bool):
                raise ValueError("face_entry is no truth value")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            return _in_doubt(self.path, str(error) or type(error).__name__)
        if remembered.posture is Posture.OPEN_HOURS and not clock_believed:
            return Remembered(face_entry=face_entry, what="no hours: the clock is in doubt")
        return remembered

    def save(self, state: DoorwayState, now: float, epoch: float) -> bool:
        """Keep what is set at the monotonic `now`, which is `epoch`; False where it cannot be."""
        until = state.posture_until
        kept = {
            "version": VERSION,
            "posture": state.posture.value,
            "until": None if until is None else round(epoch + until - now, 3),
            "beneath": state.beneath.value,
            "face_entry": state.face_entry,
        }
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self.path, json.dumps(kept).encode("ascii") + b"\n")
        except OSError as error:
            log.error("The posture cannot be kept in %s: %s", self.path, error.strerror or error)
            return False
        return True


def _in_doubt(path: Path, why: str) -> Remembered:
    log.error("The posture in %s cannot be read (%s); the door is locked down.", path, why)
    return Remembered(Posture.LOCKED_DOWN, face_entry=True, what="unreadable")
