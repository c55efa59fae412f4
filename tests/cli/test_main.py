import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

import accessctl
from accessctl.cli import main as module
from accessctl.cli.main import COMMANDS, main
from accessctl.errors import CameraError, ConfigError


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException | int], int]:
    """The exit code when the command raises or returns so."""

    def run(ending: BaseException | int) -> int:
        def func(args: object) -> int:
            if isinstance(ending, BaseException):
                raise ending
            return ending

        class Parser:
            def parse_args(self, argv: object):
                return type("Args", (), {"func": staticmethod(func)})

        monkeypatch.setattr(module, "parser", Parser)
        return main([])

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


def test_ctrl_c_is_130(ends, capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == ""


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


@pytest.mark.parametrize(
    "argv", [[], ["dance"], ["run", "--seconds", "soon"], ["verify", "a.jpg"], ["config"]]
)
def test_wrong_usage_is_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as usage:
        main(argv)
    assert usage.value.code == 2
    assert "usage: accessctl" in capsys.readouterr().err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["--help"])
    assert done.value.code == 0
    shown = capsys.readouterr().out
    # A long name has its help on the next line.
    listed = {line.split()[0] for line in shown.splitlines() if line.startswith("    ")}
    assert set(COMMANDS) <= listed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([command, "--help"])
    assert done.value.code == 0
    assert f"usage: accessctl {command}" in capsys.readouterr().out


def test_chatty_libraries_are_kept_quiet(ends) -> None:
    ends(0)
    assert logging.getLogger("httpx").level == logging.WARNING


PROGRAM = [sys.executable, "-m", "accessctl"]


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


def test_commands_about_people_load_no_models(site) -> None:
    site.put("Ada")
    script = (
        "import sys; from accessctl.cli.main import main; code = main(sys.argv[1:]);"
        "heavy = {'cv2', 'mediapipe', 'tensorflow', 'keras', 'ai_edge_litert'} & set(sys.modules);"
        "sys.exit(code or ','.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "people", "--config", str(site.config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Ada" in done.stdout


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


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"accessctl {accessctl.__version__}\n"
