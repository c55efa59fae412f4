from dataclasses import replace

import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.domain import Box, Face, Pose, Quality
from accessctl.door.fake import FACE_BOX, portrait
from accessctl.encoder.base import FAKE_CARD, FakeEncoder, FlipAveraged
from accessctl.errors import NoFaceError, PoorFaceError, SeveralFacesError
from accessctl.recognition.recogniser import (
    ADVICE,
    Recogniser,
    bystanders,
    cut_out,
    is_rival,
    only_face,
)
from accessctl.vision.alignment import cut
from accessctl.vision.fake import fake_face
from accessctl.vision.landmarks import UPSIDE_DOWN
from accessctl.vision.quality import Measures, judge


class CountingEncoder(FakeEncoder):
    def __init__(self) -> None:
        super().__init__()
        self.batches: list[np.ndarray] = []

    def embed(self, crops):
        self.batches.append(crops)
        return super().embed(crops)


def test_it_is_the_encoder_to_the_rest_of_the_door() -> None:
    recogniser = Recogniser(FakeEncoder())
    assert recogniser.fingerprint == FAKE_CARD.fingerprint
    assert recogniser.dimension == FAKE_CARD.dimension
    assert recogniser.device == "cpu"


def test_no_face_costs_nothing() -> None:
    encoder = CountingEncoder()
    rows = Recogniser(encoder).embed(portrait(1), [])
    assert (rows.shape, rows.dtype) == ((0, FAKE_CARD.dimension), np.float32)
    assert encoder.batches == []


def test_all_faces_go_in_one_batch_cut_as_the_card_says() -> None:
    encoder = CountingEncoder()
    faces = [fake_face(box=FACE_BOX), fake_face(box=Box(60, 40, 40, 50))]
    rows = Recogniser(encoder).embed(portrait(1), faces)
    (batch,) = encoder.batches
    assert batch.shape == (2, 112, 112, 3)
    for crop, face in zip(batch, faces, strict=True):
        assert np.array_equal(crop, cut(portrait(1), face.landmarks, FAKE_CARD.crop_geometry))
    assert rows.shape == (2, FAKE_CARD.dimension)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1)


def test_the_order_of_the_faces_is_kept() -> None:
    recogniser = Recogniser(FakeEncoder())
    one, other = fake_face(box=FACE_BOX), fake_face(box=Box(60, 40, 40, 50))
    both = recogniser.embed(portrait(1), [one, other])
    swapped = recogniser.embed(portrait(1), [other, one])
    assert both[0] == pytest.approx(swapped[1])
    assert both[0] != pytest.approx(both[1])


def test_frames_of_a_visit_take_turns_where_photos_are_seen_from_both_sides() -> None:
    encoder = CountingEncoder()
    recogniser = Recogniser(FlipAveraged(encoder))
    faces = [fake_face(box=FACE_BOX), fake_face(box=Box(60, 40, 40, 50))]
    rows = recogniser.embed_crops(recogniser.crops(portrait(1), faces), [4, 7])
    (batch,) = encoder.batches
    plain = [cut(portrait(1), face.landmarks, FAKE_CARD.crop_geometry) for face in faces]
    assert np.array_equal(batch[0], plain[0])
    assert np.array_equal(batch[1], plain[1][:, ::-1])
    assert rows == pytest.approx(FakeEncoder().embed(batch))
    assert recogniser.embed(portrait(1), faces).shape == (2, FAKE_CARD.dimension)
    assert len(encoder.batches[1]) == 4


def test_a_one_sided_encoder_never_sees_a_mirror_image() -> None:
    encoder = CountingEncoder()
    recogniser = Recogniser(encoder)
    recogniser.embed_crops(recogniser.crops(portrait(1), [fake_face(box=FACE_BOX)]), [3])
    (batch,) = encoder.batches
    crop = cut(portrait(1), fake_face(box=FACE_BOX).landmarks, FAKE_CARD.crop_geometry)
    assert np.array_equal(batch[0], crop)


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
    with pytest.raises(PoorFaceError, match=r"^me\.jpg: the face is painted\.$"):
        only_face([wide(90, "painted")], "me.jpg")


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
    assert reasons | {UPSIDE_DOWN} == set(ADVICE)


def test_the_cut_out_keeps_three_quarters_of_the_face_around_it() -> None:
    image = np.arange(400 * 300).reshape(300, 400, 1).repeat(3, axis=2).astype(np.uint8)
    # Centre (200, 150), longer side 80: from 100 to the left of the centre to 100 right of it.
    face = fake_face(box=Box(170, 110, 60, 80))
    assert np.array_equal(cut_out(image, face), image[50:250, 100:300])


def test_the_cut_out_ends_at_the_edge() -> None:
    image = np.zeros((100, 120, 3), np.uint8)
    assert cut_out(image, fake_face(box=Box(-10, -10, 60, 60))).shape == (95, 95, 3)
    assert cut_out(image, fake_face(box=Box(0, 0, 120, 100))).shape == (100, 120, 3)


PHOTO = (400, 300)


def placed(x: float, width: float, y: float = 150.0, reasons: tuple[str, ...] = ()) -> Face:
    """A face whose centre is there, in a photo of 400 x 300 pixels."""
    box = Box(x - width / 2, y - width / 2, width, width)
    return fake_face(box=box, quality=Quality(0.5, reasons))


def test_a_face_twice_as_wide_as_any_other_and_nearest_the_middle_is_meant() -> None:
    meant, behind, beside = placed(210, 100), placed(340, 50), placed(30, 45)
    assert only_face([behind, meant, beside], "us.jpg", PHOTO) is meant
    assert bystanders([behind, meant, beside]) == [behind, beside]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(placed(340, 51), id="not half as wide"),
        pytest.param(placed(205, 40), id="nearer the middle"),
    ],
)
def test_where_it_is_not_plain_who_is_meant_the_photo_is_refused(other: Face) -> None:
    with pytest.raises(SeveralFacesError, match="2 faces found"):
        only_face([placed(220, 100), other], "us.jpg", PHOTO)


@pytest.mark.parametrize("reason", ADVICE)
def test_a_face_that_could_not_be_enrolled_itself_is_no_rival(reason: str) -> None:
    meant, other = placed(210, 100), placed(340, 99, reasons=(reason,))
    assert not is_rival(other)
    assert only_face([other, meant], "us.jpg", PHOTO) is meant
    # It counts where one photo must show one person, and is told of.
    assert bystanders([other, meant]) == [other]
    with pytest.raises(SeveralFacesError):
        only_face([other, meant], "us.jpg")
    # Beside one that could be, or nearer the middle, or wider, it is not plain who is meant.
    for unclear in (
        [other, meant, placed(60, 60)],
        [placed(205, 60, reasons=(reason,)), meant],
        [placed(340, 101, reasons=(reason,)), meant],
    ):
        with pytest.raises(SeveralFacesError):
            only_face(unclear, "us.jpg", PHOTO)


def test_without_the_size_of_the_photo_nobody_is_plainly_meant() -> None:
    with pytest.raises(SeveralFacesError):
        only_face([placed(200, 100), placed(340, 45)], "us.jpg")
