import errno
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from accessctl.service.display import Display

FULL = OSError(errno.ENOSPC, "No space left on device")
BROKEN = BrokenPipeError(errno.EPIPE, "Broken pipe")
CLOSED = ValueError("I/O operation on closed file.")


def raising(error: Exception) -> Callable[..., None]:
    def show(*_: object) -> None:
        raise error

    return show


@pytest.mark.parametrize("error", [FULL, BROKEN, CLOSED], ids=["full", "broken", "closed"])
def test_a_display_that_fails_is_told_of_once_and_used_no_more(
    error: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Silencing the real one would silence pytest.
    monkeypatch.setattr(sys, "stdout", None)
    reasons: list[str] = []
    asked: list[object] = []
    display = Display(raising(error), asked.append, reasons.append)
    for _ in range(3):
        display.show([], {})
        display.ask([])
    assert len(reasons) == len(caplog.records) == 1
    assert (getattr(error, "strerror", None) or str(error)) in caplog.text
    assert asked == []


def test_a_fault_of_another_kind_is_not_hidden() -> None:
    display = Display(raising(KeyError("bug")), lambda _: None, lambda _: None)
    with pytest.raises(KeyError):
        display.show([], {})


SCRIPT = """
import sys
from accessctl.service.display import Display
lost = []
display = Display(lambda *_: print("x" * 10, flush=True), lambda _: None, lost.append)
for _ in range(1000):
    display.show([], {})
print(len(lost), file=sys.stderr)
"""


@pytest.mark.parametrize("how", ["full", "broken"])
def test_what_was_buffered_does_not_fail_at_the_end_of_the_process(how: str) -> None:
    if how == "full":
        target = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, target = os.pipe()
        os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", SCRIPT], stdout=target, stderr=subprocess.PIPE, text=True
        )
    finally:
        os.close(target)
    assert ended.returncode == 0
    assert ended.stderr.splitlines()[-1] == "1"
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
