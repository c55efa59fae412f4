from collections.abc import Callable, Sequence
from itertools import count
from threading import Event

from accessctl.domain import Frame
from accessctl.door.fake import FACE_BOX, FakeHouse, portrait
from accessctl.door.watch import PATIENCE_S, watch
from accessctl.vision.fake import fake_face


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


def watched(reader: Script, stop: Event | None = None, limit: float | None = None) -> list[int]:
    door = FakeHouse().door()
    steps = watch(reader, door, stop or Event(), seconds(), limit)
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
    stop, reader = Event(), Script(range(100))
    door = FakeHouse().door()
    seen = []
    for frame, _ in watch(reader, door, stop, seconds()):
        seen.append(frame.sequence)
        if frame.sequence == 1:
            stop.set()
    assert seen == [0, 1]
    assert len(reader.timeouts) == 2


def test_stopped_before_it_began() -> None:
    stop = Event()
    stop.set()
    assert watched(Script([0]), stop) == []


def test_each_frame_comes_with_what_the_door_made_of_it() -> None:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    ((frame, step),) = watch(Script([7]), house.door(), Event(), seconds())
    assert frame.sequence == 7
    assert [view.visit for view in step.faces] == ["visit-1"]
