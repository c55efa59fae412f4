from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.audit.snapshots import Snapshots
from accessctl.config import SnapshotConfig
from accessctl.domain import Box, Frame, Quality
from accessctl.door.recorder import SnapshotTaker, best_shot
from accessctl.errors import CameraError, NoFaceError, PoorFaceError
from accessctl.vision.fake import FakeObserver, fake_face

IMAGE = np.zeros((100, 200, 3), np.uint8)
IMAGE[:, :, 0] = 200


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots", b"k" * 32, SnapshotConfig())


def test_a_face_is_cut_with_its_surroundings(snapshots: Snapshots) -> None:
    photographer = SnapshotTaker(snapshots, "face")
    inside = photographer.cut(IMAGE, fake_face(box=Box(50, 40, 20, 20)))
    assert inside.shape == (36, 36, 3)
    at_the_edge = photographer.cut(IMAGE, fake_face(box=Box(-10, 90, 20, 20)))
    assert at_the_edge.shape == (18, 18, 3)


def test_a_frame_is_kept_whole(snapshots: Snapshots) -> None:
    cut = SnapshotTaker(snapshots, "frame").cut(IMAGE, fake_face(box=Box(50, 40, 20, 20)))
    assert cut.shape == IMAGE.shape


def test_what_is_taken_can_be_looked_at(snapshots: Snapshots) -> None:
    said = SnapshotTaker(snapshots, "frame").take("ab12", 1000.0, IMAGE)
    jpeg = np.frombuffer(snapshots.read(said["snapshot"]), np.uint8)
    picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR_RGB)
    assert np.abs(picture.astype(int) - IMAGE).max() <= 3
    assert len(said["snapshot_sha256"]) == 64


def test_no_picture_is_no_fault(snapshots: Snapshots, tmp_path: Path) -> None:
    photographer = SnapshotTaker(snapshots, "face")
    assert photographer.take("ab", 1.0, None) == {}
    assert photographer.take("ab", 1.0, IMAGE[:0]) == {}
    (tmp_path / "snapshots").write_text("no folder")
    assert photographer.take("ab", 1.0, IMAGE) == {"snapshot": None}


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
