import os
import subprocess
import sys
from pathlib import Path

import pytest

from accessctl.cli.added import added_commands

PLUGIN = '''
import sys
from typing import Annotated

import typer


def greet(name: Annotated[str, typer.Argument(help="Who.")]) -> int:
    """Greets somebody."""
    print(f"hello {name}")
    return 7
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with an installed package that adds a command."""
    (tmp_path / "greeter.py").write_text(PLUGIN)
    info = tmp_path / "greeter-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greeter\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[accessctl.commands]\ngreet = greeter:greet\n")
    return tmp_path


def test_an_installed_package_adds_its_command(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(package)
    ((row, load),) = [found for found in added_commands() if found[0].name == "greet"]
    assert row.help == "From the package greeter."
    assert "greeter" not in sys.modules
    assert load().__name__ == "greet"
    del sys.modules["greeter"]


def test_it_is_listed_and_run_like_ours(package: Path) -> None:
    def said(*words: str) -> "subprocess.CompletedProcess[str]":
        paths = os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])
        return subprocess.run(
            [sys.executable, "-m", "accessctl", *words],
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )

    assert "From the package greeter." in said("--help").stdout
    done = said("greet", "Ada")
    assert (done.returncode, done.stdout, done.stderr) == (7, "hello Ada\n", "")
    assert said("greet").returncode == 2
