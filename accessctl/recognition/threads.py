"""How many threads the native libraries of a door may use."""

import cv2
from threadpoolctl import threadpool_limits


def one_thread_each() -> None:
    """Keep OpenCV and BLAS to the thread that calls them, for the rest of the process.

    A door's products and pictures are small, and the loop, the reader and the look for life
    share two cores already: a second thread was measured to save a fraction of a millisecond
    on an idle machine, and to cost ten and more on a busy one, where each call waits until
    the other thread gets a core. The encoder has its own setting, `encoder.threads`.

    For the entry of a process that is a door, or a command: nothing else calls it, because the
    setting is the whole process's and so that of whoever else lives in it.
    """
    cv2.setNumThreads(1)
    threadpool_limits(limits=1, user_api="blas")
