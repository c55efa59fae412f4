"""How long whoever fails to show who they are has to wait: pure.

A few failures are free; from there on each doubles the wait. A day without a try forgets them.
"""

FREE_BY_NAME, FREE_BY_ADDRESS = 5, 20
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 900.0
FORGET_S = 86400.0


def wait_after(failures: int, free: int) -> float:
    """Seconds to wait after so many failures: none below `free`, from there on doubling."""
    beyond = failures - free
    if beyond < 0:
        return 0.0
    return float(min(FIRST_WAIT_S * 2 ** min(beyond, 20), LONGEST_WAIT_S))


def counted(failures: int, last: float, now: float) -> int:
    """How many failures count at `now`, the last of which was at `last`; epoch seconds."""
    return 0 if now - last >= FORGET_S else failures


def wait_left(failures: int, last: float, free: int, now: float) -> float:
    """Seconds to wait still, none or less: they may try. Epoch seconds.

    A clock that was set back makes nobody wait for longer than they had to.
    """
    found = counted(failures, last, now)
    return min(last, now) + wait_after(found, free) - now
