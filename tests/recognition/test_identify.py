import numpy as np
import pytest

from accessctl.domain import Box, Image, Quality
from accessctl.door.fake import FACE_BOX, FakeHouse, portrait
from accessctl.errors import NoFaceError, SeveralFacesError
from accessctl.recognition.identify import embed_portrait, identify, stack, verify
from accessctl.vision.fake import fake_face

ADA, BEA, EVE = 1, 2, 3
RIGHT_BOX = Box(FACE_BOX.x + 120, FACE_BOX.y, FACE_BOX.w, FACE_BOX.h)


def side_by_side(left: int, right: int) -> Image:
    return np.concatenate([portrait(left), portrait(right)], axis=1)


def look(house: FakeHouse, image: Image, min_margin: float = 0.5):
    return identify(image, house.observer, house.recogniser, house.roster(), min_margin)


def test_every_face_is_named_from_left_to_right() -> None:
    house = FakeHouse()
    ada, bea = house.enrol("Ada", ADA), house.enrol("Bea", BEA)
    house.observer.faces = [fake_face(box=RIGHT_BOX), fake_face(box=FACE_BOX)]
    found = look(house, side_by_side(BEA, ADA))
    assert [one.person for one in found] == [bea, ada]
    assert [one.face.box for one in found] == [FACE_BOX, RIGHT_BOX]


def test_a_stranger_has_a_nearest_but_no_name() -> None:
    house = FakeHouse()
    ada = house.enrol("Ada", ADA)
    house.observer.faces = [fake_face(box=FACE_BOX)]
    (one,) = look(house, portrait(EVE))
    assert one.person is None
    assert one.match is not None
    assert one.match.person == ada
    assert one.match.fmr_upper > house.roster().max_fmr
    assert one.reason == "no_match"


def test_with_nobody_enrolled_there_is_no_nearest() -> None:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    (one,) = look(house, portrait(ADA))
    assert (one.person, one.match, one.reason) == (None, None, "no_match")


def test_a_poor_face_is_never_named() -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    house.observer.faces = [fake_face(box=FACE_BOX, quality=Quality(0.1, ("too far",)))]
    (one,) = look(house, portrait(ADA))
    assert one.person is None
    assert one.match is not None
    assert one.match.similarity == pytest.approx(1)
    assert one.reason == "poor_quality"


def test_two_who_are_alike_are_not_told_apart() -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    house.enrol("Her twin", ADA)
    house.observer.faces = [fake_face(box=FACE_BOX)]
    (one,) = look(house, portrait(ADA))
    assert one.match is not None
    assert one.match.margin == pytest.approx(0, abs=1e-5)
    assert (one.person, one.reason) == (None, "ambiguous")
    named = look(house, portrait(ADA), min_margin=0)[0]
    assert named.person is not None
    assert named.reason is None


def test_an_empty_picture() -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    assert look(house, portrait(ADA)) == []


def test_a_portrait_becomes_the_embedding_of_its_face() -> None:
    house = FakeHouse()
    face = fake_face(box=FACE_BOX)
    house.observer.faces = [face]
    embedding = embed_portrait(portrait(ADA), "a", house.observer, house.recogniser)
    assert embedding == pytest.approx(house.recogniser.embed(portrait(ADA), [face])[0])
    house.observer.faces = []
    with pytest.raises(NoFaceError, match=r"^a: "):
        embed_portrait(portrait(ADA), "a", house.observer, house.recogniser)
    house.observer.faces = [face, face]
    with pytest.raises(SeveralFacesError, match=r"^a: "):
        embed_portrait(portrait(ADA), "a", house.observer, house.recogniser)


def test_missing_embeddings_are_rows_of_nan() -> None:
    rows = stack([np.array([1, 0], np.float32), None], 2)
    assert rows.dtype == np.float32
    assert rows[0].tolist() == [1, 0]
    assert np.isnan(rows[1]).all()
    assert stack([None], 3).shape == (1, 3)
    assert stack([], 3).shape == (0, 3)


def test_two_faces_are_of_one_person_by_the_upper_bound_of_their_rate() -> None:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    ada, eve = (
        house.recogniser.embed(portrait(one), house.observer.faces)[0] for one in (ADA, EVE)
    )
    mixed = ada + 0.7 * eve
    like_ada = (mixed / np.linalg.norm(mixed)).astype(np.float32)
    matcher = house.roster().matcher
    compared = matcher.compare(ada, like_ada)
    assert 1e-8 < compared.fmr_upper < 1
    for target in (compared.fmr_upper * 1.001, compared.fmr_upper * 0.999):
        found = verify(ada, like_ada, matcher, target)
        assert found.same is (target > compared.fmr_upper)
        assert (found.similarity, found.fmr) == (compared.similarity, compared.fmr)
        assert found.same is (found.similarity >= found.threshold)
    assert verify(ada, ada, matcher, 1e-5).same
    assert not verify(ada, eve, matcher, 0.5).same
