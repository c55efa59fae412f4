import threading

import numpy as np

from accessctl.camera.frame_queue import CAPACITY, FrameQueue
from accessctl.domain import Frame


def frame(sequence: int) -> Frame:
    return Frame(np.zeros((1, 1, 3), np.uint8), float(sequence), sequence)


def test_the_newest_frame_wins_and_the_replaced_ones_are_counted() -> None:
    handover = FrameQueue(newest_wins=True)
    for sequence in range(4):
        handover.put(frame(sequence))
    taken = handover.take(0)
    assert taken is not None
    assert taken.sequence == 3
    assert handover.dropped == 3
    assert handover.take(0) is None


def test_every_frame_arrives_in_order_from_a_thread_that_waits_for_room() -> None:
    handover = FrameQueue(newest_wins=False)
    filled = threading.Event()

    def produce() -> None:
        for sequence in range(50):
            if sequence == CAPACITY:
                filled.set()
            handover.put(frame(sequence))
        handover.finish()

    thread = threading.Thread(target=produce)
    thread.start()
    assert filled.wait(10)
    taken = []
    while not handover.ended:
        one = handover.take(10)
        if one is not None:
            taken.append(one.sequence)
    thread.join(10)
    assert taken == list(range(50))
    assert handover.dropped == 0


def test_waiting_frames_can_be_taken_after_the_end() -> None:
    handover = FrameQueue(newest_wins=False)
    handover.put(frame(0))
    handover.finish()
    assert not handover.ended
    assert handover.take(0) is not None
    assert handover.ended
    assert handover.take(1000) is None


def test_finishing_frees_a_thread_that_waits_for_room() -> None:
    handover = FrameQueue(newest_wins=False)
    for sequence in range(CAPACITY):
        handover.put(frame(sequence))
    thread = threading.Thread(target=handover.put, args=(frame(9),))
    thread.start()
    handover.finish()
    thread.join(10)
    assert not thread.is_alive()
    assert [handover.take(0) is not None for _ in range(CAPACITY + 1)] == [True] * CAPACITY + [
        False
    ]


def test_a_frame_after_the_end_is_not_kept() -> None:
    handover = FrameQueue(newest_wins=True)
    handover.finish()
    handover.put(frame(0))
    assert handover.take(0) is None
    assert handover.dropped == 0
