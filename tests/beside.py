"""What goes on beside a test, on a thread of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

END_S = 60.0


@contextmanager
def repeated(work: Callable[[], object], every_s: float) -> Iterator[None]:
    """Calls `work` for as long as the block runs, with a pause of `every_s` seconds before each."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(every_s):
            work()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(END_S)
