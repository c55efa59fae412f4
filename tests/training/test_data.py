import numpy as np
import pytest

from accessctl.errors import InputError
from accessctl.training.data import descriptors, targets_from
from accessctl.training.settings import TeacherSetting


@pytest.fixture
def file(tmp_path):
    def write(name, values):
        np.save(tmp_path / name, values)
        return TeacherSetting(file=tmp_path / name, weight=4.0)

    return write


def test_teachers_side_by_side_with_unit_variance_times_their_weight(file):
    draw = np.random.default_rng(0)
    one = file("one.npy", draw.normal(5, 0.1, (500, 3)).astype(np.float16))
    two = TeacherSetting(file=file("two.npy", draw.normal(0, 30, (500, 2))).file)
    targets = targets_from([one, two], 500)
    assert targets.shape == (500, 5)
    assert targets[:, :3].var(axis=0).mean() == pytest.approx(4, rel=1e-3)
    assert targets[:, 3:].var(axis=0).mean() == pytest.approx(1, rel=1e-3)
    # Not centred: the mean that all faces share belongs to the metric.
    assert targets[:, 0].mean() == pytest.approx(2 * 5 / 0.1, rel=0.1)


def test_no_teacher_no_targets():
    assert targets_from([], 10) is None


@pytest.mark.parametrize(
    "values", [np.zeros((9, 2)), np.zeros(10), np.full((10, 2), np.nan)], ids=["9", "flat", "nan"]
)
def test_descriptors_of_other_faces_are_refused(file, values):
    with pytest.raises(InputError, match="10 faces"):
        descriptors(file("wrong.npy", values), 10)


def test_pickles_are_refused(tmp_path):
    np.save(tmp_path / "p.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(InputError, match="Cannot read"):
        descriptors(TeacherSetting(file=tmp_path / "p.npy"), 1)
