"""When a search has found somebody, by its figures alone: for one match, or for many at once.

The figures are floats, or float arrays of one shape, and so is what is answered; a NaN is
never sure.
"""

from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.floating]
Answers = NDArray[np.bool_]


@overload
def rare_enough(fmr_upper: float, max_fmr: float) -> bool: ...
@overload
def rare_enough(fmr_upper: Figures, max_fmr: float) -> Answers: ...
def rare_enough(fmr_upper: Any, max_fmr: float) -> Any:
    """Whether the upper bound of a false-match rate keeps the one that is allowed."""
    return fmr_upper <= max_fmr


@overload
def leads(margin: float, min_margin: float) -> bool: ...
@overload
def leads(margin: Figures, min_margin: float) -> Answers: ...
def leads(margin: Any, min_margin: float) -> Any:
    """Whether the best score lies far enough above that of the second best person."""
    return margin >= min_margin


@overload
def sure(fmr_upper: float, margin: float, max_fmr: float, min_margin: float) -> bool: ...
@overload
def sure(fmr_upper: Figures, margin: Figures, max_fmr: float, min_margin: float) -> Answers: ...
def sure(fmr_upper: Any, margin: Any, max_fmr: float, min_margin: float) -> Any:
    """Whether a search names the person it found: rare enough, and ahead of everybody else."""
    return rare_enough(fmr_upper, max_fmr) & leads(margin, min_margin)
