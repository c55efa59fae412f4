from accessctl.door.look_queue import MOST, LookQueue
from accessctl.liveness.examiner import Look
from accessctl.liveness.fake import fake_frame


def look(captured: float) -> Look:
    return Look((fake_frame(0.0), fake_frame(captured)), None, 0.75, {})


def test_one_look_is_out_at_a_time_and_they_keep_their_order() -> None:
    queue = LookQueue()
    first, second = look(1.0), look(2.0)
    queue.add(first)
    queue.add(second)
    assert queue.next() is first
    assert queue.next() is None
    queue.answered()
    assert queue.next() is second
    queue.answered()
    assert queue.next() is None


def test_what_is_put_back_is_next_again() -> None:
    queue = LookQueue()
    first = look(1.0)
    queue.add(first)
    queue.add(look(2.0))
    queue.put_back()
    assert queue.next() is first
    queue.put_back()
    assert queue.next() is first


def test_only_the_newest_of_too_many_is_replaced() -> None:
    queue = LookQueue()
    looks = [look(float(i)) for i in range(MOST + 3)]
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
    queue = LookQueue()
    assert queue.earliest is None
    queue.add(look(1.0))
    queue.add(look(2.0))
    assert queue.earliest == 1.0
    queue.next()
    assert queue.earliest == 1.0
    queue.answered()
    assert queue.earliest == 2.0
