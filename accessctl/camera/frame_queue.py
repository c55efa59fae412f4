"""The hand-over of frames from the thread that reads to the loop that looks."""

import threading
from collections import deque

from accessctl.domain import Frame

CAPACITY = 2


class FrameQueue:
    """Thread-safe and bounded.

    With `newest_wins` one frame is kept, and an unread one is replaced and counted in
    `dropped`; otherwise `put` waits until there is room, and every frame arrives.
    """

    def __init__(self, newest_wins: bool) -> None:
        self._newest_wins = newest_wins
        self._frames: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._finished = False
        self.dropped = 0

    def put(self, frame: Frame) -> None:
        """Hand one frame over; does nothing once finished."""
        with self._changed:
            if not self._newest_wins:
                self._changed.wait_for(lambda: self._finished or len(self._frames) < CAPACITY)
            if self._finished:
                return
            if self._newest_wins:
                self.dropped += len(self._frames)
                self._frames.clear()
            self._frames.append(frame)
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Frame | None:
        """The next frame; None when none comes in time, or ever."""
        with self._changed:
            self._changed.wait_for(lambda: self._finished or self._frames, max(0.0, timeout_s))
            if not self._frames:
                return None
            self._changed.notify_all()
            return self._frames.popleft()

    def finish(self) -> None:
        """No more frames will come; those that wait can still be taken."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """True when no frame waits and none will come."""
        with self._changed:
            return self._finished and not self._frames
