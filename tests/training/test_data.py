from pathlib import Path

import numpy as np
import pytest

from accessctl.encoder.base import FakeEncoder
from accessctl.errors import InputError
from accessctl.training.data import descriptors, encoder_folder, targets_from
from accessctl.training.faces import FaceSet
from accessctl.training.settings import TeacherSetting


def faces(count: int) -> FaceSet:
    """Flat canvases, each of its own grey."""
    numbers = np.arange(count, dtype=np.int32)
    return FaceSet(
        numbers, np.zeros(count, np.int32), numbers, lambda row: np.full((128, 128, 3), row, "u1")
    )


@pytest.fixture
def file(tmp_path):
    def write(name, values):
        np.save(tmp_path / name, values)
        return TeacherSetting(file=tmp_path / name, weight=4.0)

    return write


def test_teachers_side_by_side_with_unit_variance_times_their_weight(file, tmp_path):
    draw = np.random.default_rng(0)
    one = file("one.npy", draw.normal(5, 0.1, (500, 3)).astype(np.float16))
    two = TeacherSetting(file=file("two.npy", draw.normal(0, 30, (500, 2))).file)
    targets = targets_from([one, two], faces(500), tmp_path)
    assert targets.shape == (500, 5)
    assert targets[:, :3].var(axis=0).mean() == pytest.approx(4, rel=1e-3)
    assert targets[:, 3:].var(axis=0).mean() == pytest.approx(1, rel=1e-3)
    # Not centred: the mean that all faces share belongs to the metric.
    assert targets[:, 0].mean() == pytest.approx(2 * 5 / 0.1, rel=0.1)


def test_no_teacher_no_targets(tmp_path):
    assert targets_from([], faces(10), tmp_path) is None


@pytest.mark.parametrize(
    "values", [np.zeros((9, 2)), np.zeros(10), np.full((10, 2), np.nan)], ids=["9", "flat", "nan"]
)
def test_descriptors_of_other_faces_are_refused(file, tmp_path, values):
    with pytest.raises(InputError, match="10 faces"):
        descriptors(file("wrong.npy", values), faces(10), tmp_path)


def test_pickles_are_refused(tmp_path):
    np.save(tmp_path / "p.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(InputError, match="Cannot read"):
        descriptors(TeacherSetting(file=tmp_path / "p.npy"), faces(1), tmp_path)


class OnceEncoder(FakeEncoder):
    """Fails a test that embeds with it once it is `spent`."""

    spent = False

    def embed(self, crops):
        if self.spent:
            pytest.fail("computed again")
        return super().embed(crops)


def test_an_encoder_teaches_in_the_order_of_the_faces_and_is_asked_once(tmp_path, tiny_encoder):
    encoder = OnceEncoder()
    loaded = []

    def load(config):
        loaded.append(config)
        return encoder

    setting = TeacherSetting(file=tiny_encoder)
    values = descriptors(setting, faces(8), tmp_path, load=load, at_once=3)
    size = encoder.card.input.size
    alone = encoder.embed(np.full((1, size, size, 3), 5, np.uint8))
    assert values.shape == (8, encoder.card.dimension)
    np.testing.assert_allclose(values[5], alone[0], atol=1e-6)
    encoder.spent = True
    again = descriptors(setting, faces(8), tmp_path, load=load)
    np.testing.assert_array_equal(again, values)
    assert loaded[0].folder == tiny_encoder


def test_a_bare_name_is_one_of_the_models(tmp_path, tiny_encoder):
    assert encoder_folder(Path(tiny_encoder.name), tiny_encoder.parent) == tiny_encoder
    assert encoder_folder(tmp_path / "descriptors.npy") is None
