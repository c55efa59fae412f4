import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config import PolicyConfig
from accessctl.domain import PersonId
from accessctl.door.fake import EPOCH, FACE_BOX, FakeHouse, portrait
from accessctl.encoder.base import FAKE_CARD
from accessctl.errors import ModelError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto, Template
from accessctl.policy.decide import rare_enough
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.pooling import pool
from accessctl.vision.fake import fake_face

UNITS = random_units(100, FAKE_CARD.dimension, seed=9)


def unit(*numbers: float) -> np.ndarray:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


COHORT = random_units(60, 8, seed=3)
NORMALISER = Normaliser(COHORT, 20)
ANN, BOB = PersonId("a"), PersonId("b")


def template(person: str, embedding: np.ndarray, quality: float = 1.0) -> Template:
    return Template(PersonId(person), embedding, quality)


def expected_score(a: np.ndarray, b: np.ndarray, neighbours: int) -> float:
    def standing(x: np.ndarray) -> tuple[float, float]:
        nearest = sorted(float(x @ other) for other in COHORT)[-neighbours:]
        return float(np.mean(nearest)), float(np.std(nearest))

    (mean_a, dev_a), (mean_b, dev_b) = standing(a), standing(b)
    s = float(a @ b)
    return ((s - mean_a) / dev_a + (s - mean_b) / dev_b) / 2


def test_nobody_enrolled(calibration: Calibration) -> None:
    matcher = Matcher([], NORMALISER, calibration)
    assert matcher.people == 0
    assert matcher.search(random_units(1, 8, 1)[0]) is None


def test_search_against_the_formula(calibration: Calibration) -> None:
    ann, bob, probe = random_units(3, 8, seed=5)
    match = Matcher([template("a", ann), template("b", bob)], NORMALISER, calibration).search(probe)
    scores = {ANN: expected_score(ann, probe, 20), BOB: expected_score(bob, probe, 20)}
    best = max(scores, key=scores.__getitem__)
    assert match is not None
    assert match.person == best
    assert match.score == pytest.approx(scores[best], rel=1e-4)
    assert match.similarity == pytest.approx(float({ANN: ann, BOB: bob}[best] @ probe), rel=1e-5)
    assert match.margin == pytest.approx(abs(scores[ANN] - scores[BOB]), rel=1e-4)
    assert match.fmr == calibration.fmr(match.score)
    assert match.fmr_upper == calibration.fmr_upper(match.score)


def test_the_only_person_has_no_rival(calibration: Calibration) -> None:
    ann = random_units(1, 8, 5)[0]
    match = Matcher([template("a", ann)], NORMALISER, calibration).search(ann)
    assert match is not None
    assert match.margin == math.inf
    assert match.similarity == pytest.approx(1, abs=1e-6)


def test_photos_of_one_person_are_pooled_by_quality(calibration: Calibration) -> None:
    one, two = unit(1, *[0] * 7), unit(0, 1, *[0] * 6)
    pooled = unit(0.6, 0.8, *[0] * 6)
    matcher = Matcher([template("a", one, 0.3), template("a", two, 0.4)], NORMALISER, calibration)
    assert matcher.people == 1
    match = matcher.search(pooled)
    assert match is not None
    assert match.similarity == pytest.approx(1, abs=1e-6)
    # Photos of one person are no rivals of each other.
    assert match.margin == math.inf


def test_compare_is_symmetric_and_follows_the_formula(calibration: Calibration) -> None:
    a, b = random_units(2, 8, seed=7)
    matcher = Matcher([], NORMALISER, calibration)
    there, back = matcher.compare(a, b), matcher.compare(b, a)
    assert there.score == pytest.approx(expected_score(a, b, 20), rel=1e-4)
    assert back.score == pytest.approx(there.score, rel=1e-5)
    assert there.fmr == calibration.fmr(there.score)


def test_threshold_is_the_calibrations(calibration: Calibration) -> None:
    assert Matcher([], NORMALISER, calibration).threshold(0.01) == calibration.threshold(0.01)


@settings(deadline=None, max_examples=30)
@given(people=st.integers(1, 12), seed=st.integers(0, 1000))
def test_one_more_person_never_lowers_the_best_score(people: int, seed: int) -> None:
    calibration = Calibration([0, 9], [0, -9], [0, -8])
    faces = random_units(people + 2, 8, seed)
    templates = [template(str(i), face) for i, face in enumerate(faces[:-1])]
    fewer = Matcher(templates[:-1], NORMALISER, calibration).search(faces[-1])
    more = Matcher(templates, NORMALISER, calibration).search(faces[-1])
    assert fewer is not None
    assert more is not None
    # Blocks of other sizes may be summed in another order.
    assert more.score >= fewer.score - 1e-3


def test_templates_of_another_encoder(calibration: Calibration) -> None:
    with pytest.raises(ModelError, match="do not have the 8 numbers"):
        Matcher([template("a", random_units(1, 16, 1)[0])], NORMALISER, calibration)


def test_the_similarity_that_a_pair_needs_for_a_score(calibration: Calibration) -> None:
    a, b = random_units(2, 8, seed=7)
    found = Matcher([], NORMALISER, calibration).compare(a, b)
    # At its own score the pair needs its own similarity; one score higher, 1 / slope more.
    assert found.similarity_at(found.score) == pytest.approx(found.similarity, abs=1e-6)
    needed = found.similarity_at(found.score + 1)
    assert needed - found.similarity == pytest.approx(1 / found.slope, rel=1e-5)


def test_pairs_of_enrolled_people_who_look_alike(calibration: Calibration) -> None:
    faces = random_units(5, 8, seed=11)
    near = unit(*(faces[0] + 0.2 * faces[3]))
    templates = [template(name, face) for name, face in zip("abcde", faces, strict=True)]
    matcher = Matcher([*templates, template("twin", near)], NORMALISER, calibration)
    everybody = [*faces, near]
    names = [*"abcde", "twin"]
    expected = {
        (names[i], names[j])
        for i in range(6)
        for j in range(i + 1, 6)
        if expected_score(everybody[i], everybody[j], 20) >= calibration.threshold(0.3)
    }
    found = {
        (pair.person, pair.other): pair.comparison.similarity for pair in matcher.pairs_within(0.3)
    }
    assert set(found) == expected
    assert found[PersonId("a"), PersonId("twin")] == pytest.approx(float(faces[0] @ near), abs=1e-6)


def test_pairs_are_found_once_each_however_far_apart_they_lie(calibration: Calibration) -> None:
    faces = random_units(1100, 64, seed=3)
    faces[[600, 1099]], faces[1020] = faces[1], faces[1019]
    normaliser = Normaliser(random_units(300, 64, seed=4), 20)
    templates = [template(f"{n}", face) for n, face in enumerate(faces)]
    matcher = Matcher(templates, normaliser, calibration)
    near = list(matcher.pairs_within(1e-4))
    assert len({(pair.person, pair.other) for pair in near}) == len(near)
    found = [(one.person, one.other) for one in near if one.comparison.similarity > 0.99]
    assert sorted(found) == sorted([("1", "600"), ("1", "1099"), ("600", "1099"), ("1019", "1020")])


def test_no_pairs_below_what_the_table_knows(calibration: Calibration) -> None:
    face = random_units(1, 8, seed=1)[0]
    matcher = Matcher([template("a", face), template("b", face)], NORMALISER, calibration)
    assert list(matcher.pairs_within(1e-9)) == []


TENFOLD = Calibration([-10.0, 10.0], [0.0, -10.0], [0.0, -9.0], pooled=2.0)


def axis(place: int) -> np.ndarray:
    return np.eye(8, dtype=np.float32)[place]


def test_rates_rise_with_the_spread_of_both_sides() -> None:
    ann = [template("a", axis(0)), template("a", axis(1))]
    probe = pool(np.stack([axis(0), axis(1), axis(2), axis(3)]), np.ones(4))
    corrected, plain = (
        Matcher(ann, NORMALISER, calibration).search(probe)
        for calibration in (TENFOLD, Calibration([-10.0, 10.0], [0.0, -10.0], [0.0, -9.0]))
    )
    assert corrected is not None
    assert plain is not None
    # The means' squared lengths are 1/2 and 1/4, so the exponent is 2 (1/2 + 3/4).
    assert corrected.raised == pytest.approx(2.5)
    assert (corrected.score, corrected.margin) == (plain.score, plain.margin)
    assert plain.fmr < 10**-2.5
    assert corrected.fmr == pytest.approx(plain.fmr * 10**2.5)
    assert corrected.fmr_upper == pytest.approx(min(1, plain.fmr_upper * 10**2.5))


def test_a_single_photo_is_not_corrected() -> None:
    ann, probe = random_units(2, 8, seed=5)
    uncorrected = Calibration([-10.0, 10.0], [0.0, -10.0], [0.0, -9.0])
    templates = [template("a", ann, 0.3)]
    alone = pool(probe[None], np.array([0.37]))
    for shown in (probe, alone):
        found = Matcher(templates, NORMALISER, TENFOLD).search(shown)
        assert found is not None
        assert found.raised == 0
        assert found == Matcher(templates, NORMALISER, uncorrected).search(shown)


def test_who_is_best_does_not_depend_on_the_correction() -> None:
    faces = random_units(6, 8, seed=11)
    templates = [template("a", faces[0]), template("a", faces[1]), template("b", faces[2])]
    for face in faces[3:]:
        found = Matcher(templates, NORMALISER, TENFOLD).search(face)
        plain = Matcher(templates, NORMALISER, Calibration([-10, 10], [0, -10], [0, -9]))
        without = plain.search(face)
        assert found is not None
        assert without is not None
        assert (found.person, found.score) == (without.person, without.score)


def test_against_one_person_and_in_a_comparison_rates_are_raised_alike() -> None:
    ann = [template("a", axis(0)), template("a", axis(1))]
    both = pool(np.stack([axis(0), axis(2)]), np.ones(2))
    matcher = Matcher(ann, NORMALISER, TENFOLD)
    searched, (claimed,) = matcher.search(both), matcher.against(ANN, [both])
    assert searched is not None
    compared = matcher.compare(both, pool(np.stack([axis(0), axis(1)]), np.ones(2)))
    assert claimed is not None
    assert compared.raised == claimed.raised == searched.raised == pytest.approx(2)
    assert searched.fmr_upper == pytest.approx(claimed.fmr_upper, rel=1e-4)
    assert compared.fmr_upper == pytest.approx(claimed.fmr_upper, rel=1e-4)


def test_pairs_that_look_alike_are_those_whose_raised_rate_is_low() -> None:
    templates = [template("a", axis(0)), template("a", axis(1)), template("b", axis(0))]
    matcher = Matcher(templates, NORMALISER, TENFOLD)
    (pair,) = matcher.pairs_within(1.0)
    assert pair.comparison.raised == pytest.approx(1)
    rate = pair.comparison.fmr_upper
    assert [one.comparison.fmr_upper for one in matcher.pairs_within(rate * 1.01)] == [rate]
    # By the score alone it would be there: unraised, its rate is a tenth.
    assert pair.comparison.score >= matcher.threshold(rate * 0.5)
    assert list(matcher.pairs_within(rate * 0.5)) == []


def test_the_rate_of_one_comparison_shrinks_with_the_number_of_people() -> None:
    house = FakeHouse()
    target = house.policy.target_fpir
    assert house.roster().max_fmr == pytest.approx(target)
    house.enrol("Ada", 1)
    assert house.roster().max_fmr == pytest.approx(target)
    house.enrol("Bea", 2)
    # Two people: 1 - (1 - p)^2 = target.
    assert house.roster().max_fmr == pytest.approx(1 - math.sqrt(1 - target))


def test_a_photo_may_spend_the_whole_rate_and_an_attempt_at_a_door_its_part() -> None:
    house = FakeHouse(policy=PolicyConfig(target_fpir=0.004, attempts=4))
    house.enrol("Ada", 1)
    roster = house.roster()
    assert (roster.max_fmr, roster.attempt_fmr) == pytest.approx((0.004, 0.001))
    assert roster.yardstick(1e-4).target_fpir == 0.004
    roster.retarget(PolicyConfig(target_fpir=0.02, attempts=2))
    assert (roster.max_fmr, roster.attempt_fmr) == pytest.approx((0.02, 0.01))


def crowd(house: FakeHouse, people: int) -> None:
    for person in range(people):
        house.gallery.add_person(
            f"Person {person}",
            NewPhoto(
                jpeg=b"jpeg",
                embedding=UNITS[person],
                fingerprint=FAKE_CARD.fingerprint,
                quality=0.9,
                added=EPOCH,
            ),
        )


# The fake's table ends at 1e-8, which is 1e-6 over 100 people, and over 50 in each of two attempts.
@pytest.mark.parametrize(("attempts", "people"), [(1, 99), (2, 49)])
def test_from_some_number_of_people_on_nobody_is_let_in_and_that_is_said(
    attempts: int, people: int, caplog: pytest.LogCaptureFixture
) -> None:
    house = FakeHouse(policy=PolicyConfig(target_fpir=1e-6, attempts=attempts))
    crowd(house, people)
    roster = house.roster()
    assert roster.beyond_calibration is None
    house.enrol("One more", 1)
    house.enrol("And another", 2)
    assert roster.refresh() is True
    said = roster.beyond_calibration
    assert said is not None
    assert said.startswith(f"Nobody can be let in with {people + 2} people enrolled: ")
    assert "raise policy.target_fpir, lower policy.attempts, or give" in said
    assert said in caplog.text
    probe = house.recogniser.embed(portrait(1), [fake_face(box=FACE_BOX)])[0]
    match = roster.matcher.search(probe)
    assert match is not None
    assert not rare_enough(match.fmr_upper, roster.attempt_fmr)
    roster.retarget(PolicyConfig(target_fpir=1e-3))
    assert roster.beyond_calibration is None
    assert rare_enough(match.fmr_upper, roster.attempt_fmr)


def test_one_person_alone_is_compared_by_the_same_formula(calibration: Calibration) -> None:
    ann, bob, one, two = random_units(4, 8, seed=5)
    matcher = Matcher([template("a", ann), template("b", bob)], NORMALISER, calibration)
    found = matcher.against(BOB, [one, two])
    for probe, match in zip((one, two), found, strict=True):
        assert match is not None
        assert (match.person, match.margin) == (BOB, math.inf)
        assert match.score == pytest.approx(expected_score(bob, probe, 20), rel=1e-4)
        assert match.similarity == pytest.approx(float(bob @ probe), rel=1e-5)
        assert match.fmr == calibration.fmr(match.score)
        assert match.fmr_upper == calibration.fmr_upper(match.score)
    assert matcher.against(PersonId("gone"), [one, two]) == [None, None]


def test_a_comparison_with_one_does_not_depend_on_the_others(calibration: Calibration) -> None:
    ann, bob, probe = random_units(3, 8, seed=6)
    both = Matcher([template("a", ann), template("b", bob)], NORMALISER, calibration)
    alone = Matcher([template("a", ann)], NORMALISER, calibration)
    assert both.against(ANN, [probe]) == alone.against(ANN, [probe])
    assert alone.against(ANN, [probe]) == [alone.search(probe)]


def test_above_the_limit_the_rate_is_that_of_a_badge(caplog: pytest.LogCaptureFixture) -> None:
    house = FakeHouse(policy=PolicyConfig(target_fpir=1e-6, target_fmr=3e-4, identify_up_to=98))
    crowd(house, 99)
    roster = house.roster()
    assert roster.badge_required
    assert roster.attempt_fmr == pytest.approx(1e-4)
    # Nobody is searched, so that no calibration is too short for so many.
    assert roster.beyond_calibration is None
    assert "(98)" in (roster.badge_notice or "")
    roster.retarget(PolicyConfig(identify_up_to=99))
    assert not roster.badge_required
    assert "with more than 99" in (roster.badge_notice or "")
    roster.retarget(PolicyConfig(identify_up_to=1000))
    assert roster.badge_notice is None
