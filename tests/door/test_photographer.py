from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.audit.snapshots import Snapshots
from accessctl.config import SnapshotConfig
from accessctl.domain import Box
from accessctl.door.photographer import Photographer
from accessctl.vision.fake import fake_face

IMAGE = np.zeros((100, 200, 3), np.uint8)
IMAGE[:, :, 0] = 200


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots", b"k" * 32, SnapshotConfig())


def test_a_face_is_cut_with_its_surroundings(snapshots: Snapshots) -> None:
    photographer = Photographer(snapshots, "face")
    inside = photographer.cut(IMAGE, fake_face(box=Box(50, 40, 20, 20)))
    assert inside.shape == (36, 36, 3)
    at_the_edge = photographer.cut(IMAGE, fake_face(box=Box(-10, 90, 20, 20)))
    assert at_the_edge.shape == (18, 18, 3)


def test_a_frame_is_kept_whole(snapshots: Snapshots) -> None:
    cut = Photographer(snapshots, "frame").cut(IMAGE, fake_face(box=Box(50, 40, 20, 20)))
    assert cut.shape == IMAGE.shape


def test_what_is_taken_can_be_looked_at(snapshots: Snapshots) -> None:
    said = Photographer(snapshots, "frame").take("ab12", 1000.0, IMAGE)
    jpeg = np.frombuffer(snapshots.read(said["snapshot"]), np.uint8)
    picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR_RGB)
    assert np.abs(picture.astype(int) - IMAGE).max() <= 3
    assert len(said["snapshot_sha256"]) == 64


def test_no_picture_is_no_fault(snapshots: Snapshots, tmp_path: Path) -> None:
    photographer = Photographer(snapshots, "face")
    assert photographer.take("ab", 1.0, None) == {}
    assert photographer.take("ab", 1.0, IMAGE[:0]) == {}
    (tmp_path / "snapshots").write_text("no folder")
    assert photographer.take("ab", 1.0, IMAGE) == {"snapshot": None}
