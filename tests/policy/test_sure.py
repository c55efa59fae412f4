import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.policy.sure import leads, rare_enough, sure

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("fmr_upper", "margin", "expected"),
    [
        (1e-4, 0.5, True),
        (1e-4, INF, True),
        (1.1e-4, 0.5, False),
        (1e-4, 0.49, False),
        (NAN, 0.5, False),
        (1e-4, NAN, False),
    ],
)
def test_the_rate_is_kept_and_nobody_else_comes_near(
    fmr_upper: float, margin: float, expected: bool
) -> None:
    assert sure(fmr_upper, margin, 1e-4, 0.5) is expected
    assert (rare_enough(fmr_upper, 1e-4) and leads(margin, 0.5)) is expected


FIGURES = st.floats(0, 1) | st.just(NAN)


@given(st.lists(st.tuples(FIGURES, FIGURES), max_size=8))
def test_many_at_once_are_judged_as_each_by_itself(found: list[tuple[float, float]]) -> None:
    upper, margin = np.array(found).reshape(-1, 2).T
    assert sure(upper, margin, 0.3, 0.4).tolist() == [sure(u, m, 0.3, 0.4) for u, m in found]
