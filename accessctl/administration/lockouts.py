"""Ending a lockout by hand; the record comes first, as with every change."""

from collections.abc import Callable

from accessctl.audit.base import Recorder
from accessctl.domain import Event, EventKind
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutStore


def end_lockout(
    lockouts: LockoutStore, door: str, audit: Recorder, now: Callable[[], float]
) -> Lockout:
    """Faces count again at `door` from now on; the lockout that was ended, Lockout() for none.

    Told and ended in one transaction of the lockouts, so that no attempt that was refused
    meanwhile is forgotten untold. StoreError when either cannot be written: nothing is ended.
    """
    ended = Lockout()

    def end(kept: Lockout) -> Lockout:
        nonlocal ended
        ended = kept
        if kept != Lockout():
            told = {"state": "face_unlocked", "door": door, "refused": kept.refused}
            audit.append(Event(now(), EventKind.SERVICE, told))
        return Lockout()

    lockouts.change(door, end)
    return ended
