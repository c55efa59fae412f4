import os

import pytest

from accessctl.quiet import without_native_chatter


def test_known_chatter_is_dropped_and_everything_else_passes(capfd: pytest.CaptureFixture[str]):
    with without_native_chatter():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"a real complaint\n")
        os.write(2, b"W0000 00:00 inference_feedback_manager.cc:114] Feedback manager ...\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "a real complaint\nafterwards\n"


def test_nothing_is_lost_when_something_goes_wrong(capfd: pytest.CaptureFixture[str]):
    def fail() -> None:
        os.write(2, b"why it failed\n")
        raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"), without_native_chatter():
        fail()
    assert capfd.readouterr().err == "why it failed\n"
