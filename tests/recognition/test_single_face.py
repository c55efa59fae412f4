from dataclasses import replace

import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.domain import Box, Pose, Quality
from accessctl.errors import NoFaceError, PoorFaceError, SeveralFacesError
from accessctl.recognition.single_face import ADVICE, cut_out, only_face
from accessctl.vision.fake import fake_face
from accessctl.vision.quality import Measures, judge


def wide(width: float, *reasons: str):
    return fake_face(box=Box(0, 0, width, width), quality=Quality(0.5, reasons))


def test_one_face_is_the_one() -> None:
    face = wide(90)
    assert only_face([face], "me.jpg") is face


def test_no_face_names_the_photo() -> None:
    with pytest.raises(NoFaceError, match=r"^me\.jpg: no face found; use .*\.$"):
        only_face([], "me.jpg")


@pytest.mark.parametrize("count", [2, 3])
def test_several_faces_are_counted(count: int) -> None:
    with pytest.raises(SeveralFacesError, match=rf"^us\.jpg: {count} faces found; "):
        only_face([wide(90)] * count, "us.jpg")


def test_small_faces_in_the_background_do_not_matter() -> None:
    face = wide(90)
    assert only_face([wide(29.9), face, wide(10)], "me.jpg") is face
    # From a third of the width on it is unclear who is meant.
    with pytest.raises(SeveralFacesError, match="2 faces"):
        only_face([wide(30), face], "me.jpg")


def test_a_rival_counts_even_when_its_face_is_of_no_use() -> None:
    with pytest.raises(SeveralFacesError):
        only_face([wide(90), wide(80, "too blurred")], "us.jpg")


@pytest.mark.parametrize(("reason", "advice"), ADVICE.items())
def test_a_poor_face_says_why_and_what_to_do(reason: str, advice: str) -> None:
    with pytest.raises(PoorFaceError) as caught:
        only_face([wide(90, reason, "other")], "me.jpg")
    assert str(caught.value) == f"me.jpg: {advice}."
    assert "; use a" in advice


def test_a_reason_nobody_thought_of_is_told_all_the_same() -> None:
    with pytest.raises(PoorFaceError, match=r"^me\.jpg: the face is upside down\.$"):
        only_face([wide(90, "upside down")], "me.jpg")


def test_there_is_advice_for_every_reason_that_vision_gives() -> None:
    config = VisionConfig()
    dreadful = Measures(
        width=5, presence=0, sharpness=0, brightness=0, outside=1, pose=Pose(89, 89, 0)
    )
    reasons = {
        *judge(dreadful, config).reasons,
        *judge(replace(dreadful, brightness=1), config).reasons,
    }
    assert len(reasons) == 7
    assert reasons == set(ADVICE)


def test_the_cut_out_keeps_three_quarters_of_the_face_around_it() -> None:
    image = np.arange(400 * 300).reshape(300, 400, 1).repeat(3, axis=2).astype(np.uint8)
    # Centre (200, 150), longer side 80: from 100 to the left of the centre to 100 right of it.
    face = fake_face(box=Box(170, 110, 60, 80))
    assert np.array_equal(cut_out(image, face), image[50:250, 100:300])


def test_the_cut_out_ends_at_the_edge() -> None:
    image = np.zeros((100, 120, 3), np.uint8)
    assert cut_out(image, fake_face(box=Box(-10, -10, 60, 60))).shape == (95, 95, 3)
    assert cut_out(image, fake_face(box=Box(0, 0, 120, 100))).shape == (100, 120, 3)
