"""What is said of a program is compared with what the kernel does with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.actions.executable import is_registered, obstacle

PATH = os.environ["PATH"]


def program(path: Path, content: bytes, mode: int = 0o755) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def starts(path: Path) -> bool:
    """Whether it runs, and the interpreter that it asks env for, too."""
    try:
        ended = subprocess.run(
            [str(path)], env={"PATH": PATH}, stdin=subprocess.DEVNULL, capture_output=True
        )
    except OSError:
        return False
    # What env answers when there is no such program.
    return ended.returncode != 127


SCRIPTS = {
    "plain": b"#!/bin/sh\nexit 0\n",
    "with an argument": b"#!/bin/sh -e\nexit 0\n",
    "with blanks": b"#! \t/bin/sh \t\nexit 0\n",
    "without a line end": b"#!/bin/true",
    "env": b"#!/usr/bin/env sh\nexit 0\n",
    "env -S": b"#!/usr/bin/env -S sh -e\nexit 0\n",
    "env -S with a variable": b"#!/usr/bin/env -S A=1 sh\nexit 0\n",
    "a Windows line end": b"#!/bin/sh\r\nexit 0\r\n",
    "a Windows line end after env": b"#!/usr/bin/env sh\r\nexit 0\r\n",
    "no first line": b"exit 0\n",
    "an empty file": b"",
    "only the mark": b"#!\n",
    "a mark of order": b"\xef\xbb\xbf#!/bin/sh\nexit 0\n",
    "a blank line first": b"\n#!/bin/sh\nexit 0\n",
    "no such interpreter": b"#!/no/such/sh\nexit 0\n",
    "a folder for interpreter": b"#!/bin\nexit 0\n",
    "env of nothing that is there": b"#!/usr/bin/env no-such-interpreter\nexit 0\n",
    "env -S of nothing that is there": b"#!/usr/bin/env -S no-such-interpreter -u\n",
    "env with two words": b"#!/usr/bin/env sh -e\nexit 0\n",
    "an argument that is too long": b"#!/bin/true " + b"x" * 300 + b"\n",
    "an interpreter that is too long": b"#!/bin/" + b"x" * 300 + b"\n",
    "an ELF that ends": b"\x7fELF",
    "an ELF of nonsense": b"\x7fELF" + bytes(200),
    "rubbish": bytes(range(256)),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_kernel_agrees(tmp_path: Path, name: str) -> None:
    path = program(tmp_path / "unlock", SCRIPTS[name])
    said = obstacle(path, PATH)
    assert (said is None) == starts(path), said
    if said is not None:
        assert str(path) in said
        assert said.endswith((".", str(path)))
        assert said.count("\n") == 0


def test_binaries_and_their_loaders(tmp_path: Path) -> None:
    true = Path("/bin/true").resolve()
    assert obstacle(true, PATH) is None
    content = true.read_bytes()
    loader = next(
        part for part in content.split(b"\0") if part.startswith(b"/lib") and b"ld-" in part
    )
    without = program(tmp_path / "musl", content.replace(loader, b"/no" + loader[3:]))
    assert not starts(without)
    assert "which is not there" in str(obstacle(without, PATH))
    foreign = bytearray(content)
    foreign[18:20] = b"\x16\x00"
    other = program(tmp_path / "s390", bytes(foreign))
    assert not starts(other)
    assert "another kind of machine" in str(obstacle(other, PATH))
    assert obstacle(Path(sys.executable), PATH) is None


def test_a_script_of_a_script(tmp_path: Path) -> None:
    below = program(tmp_path / "0", b"#!/bin/sh\nexit 0\n")
    for depth in range(1, 8):
        path = program(tmp_path / str(depth), f"#!{below}\n".encode())
        assert (obstacle(path, PATH) is None) == starts(path), depth
        below = path


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_program_that_may_be_run_and_not_read(tmp_path: Path) -> None:
    assert obstacle(program(tmp_path / "x", Path("/bin/true").read_bytes(), 0o111), PATH) is None


def test_what_may_not_be_executed(tmp_path: Path) -> None:
    path = program(tmp_path / "x", b"#!/bin/sh\n", 0o644)
    assert obstacle(path, PATH) == f"{path} may not be executed; chmod +x it."
    assert "is not a file" in str(obstacle(tmp_path, PATH))
    assert "is not a file" in str(obstacle(tmp_path / "none", PATH))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"#!", b"#!/", b"\x7fELF", b"\x7fELF\x02\x01"])
)
def test_any_bytes_get_an_answer(tmp_path: Path, content: bytes, before: bytes) -> None:
    obstacle(program(tmp_path / "x", before + content), PATH)


@pytest.mark.parametrize(
    ("entry", "matches"),
    [
        ("enabled\ninterpreter /x\nflags: \noffset 0\nmagic cafebabe\n", True),
        ("enabled\ninterpreter /x\nflags: \noffset 2\nmagic babe\nmask ffff\n", True),
        ("enabled\ninterpreter /x\nflags: \noffset 0\nmagic caff\nmask fff0\n", True),
        ("enabled\ninterpreter /x\nflags: \nextension .jar\n", True),
        ("disabled\ninterpreter /x\nflags: \nextension .jar\n", False),
        ("enabled\ninterpreter /x\nflags: \nextension .exe\n", False),
        ("enabled\ninterpreter /x\nflags: \noffset 0\nmagic cafe00\n", False),
        ("enabled\nrubbish", False),
    ],
)
def test_kinds_that_the_kernel_was_told_of(tmp_path: Path, entry: str, matches: bool) -> None:
    (tmp_path / "register").write_text("")
    (tmp_path / "status").write_text("enabled\n")
    (tmp_path / "some").write_text(entry)
    assert is_registered(Path("door.jar"), b"\xca\xfe\xba\xbe", tmp_path) is matches
