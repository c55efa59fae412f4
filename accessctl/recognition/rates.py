"""Between what an owner states and what one comparison must hold (ISO/IEC 19795-1)."""

import math


def comparison_fmr(target_fpir: float, people: int) -> float:
    """False-match rate per comparison at which a search among `people` keeps `target_fpir`.

    A stranger is accepted when any of N independent comparisons matches:
    FPIR = 1 - (1 - FMR)^N, so FMR = 1 - (1 - FPIR)^(1/N). An empty gallery is treated as
    one of a single person. ValueError unless 0 < target_fpir < 1 and people >= 0.
    """
    if not 0 < target_fpir < 1:
        raise ValueError(f"a target FPIR lies between 0 and 1, not {target_fpir}")
    if people < 0:
        raise ValueError("the number of people is not negative")
    # expm1 and log1p: the plain formula loses all digits at rates near 1e-12.
    return -math.expm1(math.log1p(-target_fpir) / max(people, 1))


def search_fpir(fmr: float, people: int) -> float:
    """The inverse: how often a stranger matches any of `people` at `fmr` per comparison."""
    if not 0 <= fmr < 1:
        raise ValueError(f"a false-match rate lies in [0, 1), not {fmr}")
    if people < 0:
        raise ValueError("the number of people is not negative")
    return -math.expm1(people * math.log1p(-fmr))
