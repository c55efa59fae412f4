"""How sure a measured rate is."""


def clopper_pearson(events: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact two-sided interval of a proportion (Clopper and Pearson, Biometrika 26, 1934).

    ValueError unless 0 <= events <= trials, trials > 0 and 0 < confidence < 1.
    """
    from scipy.stats import beta

    if not 0 <= events <= trials or trials == 0:
        raise ValueError(f"{events} events in {trials} trials")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not {confidence}")
    half = (1 - confidence) / 2
    low = 0.0 if events == 0 else float(beta.ppf(half, events, trials - events + 1))
    high = 1.0 if events == trials else float(beta.ppf(1 - half, events + 1, trials - events))
    return low, high
