import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import accessctl
from accessctl.cli.commands import COMMANDS
from accessctl.cli.front import Typed
from accessctl.cli.main import CAMERA_THREAD, added_commands, leave, main
from accessctl.errors import CameraError, ConfigError

PROGRAM = [sys.executable, "-m", "accessctl"]

TOP = [row.name for row in COMMANDS if " " not in row.name]


@pytest.fixture
def ends() -> Callable[[BaseException | int], int]:
    """The exit code when the command raises or returns so."""

    def run(ending: BaseException | int) -> int:
        def perform(_: Typed) -> int:
            if isinstance(ending, BaseException):
                raise ending
            return ending

        return main(["people"], perform)

    return run


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_commands_code_is_the_programs(ends, code: int) -> None:
    assert ends(code) == code


@pytest.mark.parametrize(("error", "code"), [(ConfigError("Wrong."), 2), (CameraError("Gone."), 1)])
def test_an_error_is_a_sentence(
    ends, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    assert ends(error) == code
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"accessctl: {error}\n")


def test_ctrl_c_is_130_and_one_word(ends, capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(KeyboardInterrupt()) == 130
    assert capsys.readouterr() == ("", "interrupted\n")


def test_a_missing_system_library_names_its_package(
    ends, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = "libGL.so.1: cannot open shared object file: No such file or directory"
    assert ends(ImportError(missing)) == 1
    assert capsys.readouterr().err == (
        "accessctl: The system library libGL.so is missing; install it with: apt install libgl1\n"
    )


def test_what_nobody_foresaw_is_not_hidden(ends) -> None:
    with pytest.raises(ImportError, match="no module"):
        ends(ImportError("no module of that name"))
    with pytest.raises(ZeroDivisionError):
        ends(ZeroDivisionError())
    with pytest.raises(FileNotFoundError):
        ends(FileNotFoundError(2, "No such file", "state/x"))
    with pytest.raises(OSError, match="No space"):
        # A file of ours, which its room has to speak of.
        ends(OSError(28, "No space left on device", "state/events.sqlite"))


@pytest.mark.parametrize(
    "argv", [[], ["dance"], ["run", "--seconds", "soon"], ["verify", "a.jpg"], ["config"]]
)
def test_wrong_usage_is_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("accessctl")
    assert said.err.count("\n") == 1


def test_help_lists_every_command_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for row in COMMANDS:
        if " " not in row.name:
            assert f"│ {row.name} " in shown
            assert f"─ {row.group} ─" in shown


@pytest.mark.parametrize("command", TOP)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"Usage: accessctl {command}" in capsys.readouterr().out


def test_chatty_libraries_are_kept_quiet(ends) -> None:
    ends(0)
    assert logging.getLogger("httpx").level == logging.WARNING


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"accessctl {accessctl.__version__}\n"


def performed(*argv: str | Path, **settings: object) -> "subprocess.CompletedProcess[str]":
    words = [*PROGRAM, *map(str, argv)]
    return subprocess.run(words, capture_output=True, text=True, check=False, **settings)


def test_a_reader_that_has_seen_enough_is_no_error(site) -> None:
    for name in ("Ada", "Bea"):
        site.put(name)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody_reads:
        done = subprocess.run(
            [*PROGRAM, "people", "--config", str(site.config)],
            stdout=nobody_reads,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("format_option", [[], ["--json"]])
def test_a_full_disk_is_one_sentence(site, format_option: list[str]) -> None:
    site.put("Ada")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "people", "--config", str(site.config), *format_option],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        b"accessctl: The output cannot be written (No space left on device); make room.\n"
    )


def test_a_closed_output_is_not_taken_for_a_file_of_ours(site) -> None:
    site.put("Ada")
    before = site.store()
    command = f'exec "{sys.executable}" -m accessctl people --config "{site.config}" 2>&1 >&-'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert site.store() == before


def modules_after(*argv: str | Path) -> set[str]:
    """What a command has imported when it is done."""
    script = (
        "import sys; from accessctl.cli.main import main; code = main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr, sep='\\n'); sys.exit(code)"
    )
    words = [sys.executable, "-c", script, *map(str, argv)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


HEAVY = {"cv2", "mediapipe", "tensorflow", "keras", "ai_edge_litert", "scipy", "matplotlib"}

MODULES = {f"accessctl.cli.{row.module}" for row in COMMANDS if row.module is not None}


def test_people_imports_its_own_code_alone(site) -> None:
    site.put("Ada")
    imported = modules_after("people", "--config", site.config)
    assert imported & MODULES == {"accessctl.cli.people"}
    assert not imported & HEAVY


def test_help_imports_no_command() -> None:
    imported = modules_after("--help")
    assert not imported & (MODULES | HEAVY | {"accessctl.config", "numpy"})


def test_a_file_name_that_is_no_text_is_printed_all_the_same() -> None:
    script = (
        "import json; from accessctl.cli import main\n"
        "from accessctl.cli.common import print_json\n"
        "main.main = lambda argv: print_json({'image': 'a\\udcff'}) or 0\n"
        "main.entry()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == {"image": "a\udcff"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell: str) -> None:
    def completed(line: str) -> str:
        words = line.split(" ")
        done = performed(
            env=os.environ
            | {
                "_ACCESSCTL_COMPLETE": f"complete_{shell}",
                "_TYPER_COMPLETE_ARGS": line,
                "_TYPER_COMPLETE_FISH_ACTION": "get-args",
                "COMP_WORDS": line,
                "COMP_CWORD": str(len(words) - 1),
            }
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert "enroll" in completed("accessctl en")
    assert "people" not in completed("accessctl en")
    assert "calibrate" in completed("accessctl models ca")
    assert "--countdown" in completed("accessctl enroll --co")
    assert "decision" in completed("accessctl events --kind d")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_for_the_shell_that_asks(shell: str, tmp_path: Path) -> None:
    # The shell that a program was started from is found out from its parents.
    script = (
        "import sys; import shellingham; shellingham.detect_shell = lambda: (sys.argv[1], '');"
        "from accessctl.cli.main import main; sys.exit(main(['--install-completion']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, shell],
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    written = [path for path in tmp_path.rglob("*accessctl*") if path.is_file()]
    assert len(written) == 1
    assert "_ACCESSCTL_COMPLETE" in written[0].read_text()


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


# In native code, as a camera that is being drawn or opened is, for longer than the process lives.
LEFT_BEHIND = """
import sys, threading
import cv2, numpy as np
from accessctl.camera.reader import Reader
from accessctl.cli.main import leave
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError

drawing = threading.Event()

class Drawing:
    description, live, endless = "the drawing", True, False

    def open(self):
        picture = np.zeros((64, 64, 3), np.uint8)
        while True:
            cv2.blur(picture, (3, 3))
            drawing.set()

with Reader(Drawing(), CameraConfig(open_timeout_s=0.001)) as reader:
    assert drawing.wait(60)
    try:
        while not reader.ended:
            reader.next(0.01)
    except CameraError as error:
        sys.stdout.write(str(error))
sys.stdout.write(" The end.")
leave(int(sys.argv[1]))
"""


@pytest.mark.parametrize("code", [0, 1])
def test_a_camera_left_behind_in_native_code_does_not_abort_the_process(code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LEFT_BEHIND, str(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (code, "")
    assert ended.stdout == ("the drawing does not answer; check its power and its cable. The end.")


def test_with_nobody_left_behind_it_ends_as_python_does() -> None:
    assert CAMERA_THREAD not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(SystemExit) as ended:
        leave(3)
    assert ended.value.code == 3
