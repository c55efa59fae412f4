from collections.abc import Sequence

import numpy as np
import pytest

from accessctl.domain import Frame, Quality
from accessctl.door.snapshot import best_shot
from accessctl.errors import CameraError, NoFaceError, PoorFaceError
from accessctl.vision.fake import FakeObserver, fake_face


class Script:
    """A reader and its clock: each frame, or None, takes a second to come."""

    def __init__(self, frames: Sequence[int | None]) -> None:
        self._frames = list(frames)
        self.now = 0.0

    @property
    def ended(self) -> bool:
        return not self._frames

    def next(self, timeout_s: float) -> Frame | None:
        self.now += 1.0
        value = self._frames.pop(0)
        if value is None:
            return None
        return Frame(np.full((4, 4, 3), value, np.uint8), self.now, value)

    def clock(self) -> float:
        return self.now


def good(score: float):
    return [fake_face(quality=Quality(score))]


POOR = [fake_face(quality=Quality(0.99, ("too blurred",)))]


def shot(reader: Script, photos: Sequence[object], seconds: float = 60) -> int:
    image = best_shot(reader, FakeObserver(photos=photos), reader.clock, seconds)
    return int(image[0, 0, 0])


def test_the_best_of_the_usable_frames() -> None:
    photos = [good(0.4), POOR, good(0.8), [], good(0.6)]
    assert shot(Script([1, 2, 3, 4, 5]), photos) == 3


def test_of_equals_the_first() -> None:
    assert shot(Script([1, 2]), [good(0.5), good(0.5)]) == 1


def test_it_looks_for_so_long_and_no_longer() -> None:
    reader = Script([1, None, 3, 4, 5])
    assert shot(reader, [good(0.4), good(0.5), good(0.9)], seconds=3) == 3
    assert reader.now == 3


def test_when_no_frame_will_do_the_last_one_says_why() -> None:
    with pytest.raises(PoorFaceError, match=r"^The camera: the face is blurred"):
        shot(Script([1, 2]), [[], POOR])
    with pytest.raises(NoFaceError, match=r"^The camera: no face"):
        shot(Script([1, 2]), [POOR, []])


def test_a_camera_without_a_picture() -> None:
    with pytest.raises(CameraError, match="no picture"):
        shot(Script([None, None]), [])
    with pytest.raises(CameraError, match="no picture"):
        shot(Script([]), [])
