"""`accessctl hub demo`, as `make site` runs it, at its smallest."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from accessctl.cli.hub_demo import door_names

PATIENCE_S = 240.0
# What the slowest of machines takes; the demo itself asks for 2 s.
WITHIN_S = 30


@pytest.fixture
def place() -> Iterator[Path]:
    """Where the demo's folders are made: a socket's path has to be short."""
    with tempfile.TemporaryDirectory(prefix="ad-", dir="/tmp") as name:
        yield Path(name)


def demo(site, place: Path, *argv: str) -> "subprocess.Popen[str]":
    site.configure()
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "accessctl", "hub", "demo", "--doors", "1"),
            *("--within", str(WITHIN_S), "--config", str(site.config), *argv),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(place)},
    )


def children_below(folder: Path) -> list[str]:
    """The command lines of processes that still use what lies below that folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if str(folder) in words and "hub demo" not in words:
            found.append(words)
    return found


@pytest.mark.timeout(300)
def test_she_is_let_in_at_the_door_removed_and_let_in_no_more(site, place: Path) -> None:
    with demo(site, place, "--embedded") as running:
        out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, out + err
    said = [line.partition(" s  ")[2] for line in out.splitlines()]
    expected = [
        "The hub listens at ",
        "front-door has joined the hub.",
        "Eileen Collins is enrolled at the hub, from one photo.",
        "front-door knows her after ",
        "front-door lets her in.",
        "Eileen Collins is removed at the hub.",
        "front-door has forgotten her after ",
        "front-door does not let her in: unknown.",
        f"The removal was known within {WITHIN_S} s",
        "All chains are whole.",
        "All of it went as it should; nothing of it is left.",
    ]
    found = iter(said)
    for beginning in expected:
        assert any(line.startswith(beginning) for line in found), (beginning, out)
    assert list(place.iterdir()) == []
    assert children_below(place) == []


@pytest.mark.timeout(300)
def test_ctrl_c_leaves_nothing(site, place: Path) -> None:
    with demo(site, place, "--embedded") as running:
        assert running.stdout is not None
        assert "The hub listens at" in running.stdout.readline()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 130, out + err
    assert out.rstrip().endswith("Interrupted; nothing of it is left.")
    assert list(place.iterdir()) == []
    assert children_below(place) == []


def test_the_doors_have_names() -> None:
    assert door_names(2) == ["front-door", "back-door"]
    assert door_names(4) == ["front-door", "back-door", "garage", "door-4"]


@pytest.mark.parametrize("count", [0, 9])
def test_more_doors_than_the_machine_bears_are_refused(site, count: int) -> None:
    site.configure()
    said = site("hub", "demo", "--doors", str(count))
    assert said.code == 2
    assert "--doors must be 1 to 8" in said.err
