"""Whether the door may rely on its copy of the gallery: it is fresh, and of the last gallery.

Whoever was removed must not be let in for long by a copy that cannot be renewed, nor by an older
gallery that was put back. Time is the capture time of the frames.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from accessctl.domain import Reason
from accessctl.errors import StoreError
from accessctl.recognition.matcher import Roster

# How often an unchanged mark goes on record again, so that no retention forgets it; seconds.
REPEAT_S = 86400.0

log = logging.getLogger(__name__)


class Heads(Protocol):
    """What is asked of administration.gallery_heads; StoreError."""

    def objection(self) -> str | None: ...

    def note(self) -> None: ...

    def repeat(self) -> None: ...


@dataclass(frozen=True, slots=True)
class GalleryState:
    """`doubt` is why nobody is let in by this gallery, None where nothing speaks against it;
    `trouble` says what is wrong in one sentence; the copy is `age_s` old, by its last look."""

    doubt: Reason | None = None
    trouble: str | None = None
    age_s: float = 0.0


def always() -> bool:
    """Of a door beside which there is no other."""
    return True


def unrecorded(_state: str, **_data: Any) -> None:
    """Where nobody keeps a record."""


class GalleryWatch:
    """Renews the roster and judges the gallery. `state` may be read from any thread."""

    def __init__(
        self,
        roster: Roster,
        max_stale_s: float,
        heads: Heads | None = None,
        record: Callable[..., object] = unrecorded,
        *,
        acting: Callable[[], bool] = always,
    ) -> None:
        """`record` is called with a state's word and its data; without `heads` every gallery that
        can be read is the last one. While another door is `acting` nothing goes on record here."""
        self.roster = roster
        self.max_stale_s = max_stale_s
        self._heads = heads
        self._record = record
        self._fresh: float | None = None
        self._judged: object = None
        self._objection: str | None = None
        self._repeated: float | None = None
        self._acting = acting
        self._on_record: Reason | None = None
        self.state = GalleryState()

    def look(self, now: float) -> None:
        """Take changes over; call it about once a second."""
        self.roster.refresh()
        before = self.state
        if self._fresh is None or self.roster.trouble is None:
            self._fresh = now
        if self.roster.trouble is None:
            self._judge(now)
        self.state = self._state_at(now)
        self._tell(before, self.state)

    def doubt(self, now: float) -> Reason | None:
        """Why nobody may be let in now by what is known of the gallery."""
        return self._state_at(now).doubt

    def _state_at(self, now: float) -> GalleryState:
        age = 0.0 if self._fresh is None else max(0.0, now - self._fresh)
        if self._objection is not None:
            return GalleryState(Reason.GALLERY_UNACCEPTED, self._objection, age)
        trouble = self.roster.trouble
        stale = trouble is not None and not age <= self.max_stale_s
        return GalleryState(Reason.GALLERY_STALE if stale else None, trouble, age)

    def _judge(self, now: float) -> None:
        if self._heads is None:
            return
        mark = self.roster.mark
        try:
            if mark != self._judged or self._objection is not None:
                self._objection = self._heads.objection()
                self._judged, self._repeated = mark, None
                if self._objection is None and self._acting():
                    self._heads.note()
                    self._repeated = now
            elif self._acting() and (self._repeated is None or now - self._repeated >= REPEAT_S):
                self._heads.repeat()
                self._repeated = now
        except StoreError as error:
            if mark != self._judged:
                self._objection = f"Whether the gallery is the last one cannot be told: {error}"
            # Else only its mark could not be written down: tried again at the next look.

    def _tell(self, before: GalleryState, after: GalleryState) -> None:
        if before.doubt is not after.doubt and after.doubt is None:
            log.info("The gallery counts again.")
        elif before.doubt is not after.doubt:
            log.error("Nobody is let in: %s", after.trouble)
        if after.doubt is self._on_record or not self._acting():
            return
        self._on_record = after.doubt
        if after.doubt is None:
            self._record("gallery_back")
        else:
            self._record(after.doubt.value, detail=after.trouble)
