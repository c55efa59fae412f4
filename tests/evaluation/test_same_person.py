import numpy as np

from accessctl.evaluation.same_person import FEW, Suspect, once_each, suspects
from accessctl.gallery.fake import random_units


def test_two_photos_of_one_person_are_found_among_strangers() -> None:
    faces = random_units(200, 64, seed=0)
    faces[150] = faces[3] + 0.3 * faces[150]
    faces[150] /= np.linalg.norm(faces[150])
    found = suspects([faces])
    assert [(one.first, one.second) for one in found] == [(3, 150)]


def test_people_who_all_look_alike_are_not_taken_for_one() -> None:
    faces = random_units(200, 64, seed=1) + 3 * random_units(1, 64, seed=2)
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    assert (faces @ faces.T).min() > 0.7
    assert len(suspects([faces])) <= 1


def test_every_part_has_its_say() -> None:
    one, other = random_units(100, 32, seed=3), random_units(100, 32, seed=4)
    one[7] = one[8]
    by_one = suspects([one])
    by_both = suspects([one, other])
    assert [(pair.first, pair.second) for pair in by_one] == [(7, 8)]
    assert all(pair.score < by_one[0].score for pair in by_both)


def test_of_a_small_group_nothing_is_said() -> None:
    faces = random_units(FEW - 1, 16, seed=5)
    faces[1] = faces[0]
    assert suspects([faces]) == []


def test_the_fewest_are_left_out() -> None:
    star = [Suspect(5, other, 1.0) for other in (1, 2, 3)]
    assert once_each(star) == {5}
    assert once_each([Suspect(1, 2, 1.0)]) == {2}
    assert len(once_each([Suspect(1, 2, 1.0), Suspect(2, 3, 1.0), Suspect(1, 3, 1.0)])) == 2
    assert once_each([]) == set()
