from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from accessctl.recognition.threads import one_thread_each


@pytest.fixture
def two_threads_each() -> Iterator[None]:
    before = cv2.getNumThreads()
    with threadpool_limits(limits=2, user_api="blas"):
        cv2.setNumThreads(2)
        yield
    cv2.setNumThreads(before)


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.usefixtures("two_threads_each")
def test_opencv_and_blas_stay_in_the_thread_that_calls_them() -> None:
    np.ones((2, 2), np.float32) @ np.ones(2, np.float32)
    assert max(blas_threads()) == 2
    assert cv2.getNumThreads() == 2
    one_thread_each()
    assert blas_threads() == {1}
    assert cv2.getNumThreads() == 1
