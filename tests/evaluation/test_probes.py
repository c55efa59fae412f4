import numpy as np

from accessctl.evaluation.probes import Probes


def some(start: int, stop: int) -> Probes:
    rows = np.arange(start, stop)
    return Probes(
        np.stack([rows, rows], axis=1).astype(np.float32), rows / 10.0, rows > 1, rows > 2
    )


def test_one_after_the_other() -> None:
    both, whole = some(0, 3).then(some(3, 5)), some(0, 5)
    assert len(both) == 5
    for column in ("embeddings", "quality", "found", "usable"):
        np.testing.assert_array_equal(getattr(both, column), getattr(whole, column))


def test_photos_of_nobody_are_as_wide_as_the_others() -> None:
    nobody = Probes(np.empty((2, 0), np.float32), np.ones(2), np.zeros(2, bool), np.zeros(2, bool))
    assert np.isnan(nobody.wide(2).embeddings).all()
    assert nobody.wide(2).embeddings.shape == (2, 2)
    faces = some(0, 3)
    assert faces.wide(7) is faces
