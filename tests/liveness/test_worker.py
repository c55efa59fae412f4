import threading
from collections.abc import Iterator

import pytest

from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.fake import fake_frame, fake_result
from accessctl.liveness.worker import (
    MAX_WAITING,
    MOST,
    CueAnswer,
    CueWorker,
    DirectCueRunner,
    WindowQueue,
)
from tests.patience import wait_for


def window_until(captured: float) -> CueWindow:
    return CueWindow((fake_frame(0.0), fake_frame(captured)), None, 0.75, {})


def test_one_look_is_out_at_a_time_and_they_keep_their_order() -> None:
    queue = WindowQueue()
    first, second = window_until(1.0), window_until(2.0)
    queue.add(first)
    queue.add(second)
    assert queue.next() is first
    assert queue.next() is None
    queue.answered()
    assert queue.next() is second
    queue.answered()
    assert queue.next() is None


def test_what_is_put_back_is_next_again() -> None:
    queue = WindowQueue()
    first = window_until(1.0)
    queue.add(first)
    queue.add(window_until(2.0))
    queue.put_back()
    assert queue.next() is first
    queue.put_back()
    assert queue.next() is first


def test_only_the_newest_of_too_many_is_replaced() -> None:
    queue = WindowQueue()
    looks = [window_until(float(i)) for i in range(MOST + 3)]
    for one in looks:
        queue.add(one)
        queue.next()
    got = []
    for _ in range(MOST):
        queue.answered()
        got.append(queue.next())
    assert got == [*looks[1:MOST], looks[-1]]
    queue.answered()
    assert queue.next() is None


def test_the_earliest_without_an_answer() -> None:
    queue = WindowQueue()
    assert queue.earliest is None
    queue.add(window_until(1.0))
    queue.add(window_until(2.0))
    assert queue.earliest == 1.0
    queue.next()
    assert queue.earliest == 1.0
    queue.answered()
    assert queue.earliest == 2.0


WAIT_S = 20.0
CONFIRMED = (fake_result("depth", CueVerdict.CONFIRM),)


def window(captured: float = 0.0) -> CueWindow:
    return CueWindow((fake_frame(captured),), None, 0.75, {})


class Cues:
    """Holds each look up until `release` is set, and remembers it."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.begun = threading.Semaphore(0)
        self.looked: list[float] = []

    def __call__(self, asked: CueWindow) -> tuple[CueResult, ...]:
        self.begun.release()
        assert self.release.wait(WAIT_S)
        self.looked.append(asked.frames[-1].captured)
        return CONFIRMED


@pytest.fixture
def cues() -> Cues:
    return Cues()


@pytest.fixture
def worker(cues: Cues) -> Iterator[CueWorker]:
    worker = CueWorker(cues)
    yield worker
    cues.release.set()
    worker.close()


def answered(worker: CueWorker, cues: Cues, count: int) -> list[CueAnswer]:
    """Let the worker go on until it has answered so often."""
    cues.release.set()
    done: list[CueAnswer] = []

    def enough() -> bool:
        done.extend(worker.answers())
        return len(done) >= count

    wait_for(enough, f"answer {count}")
    return done


def test_direct_looks_are_answered_at_once() -> None:
    looks = DirectCueRunner(lambda _: CONFIRMED)
    asked = window()
    looks.ask("a", asked)
    (answer,) = looks.answers()
    assert (answer.visit, answer.look, answer.results, answer.fault) == (
        "a",
        asked,
        CONFIRMED,
        None,
    )
    assert looks.answers() == []


def broken(_: CueWindow) -> tuple[CueResult, ...]:
    raise ValueError("no such frame")


def test_a_fault_is_an_answer_without_results() -> None:
    looks = DirectCueRunner(broken)
    looks.ask("a", window())
    (answer,) = looks.answers()
    assert answer.results == ()
    assert isinstance(answer.fault, ValueError)


def test_a_fault_does_not_end_the_worker() -> None:
    calls = iter([broken, lambda _: CONFIRMED])
    worker = CueWorker(lambda asked: next(calls)(asked))
    ready = Cues()
    worker.ask("a", window())
    first = answered(worker, ready, 1)
    worker.ask("a", window())
    second = answered(worker, ready, 1)
    worker.close()
    assert isinstance(first[0].fault, ValueError)
    assert second[0].results == CONFIRMED


def test_asking_does_not_wait_and_what_is_asked_first_is_looked_at_first(
    worker: CueWorker, cues: Cues
) -> None:
    assert worker.ask("a", window(0.0))
    assert cues.begun.acquire(timeout=WAIT_S)
    assert worker.ask("b", window(9.0))
    assert worker.ask("a", window(1.0))
    assert worker.answers() == []
    done = answered(worker, cues, 3)
    assert [(one.visit, one.look.frames[-1].captured) for one in done] == [
        ("a", 0.0),
        ("b", 9.0),
        ("a", 1.0),
    ]


def test_what_waits_is_bounded_and_nothing_is_given_up(worker: CueWorker, cues: Cues) -> None:
    worker.ask("first", window())
    assert cues.begun.acquire(timeout=WAIT_S)
    taken = [worker.ask(str(number), window()) for number in range(MAX_WAITING + 1)]
    assert taken == [True] * MAX_WAITING + [False]
    done = answered(worker, cues, MAX_WAITING + 1)
    assert [one.visit for one in done] == ["first", *map(str, range(MAX_WAITING))]


def test_closing_gives_up_what_waits(cues: Cues) -> None:
    worker = CueWorker(cues)
    worker.ask("a", window(0.0))
    assert cues.begun.acquire(timeout=WAIT_S)
    worker.ask("b", window(1.0))
    closing = threading.Thread(target=worker.close)
    closing.start()
    # It has emptied the queue before it waits for the look that is under way.
    while worker._waiting:
        threading.Event().wait(0.01)
    cues.release.set()
    closing.join(WAIT_S)
    assert not closing.is_alive()
    assert cues.looked == [0.0]
