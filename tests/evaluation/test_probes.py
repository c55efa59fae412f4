import numpy as np

from accessctl.evaluation.probes import Probes


def some(start: int, stop: int) -> Probes:
    rows = np.arange(start, stop)
    return Probes(
        np.stack([rows, rows], axis=1).astype(np.float32), rows / 10.0, rows > 1, rows > 2
    )


def test_parts_and_wholes() -> None:
    both = some(0, 3).then(some(3, 5))
    whole = some(0, 5)
    assert len(both) == 5
    for one, other in ((both, whole), (both.rows(slice(2, 4)), some(2, 4))):
        for column in ("embeddings", "quality", "found", "usable"):
            np.testing.assert_array_equal(getattr(one, column), getattr(other, column))
