from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonId
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import Template
from accessctl.recognition.calibration import Calibration, Yardstick
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.photo_fit import PhotoIndex

DIMENSION = 16
# The false-match rate falls tenfold with each unit of score.
YARDSTICK = Yardstick(
    Normaliser(random_units(300, DIMENSION, seed=1), 50),
    Calibration([0.0, 8.0], [0.0, -8.0], [0.0, -8.0]),
    target_fpir=1e-3,
    target_fmr=1e-4,
)
ADA, EVE, NEW = PersonId("ada"), PersonId("eve"), PersonId("new")
FACES = random_units(6, DIMENSION, seed=2)


def photo(person: PersonId, face: int, quality: float = 0.5) -> Template:
    return Template(person, FACES[face], quality, f"{person}-{face}")


def index(*photos: Template) -> PhotoIndex:
    return PhotoIndex(photos, YARDSTICK)


def test_nobody_enrolled_and_nothing_to_compare_with() -> None:
    fit = index().fit(FACES[0], None)
    assert fit.fits
    assert (fit.own, fit.other) == (None, None)


def test_the_figures_are_those_of_a_comparison_of_two_faces() -> None:
    fit = index(photo(ADA, 0), photo(EVE, 1)).fit(FACES[2], ADA)
    alone = Matcher([], YARDSTICK.normaliser, YARDSTICK.calibration)
    assert fit.own is not None
    assert fit.own.score == pytest.approx(alone.compare(FACES[2], FACES[0]).score, abs=1e-4)
    assert fit.other is not None
    assert fit.other.person == EVE
    assert fit.other.comparison.similarity == pytest.approx(float(FACES[2] @ FACES[1]), abs=1e-5)
    assert fit.needed is not None
    assert fit.needed > fit.own.similarity


def test_somebody_new_is_like_another_at_the_door_s_threshold_only() -> None:
    known = index(photo(ADA, 0))
    assert known.fit(FACES[0], None).like_another
    assert known.fit(FACES[1], None).fits
    # Halfway between Ada and a stranger the score is far below that of Ada herself.
    halfway = (FACES[0] + FACES[1]) / np.linalg.norm(FACES[0] + FACES[1])
    fit = known.fit(halfway.astype(np.float32), None)
    assert fit.other is not None
    assert fit.like_another == (fit.other.comparison.fmr_upper <= 1e-3)


def test_a_twin_s_own_photo_fits_the_nearer_one() -> None:
    twin = FACES[0] + 0.5 * FACES[1]
    twin = (twin / np.linalg.norm(twin)).astype(np.float32)
    known = PhotoIndex(
        [photo(ADA, 0), Template(EVE, twin, 0.5, "eve")],
        YARDSTICK,
    )
    assert known.fit(FACES[0], ADA).fits
    assert known.fit(twin, EVE).fits
    assert known.fit(twin, ADA).like_another


def test_a_stored_photo_is_not_compared_with_itself() -> None:
    misfit = photo(ADA, 3)
    known = index(photo(ADA, 0), photo(ADA, 0, 0.9), misfit)
    assert known.fit_of_stored(misfit).unlike_own
    assert not known.fit_of_stored(known.photos_of(ADA)[0]).unlike_own


@pytest.mark.parametrize(
    ("faces", "strays"),
    [
        ([0], []),
        ([0, 0], []),
        ([0, 3], [1]),
        ([3, 0, 0], [0]),
        ([0, 3, 3, 0], [1, 2]),
        ([0, 3, 4], [1, 2]),
    ],
)
def test_strays_are_the_photos_that_agree_with_fewer(faces: list[int], strays: list[int]) -> None:
    known = index(*(photo(ADA, face) for face in faces))
    photos = known.photos_of(ADA)
    assert [photos.index(one) for one in known.strays_of(ADA)] == strays


def test_a_look_that_one_of_many_photos_shows_is_enough() -> None:
    known = index(photo(ADA, 0), photo(ADA, 1), photo(ADA, 2), photo(ADA, 3))
    fit = known.fit(FACES[3], ADA)
    assert fit.own_fmr == pytest.approx(1e-4 / 5)
    assert fit.fits
    assert known.fit(FACES[4], ADA).unlike_own


@given(st.lists(st.tuples(st.sampled_from([ADA, EVE, NEW]), st.integers(0, 4)), max_size=8))
def test_photos_added_one_by_one_are_as_good_as_all_at_once(
    added: list[tuple[PersonId, int]],
) -> None:
    photos = [photo(person, face) for person, face in added]
    grown, whole = index(), index(*photos)
    for one in photos:
        grown.add(one)
    assert grown.people == whole.people
    for person in (ADA, None):
        one, other = (known.fit(FACES[5], person) for known in (grown, whole))
        assert one.fits == other.fits
        for mine, theirs in ((one.own, other.own), (one.other, other.other)):
            assert (mine is None) == (theirs is None)
        if one.other is not None and other.other is not None:
            assert one.other.comparison.score == pytest.approx(
                other.other.comparison.score, abs=1e-4
            )


def test_how_often_one_passes_for_another_asks_for_the_raised_threshold() -> None:
    raising = replace(
        YARDSTICK, calibration=Calibration([0.0, 8.0], [0.0, -8.0], [0.0, -8.0], pooled=1.0)
    )
    photos = [photo(ADA, 0), photo(EVE, 1), photo(EVE, 2)]
    known = PhotoIndex(photos, raising)
    mean = (FACES[1].astype(np.float64) + FACES[2]) / 2
    # The score rises by one for each power of ten.
    assert known.threshold_for(ADA, 1e-3) == pytest.approx(3)
    assert known.threshold_for(EVE, 1e-3) == pytest.approx(3 + 1 - mean @ mean, abs=1e-5)
    assert PhotoIndex(photos, YARDSTICK).threshold_for(EVE, 1e-3) == pytest.approx(3)


def test_a_photo_that_is_added_changes_the_spread_of_its_person() -> None:
    raising = replace(
        YARDSTICK, calibration=Calibration([0.0, 8.0], [0.0, -8.0], [0.0, -8.0], pooled=1.0)
    )
    grown = PhotoIndex([photo(ADA, 0)], raising)
    grown.add(photo(EVE, 1))
    grown.add(photo(EVE, 2))
    whole = PhotoIndex([photo(ADA, 0), photo(EVE, 1), photo(EVE, 2)], raising)
    for person in (ADA, EVE):
        assert grown.threshold_for(person, 1e-3) == whole.threshold_for(person, 1e-3)


def test_the_nearest_are_those_of_a_search_person_by_person() -> None:
    people = [PersonId(f"p{at}") for at in range(5)]
    known = index(*(photo(person, at) for at, person in enumerate(people)))
    alone = Matcher([], YARDSTICK.normaliser, YARDSTICK.calibration)
    scores = {person: alone.compare(FACES[5], FACES[at]).score for at, person in enumerate(people)}
    found = known.nearest(FACES[5], 3)
    assert [one.person for one in found] == sorted(people, key=scores.__getitem__, reverse=True)[:3]
    for one in found:
        assert one.comparison.score == pytest.approx(scores[one.person], abs=1e-4)
    assert len(known.nearest(FACES[5], 9)) == 5
    assert index().nearest(FACES[5], 3) == []
