"""The infrared camera beside the door's own: what it shows of each visitor."""

import logging
from collections.abc import Collection, Sequence
from typing import Protocol

from accessctl.camera.companion import Companion
from accessctl.domain import Box, Face, Frame, Image
from accessctl.liveness.evidence import InfraredSight
from accessctl.vision.second_camera import OtherView

log = logging.getLogger(__name__)

EVERY_S = 0.19
"""Its pictures are searched no more often, seconds: five times a second, at 15 frames a second
for every third one."""

FRESH_S = 0.3
"""What it showed of a face may wait so long for a frame that goes into the evidence, seconds."""

SILENT_S = 1.0
"""Without a picture for so long it is silent, seconds."""


class SecondSight(Protocol):
    """What the door asks of `vision` here: the same face in another camera's picture."""

    def beside(
        self, image: Image, box: Box, size: tuple[int, int], others: Sequence[Box] = ()
    ) -> OtherView | None: ...


class InfraredEye:
    """Pairs each frame with the infrared picture of its moment; called by the loop only."""

    def __init__(self, companion: Companion, sight: SecondSight) -> None:
        self.companion = companion
        self._sight = sight
        self._sights: dict[int, InfraredSight] = {}
        self._now = 0.0
        self._shown = float("-inf")
        self._searched = float("-inf")
        self._failed = False

    @property
    def silent(self) -> bool:
        """Whether nothing can be told, because it gave no picture, or showed nothing in it."""
        return not 0 <= self._now - self._shown <= SILENT_S

    @property
    def trouble(self) -> str | None:
        """Why it is silent, in a sentence; None while it is not."""
        if not self.silent:
            return None
        return self.companion.error or "It gives no picture that shows anything."

    def look(self, frame: Frame, faces: Sequence[Face], wanted: Collection[int]) -> None:
        """Take in the next frame and, if that is due, look for those faces whose tracks are
        `wanted`, as far as they can be recognised. A fault leaves them unseen."""
        self._now = frame.captured
        fresh = {t: s for t, s in self._sights.items() if 0 <= self._now - s.captured <= FRESH_S}
        self._sights = fresh
        try:
            picture = self.companion.at(frame.captured)
            if picture is not None:
                self._shown = self._now
                self._search(frame, picture, faces, wanted)
        except Exception as error:
            # Whatever goes wrong here opens nothing: who is not seen there is not let in.
            self._sights = {}
            if not self._failed:
                self._failed = True
                log.error("The infrared picture could not be searched.", exc_info=error)

    def hand_over(self, track: int) -> InfraredSight | None:
        """What it showed of a face just now, once; None where that is not known."""
        return self._sights.pop(track, None)

    def _search(
        self, frame: Frame, picture: Frame, faces: Sequence[Face], wanted: Collection[int]
    ) -> None:
        sought = [face for face in faces if face.track in wanted and face.quality.usable]
        if not sought or 0 <= self._now - self._searched < EVERY_S:
            return
        self._searched = self._now
        height, width = frame.image.shape[:2]
        for face in sought:
            others = [other.box for other in faces if other is not face]
            view = self._sight.beside(picture.image, face.box, (width, height), others)
            if view is not None:
                self._sights[face.track] = InfraredSight(
                    picture.captured, view.box, view.brightness, view.around
                )
