"""The frames of a session, one after the other, and the best of a few seconds."""

import threading
from collections.abc import Callable, Sequence
from itertools import count

import numpy as np
import pytest

from accessctl.domain import Frame, Quality
from accessctl.door.fake import FACE_BOX, FakeHouse, portrait
from accessctl.door.session import watch
from accessctl.door.shot import PATIENCE_S, best_shot
from accessctl.errors import CameraError, NoFaceError, PoorFaceError
from accessctl.vision.fake import FakeObserver, fake_face


class Script:
    """Hands out frames by number; None stands for a wait in vain."""

    def __init__(self, numbers: Sequence[int | None], endless: bool = False) -> None:
        self._numbers = list(numbers)
        self._endless = endless
        self.timeouts: list[float] = []

    @property
    def ended(self) -> bool:
        return not self._numbers and not self._endless

    def next(self, timeout_s: float) -> Frame | None:
        self.timeouts.append(timeout_s)
        number = self._numbers.pop(0) if self._numbers else None
        return None if number is None else Frame(portrait(1), number / 10, number)


def seconds() -> Callable[[], float]:
    ticks = count()
    return lambda: float(next(ticks))


def watched(
    reader: Script, stop: threading.Event | None = None, limit: float | None = None
) -> list[int]:
    door = FakeHouse().door()
    steps = watch(reader, door, stop or threading.Event(), seconds(), limit)
    return [frame.sequence for frame, _ in steps]


def test_every_frame_in_order_until_the_feed_ends() -> None:
    assert watched(Script([0, 1, 2])) == [0, 1, 2]


def test_waiting_in_vain_is_not_the_end() -> None:
    reader = Script([0, None, None, 3])
    assert watched(reader) == [0, 3]
    assert set(reader.timeouts) == {PATIENCE_S}


def test_it_ends_after_so_many_seconds_frames_or_not() -> None:
    # The clock ticks once a look: read at 0, then a frame each at 1, 2 and 3.
    assert watched(Script(range(100)), limit=4) == [0, 1, 2]
    assert watched(Script([], endless=True), limit=4) == []


def test_a_signal_ends_it_before_the_next_frame() -> None:
    stop, reader = threading.Event(), Script(range(100))
    door = FakeHouse().door()
    seen = []
    for frame, _ in watch(reader, door, stop, seconds()):
        seen.append(frame.sequence)
        if frame.sequence == 1:
            stop.set()
    assert seen == [0, 1]
    assert len(reader.timeouts) == 2


def test_stopped_before_it_began() -> None:
    stop = threading.Event()
    stop.set()
    assert watched(Script([0]), stop) == []


def test_each_frame_comes_with_what_the_door_made_of_it() -> None:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    ((frame, step),) = watch(Script([7]), house.door(), threading.Event(), seconds())
    assert frame.sequence == 7
    assert [view.visit for view in step.faces] == ["visit-1"]


class ShotScript:
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


def shot(reader: ShotScript, photos: Sequence[object], seconds: float = 60) -> int:
    image = best_shot(reader, FakeObserver(photos=photos), reader.clock, seconds)
    return int(image[0, 0, 0])


def test_the_best_of_the_usable_frames() -> None:
    photos = [good(0.4), POOR, good(0.8), [], good(0.6)]
    assert shot(ShotScript([1, 2, 3, 4, 5]), photos) == 3


def test_of_equals_the_first() -> None:
    assert shot(ShotScript([1, 2]), [good(0.5), good(0.5)]) == 1


def test_it_looks_for_so_long_and_no_longer() -> None:
    reader = ShotScript([1, None, 3, 4, 5])
    assert shot(reader, [good(0.4), good(0.5), good(0.9)], seconds=3) == 3
    assert reader.now == 3


def test_when_no_frame_will_do_the_last_one_says_why() -> None:
    with pytest.raises(PoorFaceError, match=r"^The camera: the face is blurred"):
        shot(ShotScript([1, 2]), [[], POOR])
    with pytest.raises(NoFaceError, match=r"^The camera: no face"):
        shot(ShotScript([1, 2]), [POOR, []])


def test_a_camera_without_a_picture() -> None:
    with pytest.raises(CameraError, match="no picture"):
        shot(ShotScript([None, None]), [])
    with pytest.raises(CameraError, match="no picture"):
        shot(ShotScript([]), [])
