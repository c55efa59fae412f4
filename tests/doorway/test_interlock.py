"""Two doors of one machine; each arbiter opens its own files, as two programs would."""

import subprocess
import sys
from pathlib import Path

import pytest

from accessctl.doorway.interlock import FileArbiter, NoArbiter
from accessctl.doorway.values import Interlock
from accessctl.errors import ConfigError


def test_one_door_opens_and_the_other_waits_until_it_is_shut(tmp_path: Path) -> None:
    inner, outer = FileArbiter(tmp_path, "in", "out"), FileArbiter(tmp_path, "out", "in")
    assert inner.claim() is Interlock.FREE
    assert inner.claim() is Interlock.FREE
    assert outer.claim() is Interlock.TAKEN
    inner.settle(secure=True)
    assert outer.claim() is Interlock.FREE
    assert inner.claim() is Interlock.TAKEN
    inner.close()
    outer.close()


def test_a_door_that_opened_unasked_counts_too(tmp_path: Path) -> None:
    inner, outer = FileArbiter(tmp_path, "in", "out"), FileArbiter(tmp_path, "out", "in")
    inner.settle(secure=False)
    outer.settle(secure=False)
    assert outer.claim() is Interlock.TAKEN
    assert inner.claim() is Interlock.TAKEN
    inner.settle(secure=True)
    assert outer.claim() is Interlock.FREE
    inner.close()
    outer.close()


def test_without_the_other_door_this_one_stays_shut(tmp_path: Path) -> None:
    inner = FileArbiter(tmp_path, "in", "out")
    assert not inner.present
    assert inner.claim() is Interlock.LOST
    outer = FileArbiter(tmp_path, "out", "in")
    assert inner.present
    assert inner.claim() is Interlock.FREE
    outer.close()
    assert inner.claim() is Interlock.LOST
    inner.close()


def test_a_killed_program_is_no_other_door(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from accessctl.doorway.interlock import FileArbiter\n"
        f"arbiter = FileArbiter(Path({str(tmp_path)!r}), 'out', 'in')\n"
        "print(arbiter.claim(), flush=True)\ntime.sleep(600)\n"
    )
    inner = FileArbiter(tmp_path, "in", "out")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"free\n"
        assert inner.claim() is Interlock.TAKEN
        other.kill()
        other.wait()
        assert inner.claim() is Interlock.LOST
    inner.close()


def test_two_programs_cannot_be_one_door(tmp_path: Path) -> None:
    first = FileArbiter(tmp_path, "in", "out")
    with pytest.raises(ConfigError, match="Another program is the door 'in'"):
        FileArbiter(tmp_path, "in", "out")
    first.close()


def test_a_folder_that_is_none_and_a_door_of_itself_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be used"):
        FileArbiter(tmp_path / "file", "in", "out")
    with pytest.raises(ConfigError, match="names this door"):
        FileArbiter(tmp_path, "in", "in")


def test_a_door_alone_needs_nobody() -> None:
    assert NoArbiter().claim() is Interlock.NONE
    assert NoArbiter().present
