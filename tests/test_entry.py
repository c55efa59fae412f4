"""The process as a whole: accessctl/__main__.py."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from accessctl.audit.opening import open_log
from accessctl.config import AuditConfig
from accessctl.domain import Event, EventKind

PROGRAM = [sys.executable, "-m", "accessctl"]
# Ctrl-C while a module is imported, wherever in the first second that is.
INTERRUPTED = """
import sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
sys.argv = ["accessctl", "people"]
from accessctl.__main__ import entry
entry()
"""


@pytest.mark.parametrize(
    "name", ["accessctl.cli", "accessctl.cli.main", "typer", "accessctl.cli.front", "yaml"]
)
def test_ctrl_c_before_anything_has_begun_is_one_word(tmp_path: Path, name: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(name=name)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text("{}\n")
    with open_log(AuditConfig(file=tmp_path / "state" / "events.sqlite"), {}) as log:
        event = Event(time.time(), EventKind.SERVICE, {"state": "started", "detail": "Zoë 😀"})
        for _ in range(20):
            log.append(event)
    return tmp_path


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8", "cp437"])
@pytest.mark.parametrize("command", [["events", "--json"], ["events", "export"]])
def test_json_is_json_whatever_the_terminal_speaks(
    house: Path, encoding: str, command: list[str]
) -> None:
    ended = subprocess.run(
        [*PROGRAM, *command, "--config", str(house / "config.yaml")],
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
    )
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert len(lines) == 20
    assert {json.loads(line.decode("utf-8"))["detail"] for line in lines} == {"Zoë 😀"}


def test_an_export_that_does_not_fit_leaves_no_file(house: Path) -> None:
    """The limit on a file's size stands in for a disk that is full."""
    with open_log(AuditConfig(file=house / "state" / "events.sqlite"), {}) as log:
        for _ in range(100):
            log.append(Event(time.time(), EventKind.SERVICE, {"state": "x" * 5000}))
    out = house / "out.jsonl"
    command = " ".join([*PROGRAM, "events", "export", "--output", str(out)])
    ended = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -f 128; trap '' XFSZ; {command} --config {house}/config.yaml"],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"accessctl: {out} could not be written (File too large)")
    assert "Traceback" not in ended.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["people"], 2, "The folder that you are in is not there any more"),
        (["run"], 2, "The folder that you are in is not there any more"),
        (["run", "--config", "x.yaml"], 2, "not there any more"),
        (["people", "--config", "{house}/config.yaml"], 0, "Nobody is enrolled"),
    ],
)
def test_in_a_folder_that_is_gone(house: Path, command: list[str], code: int, said: str) -> None:
    gone = house / "gone"
    gone.mkdir()
    words = " ".join([*PROGRAM, *command]).format(house=house)
    ended = subprocess.run(
        ["/bin/sh", "-c", f"cd {gone} && rmdir {gone} && exec {words}"],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
