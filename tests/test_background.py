import threading

import pytest

from accessctl.background import BackgroundThread

PATIENCE_S = 20.0


def test_it_works_beside_the_caller_until_it_is_stopped() -> None:
    begun, stopped = threading.Event(), threading.Event()
    seen: list[threading.Thread] = []

    def work() -> None:
        seen.append(threading.current_thread())
        begun.set()
        stopped.wait(PATIENCE_S)

    thread = BackgroundThread(work, name="clerk", stop=stopped.set, patience_s=PATIENCE_S)
    assert not thread.alive
    with thread as entered:
        assert entered is thread
        assert begun.wait(PATIENCE_S)
        assert thread.alive
        assert not stopped.is_set()
    assert stopped.is_set()
    assert not thread.alive
    assert [(one.name, one.daemon) for one in seen] == [("clerk", True)]
    assert seen[0] is not threading.current_thread()


def test_one_that_hangs_is_left_behind() -> None:
    free = threading.Event()
    with BackgroundThread(free.wait, name="clerk", stop=lambda: None, patience_s=0.01) as thread:
        pass
    assert thread.alive
    free.set()
    assert thread.wait(PATIENCE_S)


def test_who_waits_for_it_is_told_whether_it_is_done() -> None:
    free = threading.Event()
    with BackgroundThread(free.wait, name="clerk", stop=free.set, patience_s=PATIENCE_S) as thread:
        assert not thread.wait(0.01)
        free.set()
        assert thread.wait(PATIENCE_S)


def test_it_is_stopped_after_a_fault_of_the_caller_too() -> None:
    free = threading.Event()
    thread = BackgroundThread(free.wait, name="clerk", stop=free.set, patience_s=PATIENCE_S)
    with pytest.raises(ZeroDivisionError), thread:
        raise ZeroDivisionError
    assert not thread.alive
