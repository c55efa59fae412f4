"""The infrared camera at the door, on fakes."""

from collections.abc import Sequence

import numpy as np
import pytest

from accessctl.camera.fake import FakeCompanion
from accessctl.domain import Box, Face, Frame, Image, Quality
from accessctl.door.liveness_gate import InfraredView
from accessctl.vision.fake import fake_face
from accessctl.vision.second_camera import OtherView

SEEN = OtherView(Box(101, 100, 98, 118), 0.5, 0.3)
BLURRED = Quality(0.8, ("too blurred",))


class Sight:
    """Sees `view` of everybody, and remembers what it was asked."""

    def __init__(self, view: OtherView | None = SEEN) -> None:
        self.view = view
        self.fault: Exception | None = None
        self.asked: list[tuple[Box, tuple[int, int], Sequence[Box]]] = []

    def beside(
        self, image: Image, box: Box, size: tuple[int, int], others: Sequence[Box] = ()
    ) -> OtherView | None:
        assert image.shape == (90, 160, 3)
        self.asked.append((box, size, others))
        if self.fault is not None:
            raise self.fault
        return self.view


class Watched:
    """An eye that is shown frames, fifteen a second unless told otherwise."""

    def __init__(self, view: OtherView | None = SEEN) -> None:
        self.sight = Sight(view)
        self.companion = FakeCompanion(lambda _: np.zeros((90, 160, 3), np.uint8))
        self.eye = InfraredView(self.companion, self.sight)
        self.now = 0.0

    def show(self, faces: Sequence[Face], wanted: Sequence[int] = (1, 2), fps: float = 15) -> None:
        frame = Frame(np.zeros((360, 640, 3), np.uint8), self.now, 0)
        self.eye.look(frame, faces, wanted)
        self.now += 1 / fps


def test_what_it_shows_of_a_face_is_handed_over_once() -> None:
    watched = Watched()
    watched.companion.late_s = 0.05
    watched.now = 2.0
    watched.show([fake_face()])
    found = watched.eye.hand_over(1)
    assert found is not None
    assert (found.captured, found.box) == (pytest.approx(1.95), SEEN.box)
    assert (found.brightness, found.around) == (0.5, 0.3)
    assert watched.eye.hand_over(1) is None
    assert watched.sight.asked == [(fake_face().box, (640, 360), [])]


@pytest.mark.parametrize(("fps", "searched"), [(15, 5), (30, 5), (5, 5), (2, 2)])
def test_it_is_searched_five_times_a_second_at_most(fps: float, searched: int) -> None:
    watched = Watched()
    for _ in range(round(4 * fps)):
        watched.show([fake_face()], fps=fps)
    assert len(watched.sight.asked) == 4 * searched


def test_nobody_is_sought_who_is_decided_or_cannot_be_recognised() -> None:
    watched = Watched()
    for face, wanted in ((fake_face(), ()), (fake_face(quality=BLURRED), (1,))):
        watched.show([face], wanted)
    assert watched.sight.asked == []
    # Then the next frame is searched at once.
    watched.show([fake_face()])
    assert len(watched.sight.asked) == 1


def test_the_other_faces_are_told_too() -> None:
    """Also of those that are decided: their face in the infrared picture is theirs."""
    watched = Watched()
    here, there = Box(100, 100, 100, 120), Box(300, 100, 100, 120)
    faces = [fake_face(track=1, box=here), fake_face(track=2, box=there)]
    watched.show(faces, wanted=[1])
    assert watched.sight.asked == [(here, (640, 360), [there])]
    watched.now += 1
    watched.show(faces)
    assert watched.sight.asked[1:] == [(here, (640, 360), [there]), (there, (640, 360), [here])]


def test_what_cannot_be_told_is_not_handed_over() -> None:
    watched = Watched(None)
    watched.show([fake_face()])
    assert watched.eye.hand_over(1) is None
    assert not watched.eye.silent


def test_a_sight_nobody_fetched_is_dropped_when_it_is_old() -> None:
    watched = Watched()
    watched.show([fake_face()], fps=4)
    watched.show([], fps=4)
    assert watched.eye.hand_over(1) is not None
    watched.show([fake_face()], fps=2)
    watched.show([], fps=2)
    assert watched.eye.hand_over(1) is None


def test_a_camera_without_pictures_is_silent_after_a_second() -> None:
    watched = Watched()
    # Until its first picture it is silent as well.
    assert watched.eye.silent
    assert watched.eye.trouble == "It gives no picture that shows anything."
    watched.show([fake_face()])
    assert not watched.eye.silent
    # What is reported meanwhile does not matter while its pictures are of this second.
    watched.companion.error = "It was unplugged."
    assert watched.eye.trouble is None
    watched.companion.picture = lambda _: None
    silent = []
    for _ in range(5):
        watched.show([fake_face()], fps=4)
        silent.append(watched.eye.silent)
    # The last picture was of 0 s; these are of 1/15, 1/15 + 1/4 ... 1/15 + 1.
    assert silent == [False, False, False, False, True]
    assert len(watched.sight.asked) == 1
    assert watched.eye.trouble == "It was unplugged."
    watched.companion.picture = lambda _: np.zeros((90, 160, 3), np.uint8)
    watched.show([fake_face()])
    assert not watched.eye.silent


def test_a_clock_that_runs_back_is_silence_until_the_next_picture() -> None:
    watched = Watched()
    watched.now = 50.0
    watched.show([fake_face()])
    watched.now = 10.0
    watched.companion.picture = lambda _: None
    watched.show([fake_face()])
    assert watched.eye.silent
    assert watched.eye.hand_over(1) is None


def test_a_fault_leaves_them_unseen_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()
    watched.sight.fault = ValueError("a bug")
    for _ in range(8):
        watched.show([fake_face()])
    assert watched.eye.hand_over(1) is None
    assert [record.message for record in caplog.records] == [
        "The infrared picture could not be searched."
    ]
    watched.sight.fault = None
    watched.show([fake_face()], fps=5)
    watched.show([fake_face()])
    assert watched.eye.hand_over(1) is not None
