import numpy as np
import pytest

from accessctl.config import Config
from accessctl.domain import Face, Frame
from accessctl.encoder.base import FAKE_CARD, FakeEncoder
from accessctl.errors import InputError
from accessctl.evaluation.trial_door import DoorParts, door_parts
from accessctl.evaluation.visits import (
    Film,
    Others,
    RememberingRecogniser,
    VisitOutcome,
    people_of_films,
    row_of,
    visits,
)
from accessctl.gallery.fake import random_units
from accessctl.recognition.recogniser import Recogniser
from accessctl.vision.fake import fake_face

IMAGE = np.zeros((120, 160, 3), np.uint8)


class Counting(Recogniser):
    """Everybody's embedding is what their mesh begins with."""

    def __init__(self) -> None:
        super().__init__(FakeEncoder(FAKE_CARD))
        self.calls = self.cut = 0

    def embed(self, image, faces):
        return np.stack([UNITS[int(face.landmarks[0, 2])] for face in faces])

    def crops(self, image, faces):
        """A crop holds nothing but whose face it is, and when it was seen."""
        own = np.zeros((len(faces), 112, 112, 3), np.uint8)
        for crop, face in zip(own, faces, strict=True):
            crop[0, 0, :2] = face.landmarks[0, 2], face.landmarks[1, 2]
        self.cut += len(faces)
        return own

    def embed_crops(self, crops, turns):
        self.calls += len(crops)
        return UNITS[crops[:, 0, 0, 0]]


UNITS = random_units(40, FAKE_CARD.dimension, seed=3)


def face_of(person: int, moment: int) -> Face:
    face = fake_face()
    landmarks = face.landmarks.copy()
    landmarks[0, 2] = person
    landmarks[1, 2] = moment
    return Face(
        box=face.box,
        score=face.score,
        presence=face.presence,
        landmarks=landmarks,
        pose=face.pose,
        quality=face.quality,
        track=1,
    )


def film(name: str, person: int, frames: int = 45) -> Film:
    shown = tuple((Frame(IMAGE, n / 15, n), face_of(person, n)) for n in range(frames))
    return Film(name, f"p{person}", shown, (UNITS[person], 0.9), (UNITS[person], 0.8))


@pytest.fixture
def parts() -> DoorParts:
    made = door_parts(Config(), None, "off")
    return DoorParts(
        RememberingRecogniser(Counting()),
        made.normaliser,
        made.calibration,
        made.policy,
        made.wanted,
        made.leave_after_s,
    )


def test_mates_are_let_in_and_strangers_are_not(parts: DoorParts) -> None:
    films = [film("a.mp4", 0), film("b.mp4", 0), film("c.mp4", 1)]
    others = Others(UNITS[10:30], np.ones(20))
    found = list(visits(films, parts, others, [5], 2, np.random.default_rng(0)))
    assert len(found) == 2 * 2 * len(films)
    assert all(one.granted is one.mate for one in found)
    assert not any(one.as_another for one in found)
    # Who is on two films is enrolled from the other one.
    assert {one.film for one in found if one.same_film} == {"c.mp4"}
    row = row_of(found, np.random.default_rng(0))
    assert (row.people, row.fpir.value, row.fpir.trials) == (5, 0, 6)
    assert row.fnir is not None
    assert row.fnir.value == 0
    assert row.apart is not None
    assert row.apart.trials == 4
    assert row.frames is not None
    assert row.frames[0] >= 2


def test_a_frame_is_cut_and_embedded_once() -> None:
    inner = Counting()
    recogniser = RememberingRecogniser(inner)
    one, other = face_of(1, 0), face_of(2, 0)
    crops = recogniser.crops(IMAGE, [one, other])
    np.testing.assert_array_equal(recogniser.crops(IMAGE, [other]), crops[1:])
    assert inner.cut == 2
    first = recogniser.embed_crops(crops, [0, 0])
    np.testing.assert_array_equal(first, UNITS[[1, 2]])
    np.testing.assert_array_equal(recogniser.embed_crops(crops[1:], [2]), first[1:])
    assert inner.calls == 2
    recogniser.embed_crops(crops[1:], [1])
    assert inner.calls == 3
    nobody = recogniser.embed_crops(recogniser.crops(IMAGE, []), [])
    assert nobody.shape == (0, FAKE_CARD.dimension)


def test_the_first_half_comes_before_the_frames_of_the_later_enrolment() -> None:
    own = film("a.mp4", 4, frames=9)
    assert [frame.sequence for frame, _ in own.first_half.shown] == [0, 1, 2, 3]


def test_too_few_to_fill_a_gallery(parts: DoorParts) -> None:
    others = Others(UNITS[:4], np.ones(4))
    with pytest.raises(InputError, match="A gallery of 9 needs as many people"):
        list(visits([film("a.mp4", 0)], parts, others, [9], 1, np.random.default_rng(0)))


def test_whoever_is_let_in_as_somebody_else_is_missed() -> None:
    def outcome(person: str, *, mate: bool, granted: bool, as_another: bool) -> VisitOutcome:
        return VisitOutcome(person, "f", 5, mate, False, granted, as_another, 1.0, 4)

    row = row_of(
        [
            outcome("a", mate=True, granted=True, as_another=True),
            outcome("b", mate=True, granted=True, as_another=False),
            outcome("a", mate=False, granted=True, as_another=True),
            outcome("b", mate=False, granted=False, as_another=False),
        ],
        np.random.default_rng(0),
    )
    assert row.fnir is not None
    assert (row.fnir.value, row.fpir.value) == (0.5, 0.5)
    assert row.seconds == (1, 1, 1)


def test_who_is_in_a_film() -> None:
    assert people_of_films(["a.mp4", "b.mp4"], {"a.mp4": "p1"}) == {"a.mp4": "p1", "b.mp4": "b.mp4"}
