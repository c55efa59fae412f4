import threading
from collections.abc import Iterator

import pytest

from accessctl.door.looks import MAX_WAITING, Answer, DirectLooks, LookWorker
from accessctl.liveness.examiner import Look
from accessctl.liveness.fake import fake_frame, fake_result
from accessctl.liveness.result import CueResult, CueVerdict

WAIT_S = 20.0
CONFIRMED = (fake_result("depth", CueVerdict.CONFIRM),)


def look(captured: float = 0.0) -> Look:
    return Look((fake_frame(captured),), None, 0.75, {})


class Cues:
    """Holds each look up until `release` is set, and remembers it."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.begun = threading.Semaphore(0)
        self.looked: list[float] = []

    def __call__(self, asked: Look) -> tuple[CueResult, ...]:
        self.begun.release()
        assert self.release.wait(WAIT_S)
        self.looked.append(asked.frames[-1].captured)
        return CONFIRMED


@pytest.fixture
def cues() -> Cues:
    return Cues()


@pytest.fixture
def worker(cues: Cues) -> Iterator[LookWorker]:
    worker = LookWorker(cues)
    yield worker
    cues.release.set()
    worker.close()


def answered(worker: LookWorker, cues: Cues, count: int) -> list[Answer]:
    """Let the worker go on until it has answered so often."""
    cues.release.set()
    done: list[Answer] = []
    passed = threading.Event()
    for _ in range(int(WAIT_S * 100)):
        done += worker.answers()
        if len(done) >= count:
            break
        passed.wait(0.01)
    return done


def test_direct_looks_are_answered_at_once() -> None:
    looks = DirectLooks(lambda _: CONFIRMED)
    asked = look()
    looks.ask("a", asked)
    (answer,) = looks.answers()
    assert (answer.visit, answer.look, answer.results, answer.fault) == (
        "a",
        asked,
        CONFIRMED,
        None,
    )
    assert looks.answers() == []


def broken(_: Look) -> tuple[CueResult, ...]:
    raise ValueError("no such frame")


def test_a_fault_is_an_answer_without_results() -> None:
    looks = DirectLooks(broken)
    looks.ask("a", look())
    (answer,) = looks.answers()
    assert answer.results == ()
    assert isinstance(answer.fault, ValueError)


def test_a_fault_does_not_end_the_worker() -> None:
    calls = iter([broken, lambda _: CONFIRMED])
    worker = LookWorker(lambda asked: next(calls)(asked))
    ready = Cues()
    worker.ask("a", look())
    first = answered(worker, ready, 1)
    worker.ask("a", look())
    second = answered(worker, ready, 1)
    worker.close()
    assert isinstance(first[0].fault, ValueError)
    assert second[0].results == CONFIRMED


def test_asking_does_not_wait_and_what_is_asked_first_is_looked_at_first(
    worker: LookWorker, cues: Cues
) -> None:
    assert worker.ask("a", look(0.0))
    assert cues.begun.acquire(timeout=WAIT_S)
    assert worker.ask("b", look(9.0))
    assert worker.ask("a", look(1.0))
    assert worker.answers() == []
    done = answered(worker, cues, 3)
    assert [(one.visit, one.look.frames[-1].captured) for one in done] == [
        ("a", 0.0),
        ("b", 9.0),
        ("a", 1.0),
    ]


def test_what_waits_is_bounded_and_nothing_is_given_up(worker: LookWorker, cues: Cues) -> None:
    worker.ask("first", look())
    assert cues.begun.acquire(timeout=WAIT_S)
    taken = [worker.ask(str(number), look()) for number in range(MAX_WAITING + 1)]
    assert taken == [True] * MAX_WAITING + [False]
    done = answered(worker, cues, MAX_WAITING + 1)
    assert [one.visit for one in done] == ["first", *map(str, range(MAX_WAITING))]


def test_closing_gives_up_what_waits(cues: Cues) -> None:
    worker = LookWorker(cues)
    worker.ask("a", look(0.0))
    assert cues.begun.acquire(timeout=WAIT_S)
    worker.ask("b", look(1.0))
    closing = threading.Thread(target=worker.close)
    closing.start()
    # It has emptied the queue before it waits for the look that is under way.
    while worker._waiting:
        threading.Event().wait(0.01)
    cues.release.set()
    closing.join(WAIT_S)
    assert not closing.is_alive()
    assert cues.looked == [0.0]
