from dataclasses import replace

import numpy as np
import pytest

from accessctl.domain import Box
from accessctl.liveness.fake import fake_frame
from accessctl.liveness.slots import averaged, rate


def at(captured: float, x: float, width: float = 100.0):
    frame = fake_frame(captured, box=Box(0, 0, width, 120))
    return replace(frame, landmarks=np.full((468, 3), x, np.float32))


def test_points_are_averaged_over_a_quarter_of_a_second_by_hand() -> None:
    # 0 and 0.2 s lie in the first quarter, 0.3 in the second, 0.8 in the fourth.
    points = averaged([at(10.0, 10), at(10.2, 20), at(10.3, 50), at(10.8, 70)])
    assert points.shape == (3, 468, 2)
    np.testing.assert_allclose(points[:, 5, 0], [0.15, 0.5, 0.7])


def test_the_width_is_the_median_of_the_boxes() -> None:
    frames = [at(0.0, 50, 100), at(0.3, 50, 200), at(0.6, 50, 250)]
    np.testing.assert_allclose(averaged(frames), 0.25)


def test_slots_in_which_the_face_goes_by_are_left_out() -> None:
    # 30 pixels of 100 in the first quarter of a second, 10 in the second.
    frames = [at(0.0, 0), at(0.2, 30), at(0.25, 40), at(0.45, 50)]
    np.testing.assert_allclose(averaged(frames, 0.2)[:, 7, 1], [0.45])
    assert len(averaged(frames)) == 2
    assert averaged(frames, 0.05).shape == (0, 468, 2)


def test_a_face_without_width_is_no_division_by_zero() -> None:
    assert np.isfinite(averaged([at(0.0, 3, 0.0)])).all()


def test_the_rate_by_hand() -> None:
    assert rate([at(1.0, 0), at(1.1, 0), at(1.5, 0)]) == pytest.approx(4.0)
    assert rate([]) == rate([at(1.0, 0)]) == rate([at(1.0, 0), at(1.0, 0)]) == 0.0
    assert rate([at(1.0, 0), at(0.5, 0)]) == 0.0
