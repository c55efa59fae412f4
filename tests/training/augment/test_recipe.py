import numpy as np
import pytest

from accessctl.evaluation.pack import cut_canvas
from accessctl.training.augment.recipe import DOOR, Augmentation


def test_none_only_cuts(face, geometry, draw):
    np.testing.assert_array_equal(
        Augmentation(geometry, "none").crop(face, draw), cut_canvas(face, geometry)
    )


@pytest.mark.parametrize("strength", ["light", "door"])
def test_the_same_draw_gives_the_same_crop(strength, face, geometry):
    made = [Augmentation(geometry, strength).crop(face, np.random.default_rng(5)) for _ in range(2)]
    np.testing.assert_array_equal(*made)
    assert made[0].shape == (100, 100, 3)
    assert made[0].dtype == np.uint8


@pytest.mark.parametrize("strength", ["light", "door"])
def test_half_of_the_crops_are_mirrored(strength, face, geometry):
    # The picture brightens to the right; light changes keep which side is the brighter one.
    strength = Augmentation(geometry, strength)
    sides = []
    for seed in range(200):
        crop = strength.crop(face, np.random.default_rng(seed)).astype(float)
        sides.append(crop[:, :50].mean() > crop[:, 50:].mean())
    assert 0.35 < np.mean(sides) < 0.65


def test_every_change_of_the_door_is_used(face, geometry, monkeypatch):
    used = set()

    def spy(name):
        def change(crop, draw):
            used.add(name)
            return crop

        return change

    spies = tuple((spy(i), share) for i, (_, share) in enumerate(DOOR))
    monkeypatch.setattr("accessctl.training.augment.recipe.DOOR", spies)
    for seed in range(150):
        Augmentation(geometry, "door").crop(face, np.random.default_rng(seed))
    assert used == set(range(len(spies)))
