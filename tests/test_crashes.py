"""What died is said, in a run of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
CONFTEST = """\
import pytest
from tests.crashes import report_crashes

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    report_crashes(config)
"""


def run(folder: Path, test: str) -> str:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(test)
    outer = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**outer, "PYTHONPATH": str(REPOSITORY)}
    words = ["-m", "pytest", "-n", "1", "--max-worker-restart", "0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, *words, str(folder)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )
    return done.stdout


def test_a_signal_is_named_with_where_it_came(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        "import faulthandler\n\ndef test_deep():\n    faulthandler._sigsegv()\n",
    )
    assert "test_it.py::test_deep' (killed by SIGSEGV)" in said
    assert "Fatal Python error: Segmentation fault" in said
    assert 'test_it.py", line 4 in test_deep' in said


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("os._exit(3)", "it ended by itself with 3"),
    ],
)
def test_what_leaves_no_word_is_told_by_its_status(tmp_path: Path, act: str, words: str) -> None:
    assert f"({words})" in run(tmp_path, f"import os\n\ndef test_it():\n    {act}\n")


def test_a_worker_that_lives_on_without_its_line_is_told_of(tmp_path: Path) -> None:
    # The lines to the tests' own process are the first two that are pipes.
    closes = """\
import os, stat, time

def test_it():
    pipes = [n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}")]
    for number in pipes:
        if stat.S_ISFIFO(os.fstat(number).st_mode):
            os.close(number)
    time.sleep(8)
    os._exit(0)
"""
    assert "(it lives, and its connection was closed)" in run(tmp_path, closes)


def test_all_others_pass_as_before(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, "def test_it():\n    pass\n")
