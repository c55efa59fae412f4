import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.encoder.card import load_card
from accessctl.training.augment import Augmentation
from accessctl.training.batches import Batches, PeopleByPhotos, Shuffled, plain_crops
from accessctl.training.faces import FaceSet


def test_an_epoch_shows_every_face_once():
    order = Shuffled(10, 3, seed=1)
    assert order.steps_per_epoch == 3
    shown = np.concatenate([order.batch(step) for step in range(3)])
    assert len(set(shown.tolist())) == 9


def test_epochs_differ_and_a_step_is_always_the_same():
    order = Shuffled(100, 50, seed=1)
    again = Shuffled(100, 50, seed=1)
    # Asked for in another order, as after a resume.
    assert again.batch(3).tolist() == order.batch(3).tolist()
    assert again.batch(0).tolist() == order.batch(0).tolist()
    assert order.batch(0).tolist() != order.batch(2).tolist()
    assert Shuffled(100, 50, seed=2).batch(0).tolist() != order.batch(0).tolist()


def people(*counts):
    return np.repeat(np.arange(len(counts)), counts).astype(np.int32)


@given(
    st.lists(st.integers(2, 9), min_size=2, max_size=8),
    st.integers(2, 4),
    st.integers(2, 4),
    st.integers(0, 3),
)
def test_batches_hold_p_people_with_k_photos(counts, wanted, photos, seed):
    person = people(*counts)
    order = PeopleByPhotos(person, wanted, photos, 6, seed)
    for step in range(2 * order.steps_per_epoch):
        batch = order.batch(step)
        _, shown = np.unique(person[batch], return_counts=True)
        assert shown.tolist() == [photos] * min(wanted, len(counts))


def test_photos_repeat_only_when_there_are_too_few():
    order = PeopleByPhotos(people(2, 5), 2, 4, 40, 1)
    batch = order.batch(0)
    assert set(batch[np.isin(batch, [0, 1])]) == {0, 1}
    rest = batch[~np.isin(batch, [0, 1])]
    assert len(set(rest.tolist())) == 4


def test_the_cap_keeps_the_much_photographed_from_filling_the_epoch():
    person = people(100, 4, 4, 4)
    # 1 group each of the three, 2 of the first: 5 groups by twos.
    assert PeopleByPhotos(person, 2, 4, 8, 1).steps_per_epoch == 2
    assert PeopleByPhotos(person, 2, 4, 100, 1).steps_per_epoch == 14


def test_the_unlabelled_and_the_lonely_are_left_out():
    person = np.array([-1, -1, -1, 0, 1, 1, 2, 2], np.int32)
    order = PeopleByPhotos(person, 2, 2, 40, 1)
    for step in range(4):
        assert set(order.batch(step).tolist()) == {4, 5, 6, 7}


@pytest.fixture
def faces():
    """Ten faces, each of one grey level, of five people; kept from a larger set."""
    return FaceSet(
        person=np.repeat(np.arange(5), 2).astype(np.int32),
        family=np.zeros(10, np.int32),
        rows=np.arange(10) + 3,
        canvas=lambda row: np.full((128, 128, 3), 10 * row, np.uint8),
    )


@pytest.fixture
def batches(faces, tiny_encoder):
    card = load_card(tiny_encoder)

    def make(start=0, strength="none"):
        return Batches(
            faces,
            Shuffled(10, 4, seed=1),
            Augmentation(card.crop_geometry, strength),
            card,
            np.arange(26, dtype=np.float32).reshape(13, 2),
            start=start,
            count=2,
            seed=1,
        )

    return make


def test_crops_and_targets_belong_together(batches):
    crops, targets = batches()[0]
    assert crops.shape == (4, 32, 32, 3)
    levels = crops[:, 0, 0, 0] * 128 + 128
    rows = np.rint(levels / 10).astype(int)
    assert targets["person"].tolist() == ((rows - 3) // 2).tolist()
    assert targets["teacher"].tolist() == [[2 * row, 2 * row + 1] for row in rows]
    assert targets["noise"].shape == (4, 4)


def test_a_later_start_gives_the_same_steps(batches):
    first, later = batches(0, "door"), batches(1, "door")
    assert len(first) == 2
    for ours, theirs in zip(first[1], later[0], strict=True):
        if isinstance(ours, dict):
            for name in ours:
                np.testing.assert_array_equal(ours[name], theirs[name])
        else:
            np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(first[0][1]["noise"], first[1][1]["noise"])


def test_plain_crops_keep_the_order(faces, tiny_encoder):
    crops = plain_crops(faces, Augmentation(load_card(tiny_encoder).crop_geometry, "door"))
    assert crops[:, 5, 5, 1].tolist() == [10 * row for row in range(3, 13)]
