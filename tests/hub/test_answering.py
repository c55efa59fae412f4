"""How long the hub waits for an answer of its database."""

import time
from collections.abc import Generator
from typing import Any

import pytest
from psycopg import OperationalError
from psycopg.waiting import Ready, Wait

from accessctl.hub.answering import BoundedConnection, within


class Line:
    """As the driver has it: whether it was finished."""

    finished = False

    def finish(self) -> None:
        self.finished = True


class Connection(BoundedConnection):
    """Without a server; `ready` is what each look at the line brings."""

    def __init__(self, silent_s: float) -> None:
        self.silent_s = silent_s
        self.pgconn = Line()  # type: ignore[assignment]

    def __del__(self) -> None:
        return


def answer(parts: int) -> Generator[Wait, Any, str]:
    """Whole after so many parts."""
    while parts:
        parts -= bool((yield Wait.R))
    return "answer"


def looked_at(connection: Connection, parts: int, *ready: Any) -> str | None:
    """What came of it after those looks; None: it waits on."""
    waiting = connection._bounded(answer(parts))
    next(waiting)
    try:
        for one in ready:
            waiting.send(one)
    except StopIteration as done:
        return str(done.value)
    return None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Each look comes 10 s after the one before."""
    times = [0.0]

    def now() -> float:
        times[0] += 10
        return times[0]

    monkeypatch.setattr(time, "monotonic", now)
    return times


SILENCE, PART = Ready.NONE if hasattr(Ready, "NONE") else 0, Ready.R


@pytest.mark.usefixtures("clock")
def test_whoever_says_something_now_and_then_is_waited_for() -> None:
    connection = Connection(silent_s=25)
    assert looked_at(connection, 3, SILENCE, SILENCE, PART, SILENCE, PART) is None
    assert looked_at(connection, 3, *(PART, SILENCE, SILENCE) * 2, PART) == "answer"
    assert not connection.pgconn.finished  # type: ignore[attr-defined]


@pytest.mark.usefixtures("clock")
def test_a_silence_that_is_too_long_ends_the_connection() -> None:
    connection = Connection(silent_s=25)
    with pytest.raises(OperationalError, match="no answer for 30 s"):
        looked_at(connection, 2, PART, SILENCE, SILENCE, SILENCE)
    assert connection.pgconn.finished  # type: ignore[attr-defined]


@pytest.mark.usefixtures("clock")
def test_within_a_time_nothing_takes_longer_and_inner_ones_are_no_longer() -> None:
    connection = Connection(silent_s=float("inf"))
    with within(45), within(1000), pytest.raises(OperationalError):
        looked_at(connection, 9, SILENCE, PART, SILENCE, SILENCE)
    # Afterwards it is as it was.
    assert looked_at(connection, 9, *(SILENCE,) * 100) is None
