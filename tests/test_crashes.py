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
        ("os._exit(3)", "it ended by itself with 3, or its connection was closed"),
    ],
)
def test_what_leaves_no_word_is_told_by_its_status(tmp_path: Path, act: str, words: str) -> None:
    assert f"({words})" in run(tmp_path, f"import os\n\ndef test_it():\n    {act}\n")


def test_all_others_pass_as_before(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, "def test_it():\n    pass\n")
