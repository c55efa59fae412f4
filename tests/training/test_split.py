import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from accessctl.training.faces import UNLABELLED, FaceSet
from accessctl.training.split import capped, held_out, some_people, with_exemplars


def faces(person):
    person = np.array(person, np.int32)
    return FaceSet(person, np.zeros(len(person), np.int32), np.arange(len(person)), None)


@given(st.lists(st.integers(-1, 6), min_size=8, max_size=40), st.integers(1, 5), st.integers(0, 9))
def test_nobody_is_on_both_sides(person, wanted, seed):
    train, out = held_out(faces(person), wanted, seed)
    assert not set(train.person.tolist()) & set(out.person.tolist())
    assert sorted([*train.rows, *out.rows]) == list(range(len(person)))
    assert UNLABELLED not in out.person
    _, counts = np.unique(out.person, return_counts=True)
    assert (counts >= 2).all()
    assert len(counts) <= min(wanted, len(set(person) - {-1}) // 2)


def test_as_many_as_asked_for_and_the_same_each_time():
    everyone = faces(np.repeat(np.arange(10), 3))
    _, out = held_out(everyone, 4, 1)
    assert len(np.unique(out.person)) == 4
    assert held_out(everyone, 4, 1)[1].rows.tolist() == out.rows.tolist()
    assert held_out(everyone, 4, 2)[1].rows.tolist() != out.rows.tolist()


def test_some_people_keep_all_their_photos_and_nobody_else_stays():
    everyone = faces([0, 0, 0, 1, 2, 2, -1, 3, 3, -1, 4, 4])
    few, more = (some_people(everyone, people, 1) for people in (2, 3))
    photos = {0: 3, 2: 2, 3: 2, 4: 2}
    numbers, counts = np.unique(few.person, return_counts=True)
    assert len(numbers) == 2
    assert {int(n): int(c) for n, c in zip(numbers, counts, strict=True)}.items() <= photos.items()
    assert set(few.rows.tolist()) < set(more.rows.tolist())
    assert len(some_people(everyone, 9, 1)) == sum(photos.values())


def test_cap_keeps_the_order_and_the_unlabelled():
    shown = capped(faces([0, 0, -1, 0, 1, -1, 0, -1]), 2, 1)
    assert (np.diff(shown.rows) > 0).all()
    assert sorted(shown.person.tolist()) == [-1, -1, -1, 0, 0, 1]


def test_a_share_of_the_nameless_become_people_of_their_own():
    everyone = faces([3, -1, -1, 3, -1, -1, 0])
    made = with_exemplars(everyone, 0.5, seed=1)
    named = [0, 3, 6]
    assert made.person[named].tolist() == [3, 3, 0]
    new = sorted(int(p) for p in made.person if p > 3)
    assert new == [4, 5]
    assert (made.person == UNLABELLED).sum() == 2
    assert everyone.person.tolist() == [3, -1, -1, 3, -1, -1, 0]
    again = with_exemplars(everyone, 0.5, seed=1)
    assert again.person.tolist() == made.person.tolist()
    assert (with_exemplars(everyone, 1.0, seed=1).person >= 0).all()
    assert with_exemplars(everyone, 0.0, seed=1).person.tolist() == everyone.person.tolist()


def test_exemplars_compete_with_the_anonymous_family():
    everyone = faces([-1, 0, 0])
    everyone.family[:] = 1
    assert with_exemplars(everyone, 1.0, seed=1).family.tolist() == [0, 1, 1]
