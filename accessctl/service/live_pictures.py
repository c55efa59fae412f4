"""What the camera sees, sent to the hub while an operator there looks at this door.

The door's loop only hands a frame over; a thread of its own makes the picture small and sends it.
Boxes and people go beside the picture: the hub draws them for those who may see who somebody is.
"""

import base64
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import cv2

from accessctl.audit.base import Recorder, write_down
from accessctl.background import BackgroundThread, kept_up
from accessctl.domain import Decision, Frame, Image, Outcome
from accessctl.door.recorder import jpeg_of, service_event
from accessctl.door.visit import FaceView, Step
from accessctl.errors import AccessctlError
from accessctl.sync.feed_wire import (
    MAX_LIVE_FACES,
    MAX_PICTURE_CHARACTERS,
    LiveFace,
    LivePicture,
    Waited,
)

EVERY_S = 1 / 3
LONGEST_SIDE = 640
PAUSE_S = 2.0
"""After a picture that the hub did not take."""
FAULT_PAUSE_S = 2.0
CLOSE_S = 5.0
PERSON = re.compile(r"[0-9a-f]{32}")
MAX_STATE = 120

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _LatestFrame:
    image: Image
    faces: tuple[FaceView, ...]


class LivePictures:
    """From `with` to its end. `follow` belongs to the door's loop, a call to the thread that waits
    at the hub."""

    def __init__(
        self,
        send: Callable[[LivePicture], bool],
        record: Recorder,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`send` says whether somebody looks on; HubError, FaultError. That somebody begins and
        ends to look is on record."""
        self._send = send
        self._record = record
        self._clock = clock
        self._wall_clock = wall_clock
        self._changed = threading.Condition()
        self._wanted = self._closing = False
        self._next = float("-inf")
        self._seen: _LatestFrame | None = None
        self._thread = BackgroundThread(
            self._run, name="live-pictures", stop=self._stop, patience_s=CLOSE_S
        )

    @property
    def wanted(self) -> bool:
        """Whether somebody looks, as far as this door knows."""
        with self._changed:
            return self._wanted

    def __call__(self, waited: Waited) -> None:
        """Hear whether somebody looks."""
        self._want(wanted=waited.live)

    def follow(self, _: Sequence[Decision], seen: tuple[Frame, Step] | None) -> None:
        """See service.following.Follow: a frame, of which at most three a second are sent."""
        if seen is None:
            return
        frame, step = seen
        with self._changed:
            now = self._clock()
            if self._wanted and now >= self._next:
                self._next = now + EVERY_S
                self._seen = _LatestFrame(frame.image, step.faces)
                self._changed.notify()

    def __enter__(self) -> Self:
        self._thread.__enter__()
        return self

    def __exit__(self, *_: Any) -> None:
        self._thread.__exit__(None, None, None)

    def send_next(self) -> bool:
        """Wait for a picture and send it; False at the end. What the thread does."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._seen is not None)
            seen, self._seen = self._seen, None
            if self._closing or seen is None:
                return False
        try:
            picture = live_picture(seen.image, seen.faces, self._wall_clock())
            # An answer that somebody looks may be older than what the wait has said since.
            if picture is not None and not self._send(picture):
                self._want(wanted=False)
        except AccessctlError as error:
            log.warning("The hub did not take a picture: %s", error)
            self._want(wanted=False)
            with self._changed:
                self._next = self._clock() + PAUSE_S
        return True

    def _want(self, *, wanted: bool) -> None:
        with self._changed:
            if wanted == self._wanted:
                return
            self._wanted = wanted
            self._seen = self._seen if wanted else None
        state = "live_begun" if wanted else "live_ended"
        write_down(self._record, service_event(state, self._wall_clock()))

    def _run(self) -> None:
        kept_up(self.send_next, "A picture was not sent to the hub.", self._rest, FAULT_PAUSE_S)

    def _rest(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, seconds)

    def _stop(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()


def live_picture(image: Image, faces: Sequence[FaceView], time: float) -> LivePicture | None:
    """What the hub is sent of an RGB image (uint8 (H, W, 3)): at most 640 pixels wide and high;
    None where it cannot be a JPEG of a size that the hub takes."""
    jpeg = base64.b64encode(jpeg_of(_small(image))).decode("ascii")
    if not 0 < len(jpeg) <= MAX_PICTURE_CHARACTERS:
        return None
    height, width = image.shape[:2]
    shown = tuple(_live_face(view, width, height) for view in faces[:MAX_LIVE_FACES])
    return LivePicture(time=time, jpeg=jpeg, faces=shown)


def _small(image: Image) -> Image:
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= LONGEST_SIDE:
        return image
    share = LONGEST_SIDE / longest
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(image.dtype)


def _live_face(view: FaceView, width: int, height: int) -> LiveFace:
    """Whom the door takes somebody for it says once that is decided, as its preview does."""
    box, verdict = view.face.box, view.verdict
    person, state = None, view.told
    if verdict is not None:
        state = f"{verdict.outcome.value}: {verdict.reason.value}"
        if verdict.outcome is not Outcome.UNKNOWN and verdict.match is not None:
            person = verdict.match.person
    return LiveFace(
        x=_share(box.x, width),
        y=_share(box.y, height),
        w=max(1 / width, min(2.0, box.w / width)),
        h=max(1 / height, min(2.0, box.h / height)),
        person=person if person is not None and PERSON.fullmatch(person) else None,
        state=state[:MAX_STATE],
    )


def _share(at: float, of: int) -> float:
    return max(-1.0, min(2.0, at / of))
