from pathlib import Path

import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.domain import Box, Image
from accessctl.errors import ModelError
from accessctl.vision.detector import Detection, full_range, short_range

OPENERS = [short_range, full_range]


@pytest.mark.parametrize("opener", OPENERS)
def test_the_face_is_found_with_its_eyes(opener, vision_config: VisionConfig, hopper: Image):
    detector = opener(vision_config.models, 0.3)
    (found,) = detector.detect(hopper)
    x, y = found.box.centre
    assert (x, y) == pytest.approx((265, 240), abs=20)
    assert found.box.w == pytest.approx(195, abs=20)
    assert found.score > 0.5
    assert found.keypoints.shape == (6, 2)
    assert found.keypoints[0] == pytest.approx([222, 190], abs=12)
    assert found.keypoints[1] == pytest.approx([308, 188], abs=12)
    detector.close()


@pytest.mark.parametrize("opener", OPENERS)
def test_nothing_is_found_where_nobody_is(opener, vision_config: VisionConfig):
    detector = opener(vision_config.models, 0.3)
    assert detector.detect(np.full((300, 500, 3), 90, np.uint8)) == []
    detector.close()


def test_a_view_into_a_larger_frame_will_do(vision_config: VisionConfig, hopper: Image):
    detector = short_range(vision_config.models, 0.3)
    part = hopper[100:400, 100:420]
    assert not part.flags.c_contiguous
    (found,) = detector.detect(part)
    assert found.box.centre == pytest.approx((165, 150), abs=25)
    detector.close()


@pytest.mark.parametrize("opener", OPENERS)
def test_a_missing_file_says_what_to_do(opener, tmp_path: Path):
    with pytest.raises(ModelError, match=r"\.tflite is missing; run `accessctl models fetch`\.$"):
        opener(tmp_path, 0.3)


def test_a_broken_file_says_what_to_do(tmp_path: Path):
    (tmp_path / "face_detection_short_range.tflite").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="not a usable face detector; run `accessctl models"):
        short_range(tmp_path, 0.3)


def test_a_detection_moves_and_grows_with_its_keypoints():
    detection = Detection(Box(10, 20, 30, 40), 0.5, np.full((6, 2), (15, 25), np.float32))
    changed = detection.shifted(5, -10).scaled(2)
    assert changed.box == Box(30, 20, 60, 80)
    assert changed.keypoints.tolist() == [[40, 30]] * 6
    assert changed.score == 0.5
