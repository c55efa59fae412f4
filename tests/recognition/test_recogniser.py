import numpy as np
import pytest

from accessctl.domain import Box
from accessctl.door.fake import FACE_BOX, portrait
from accessctl.encoder.base import FlipAveraged
from accessctl.encoder.fake import FAKE_CARD, FakeEncoder
from accessctl.recognition.recogniser import Recogniser
from accessctl.vision.alignment import cut
from accessctl.vision.fake import fake_face


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
    rows = recogniser.embed_frame(portrait(1), faces, [4, 7])
    (batch,) = encoder.batches
    plain = [cut(portrait(1), face.landmarks, FAKE_CARD.crop_geometry) for face in faces]
    assert np.array_equal(batch[0], plain[0])
    assert np.array_equal(batch[1], plain[1][:, ::-1])
    assert rows == pytest.approx(FakeEncoder().embed(batch))
    assert recogniser.embed(portrait(1), faces).shape == (2, FAKE_CARD.dimension)
    assert len(encoder.batches[1]) == 4


def test_a_one_sided_encoder_never_sees_a_mirror_image() -> None:
    encoder = CountingEncoder()
    Recogniser(encoder).embed_frame(portrait(1), [fake_face(box=FACE_BOX)], [3])
    (batch,) = encoder.batches
    crop = cut(portrait(1), fake_face(box=FACE_BOX).landmarks, FAKE_CARD.crop_geometry)
    assert np.array_equal(batch[0], crop)
