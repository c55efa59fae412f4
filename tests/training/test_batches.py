import numpy as np
import pytest

from accessctl.encoder.card import load_card
from accessctl.training.augment.recipe import Augmentation
from accessctl.training.batches import Batches, plain_crops
from accessctl.training.faces import FaceSet
from accessctl.training.order import Shuffled


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
