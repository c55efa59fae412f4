import numpy as np
import pytest

from accessctl.evaluation.det import det_curve, fnir_at, fpir_of_threshold, threshold_for

MATES = np.array([9.0, 7.0, 5.0, 3.0, 1.0])
RIGHT = np.array([True, True, True, False, True])
STRANGERS = np.array([8.0, 6.0, 4.0, 2.0])


@pytest.mark.parametrize(
    ("fpir", "fnir"),
    [
        # No stranger may pass: the threshold is 8, and only the 9 is above it.
        (0.0, 0.8),
        (0.24, 0.8),
        # One may: above 6 are 9 and 7. Two: above 4 are 9, 7, 5. Three: above 2 also 3, wrong.
        (0.25, 0.6),
        (0.5, 0.4),
        (0.75, 0.4),
        # Everybody may: even then one is named as somebody else.
        (1.0, 0.2),
    ],
)
def test_misses_where_so_many_strangers_pass(fpir: float, fnir: float) -> None:
    assert fnir_at(MATES, RIGHT, STRANGERS, fpir) == pytest.approx(fnir)


def test_a_probe_without_a_face_is_missed_whatever_the_threshold() -> None:
    assert fnir_at(np.array([-np.inf]), np.array([True]), STRANGERS, 1.0) == 1


def test_the_curve_falls_and_ends_at_the_ends() -> None:
    rates, misses = det_curve(MATES, RIGHT, STRANGERS, points=30)
    assert rates[0] == pytest.approx(0.25)
    assert rates[-1] == pytest.approx(1)
    assert misses[0] == pytest.approx(0.6)
    assert misses[-1] == pytest.approx(0.2)
    assert (np.diff(misses) <= 0).all()


def test_a_threshold_and_who_passes_it() -> None:
    assert threshold_for(STRANGERS, 0.5) == 6
    assert fpir_of_threshold(STRANGERS, 6) == 0.5
    assert fpir_of_threshold(STRANGERS, 9) == 0
