import os
import subprocess
import sys
from pathlib import Path

import pytest

from accessctl.cli.added import added_commands
from accessctl.cli.main import main

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
    ((row, added),) = [found for found in added_commands() if found[0].name == "greet"]
    assert row.help == "From the package greeter."
    assert "greeter" not in sys.modules
    assert added.load().__name__ == "greet"
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


FAULTS = {
    "import nowhere": "cannot be loaded (ModuleNotFoundError: No module named 'nowhere')",
    "raise SystemExit(3)": "cannot be loaded (SystemExit: 3)",
    "1 +": "cannot be loaded (SyntaxError: invalid syntax (greeter.py, line 1))",
    "": "cannot be loaded (AttributeError: module 'greeter' has no attribute 'greet')",
    "greet = 7": "is of type int, neither a Typer nor a function",
    "import typer; greet = typer.Typer()": "cannot be made (RuntimeError: ",
}


@pytest.mark.parametrize("content", FAULTS)
@pytest.mark.parametrize("words", [["greet", "Ada"], ["greet", "--help"]])
def test_one_that_cannot_be_loaded_is_one_sentence(
    package: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    words: list[str],
) -> None:
    (package / "greeter.py").write_text(f"{content}\n")
    monkeypatch.syspath_prepend(package)
    try:
        assert main(words) == 1
    finally:
        sys.modules.pop("greeter", None)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(
        f"accessctl: The command 'greet' of the package greeter {FAULTS[content]}"
    )
    assert said.err.endswith("; correct that package, or uninstall it.\n")
    assert said.err.count("\n") == 1


def test_a_package_that_is_half_uninstalled_stops_no_command(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (package / "greeter-1.dist-info" / "METADATA").unlink()
    (package / "greeter.py").unlink()
    monkeypatch.syspath_prepend(package)
    assert main(["--help"]) == 0
    assert "From the package (unknown)." in capsys.readouterr().out
    assert main(["greet"]) == 1
    assert "of the package (unknown) cannot be loaded" in capsys.readouterr().err
