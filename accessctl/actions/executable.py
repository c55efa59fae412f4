"""Whether the kernel would start a program, by its own rules (execve(2), binfmt_script and _elf).

Nothing is started to find out: the file's bits, its mount, and its first bytes are read.
"""

import os
import shlex
import shutil
import struct
import sys
from pathlib import Path
from typing import IO

# What the kernel reads of a program before it decides, and how many scripts may run one another.
HEAD_BYTES = 256
MOST_SCRIPTS = 5

ELF = b"\x7fELF"
ELF_HEAD_BYTES = 64
PROGRAM_INTERPRETER = 3
MOST_SEGMENTS = 100
# A 64-bit x86 kernel starts 32-bit programs, too.
COMPATIBLE = {62: {62, 3}, 183: {183, 40}}
BINFMT_MISC = Path("/proc/sys/fs/binfmt_misc")
ITS_OWN = {"register", "status"}


def obstacle(program: Path, search_path: str | None) -> str | None:
    """Why the kernel would not start `program`, as a sentence with the way out; None: it would.

    `search_path` is the PATH on which `env` looks for the interpreter that a script names.
    """
    return _obstacle(program, search_path, MOST_SCRIPTS)


def _obstacle(program: Path, search_path: str | None, left: int) -> str | None:
    try:
        if not program.is_file():
            return f"{program} is not a file; correct argv."
        if not os.access(program, os.X_OK):
            return f"{program} may not be executed; chmod +x it."
        if os.statvfs(program).f_flag & os.ST_NOEXEC:
            return f"{program} lies on a disk from which nothing is executed (noexec); move it."
        with program.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except PermissionError:
        # A program may be run that may not be read; then its kind is not known here.
        return None
    except OSError as error:
        return f"{program} cannot be read ({error.strerror}); check its disk."
    if is_registered(program, head):
        return None
    if head.startswith(b"#!"):
        return _script_obstacle(program, head, search_path, left)
    if head.startswith(ELF):
        return _binary_obstacle(program)
    return (
        f"{program} is not a program: a script needs a first line such as #!/bin/sh, without "
        "anything before it."
    )


def _script_obstacle(program: Path, head: bytes, search_path: str | None, left: int) -> str | None:
    line, end, _ = head[2:].partition(b"\n")
    if line.endswith(b"\r"):
        return (
            f"{program} has the line ends of Windows (CRLF), so its interpreter is not found; "
            f"run: sed -i 's/\\r$//' {shlex.quote(str(program))}"
        )
    words = line.strip(b" \t").split(None, 1)
    if not end and len(head) == HEAD_BYTES and len(words) == 1:
        return f"{program}: its interpreter's name is longer than {HEAD_BYTES} bytes; shorten it."
    if not words:
        return f"{program}: its first line names no interpreter; write #!/bin/sh."
    interpreter = Path(os.fsdecode(words[0]))
    if not interpreter.is_file():
        return f"{program} asks for {interpreter}, which is not there; correct its first line."
    if left == 0:
        return f"{program}: its interpreter is a script of a script too often; name another."
    below = _obstacle(interpreter, search_path, left - 1)
    if below is not None:
        return f"{program} asks for {interpreter}, which cannot be run: {below}"
    if interpreter.name == "env" and len(words) > 1:
        return _env_obstacle(program, os.fsdecode(words[1]), search_path)
    return None


def _env_obstacle(program: Path, argument: str, search_path: str | None) -> str | None:
    """`argument` is all that follows env on the line: the kernel hands it on as one."""
    splits = argument.startswith(("-S", "--split-string"))
    if not splits and argument.startswith("-"):
        return None
    text = argument.removeprefix("--split-string").removeprefix("-S").lstrip("= ")
    name = next((word for word in text.split() if "=" not in word), "") if splits else argument
    if not name or name.startswith("-"):
        return None
    if not splits and any(letter.isspace() for letter in name.strip()):
        return (
            f"{program}: env is asked for the one program {name.strip()!r}; write `env -S` before "
            "several words."
        )
    if shutil.which(name.strip(), path=search_path) is None:
        return (
            f"{program} asks env for {name.strip()}, which is not on the PATH "
            f"({search_path or 'none'}); install it, or name its full path in the first line."
        )
    return None


def _binary_obstacle(program: Path) -> str | None:
    with program.open("rb") as file:
        head = file.read(ELF_HEAD_BYTES)
        if len(head) < ELF_HEAD_BYTES or head[4] not in (1, 2) or head[5] not in (1, 2):
            return f"{program} is a damaged program; install it again."
        order = "<" if head[5] == 1 else ">"
        machine = struct.unpack_from(f"{order}H", head, 18)[0]
        if machine not in _own_machines():
            return f"{program} is built for another kind of machine; install the one for this."
        loader = _loader(file, head, order)
    if loader is not None and not Path(loader).is_file():
        return f"{program} needs {loader}, which is not there; install the one for this system."
    return None


def _loader(file: IO[bytes], head: bytes, order: str) -> str | None:
    """What starts a dynamic program; None for a static one, or one whose table makes no sense."""
    is_64 = head[4] == 2
    table = struct.unpack_from(f"{order}{'Q' if is_64 else 'I'}", head, 32 if is_64 else 28)[0]
    size, count = struct.unpack_from(f"{order}HH", head, 54 if is_64 else 42)
    for number in range(min(count, MOST_SEGMENTS)):
        entry = _read_at(file, table + number * size, size)
        if len(entry) < (56 if is_64 else 32):
            return None
        if struct.unpack_from(f"{order}I", entry)[0] == PROGRAM_INTERPRETER:
            kind = "Q" if is_64 else "I"
            start = struct.unpack_from(f"{order}{kind}", entry, 8 if is_64 else 4)[0]
            length = struct.unpack_from(f"{order}{kind}", entry, 32 if is_64 else 16)[0]
            return os.fsdecode(_read_at(file, start, min(length, 4096)).split(b"\0")[0]) or None
    return None


def _read_at(file: IO[bytes], start: int, length: int) -> bytes:
    file.seek(min(start, 1 << 40))
    return file.read(length)


def _own_machines() -> set[int]:
    """ELF's numbers of the machines whose programs run here, told from the interpreter's own."""
    with open(sys.executable, "rb") as file:
        head = file.read(ELF_HEAD_BYTES)
    own: int = struct.unpack_from("<H" if head[5] == 1 else ">H", head, 18)[0]
    return COMPATIBLE.get(own, {own})


def is_registered(program: Path, head: bytes, registry: Path = BINFMT_MISC) -> bool:
    """Whether the kernel was told how to start files of this kind (binfmt_misc)."""
    try:
        entries = [entry for entry in registry.iterdir() if entry.name not in ITS_OWN]
        return any(_matches(entry.read_text("ascii"), program, head) for entry in entries)
    except (OSError, ValueError, KeyError):
        return False


def _matches(entry: str, program: Path, head: bytes) -> bool:
    """`entry` is what the kernel says of one kind: a key and its value a line."""
    lines = entry.splitlines()
    said = dict(line.split(None, 1) for line in lines if len(line.split(None, 1)) == 2)
    if "enabled" not in lines:
        return False
    if "extension" in said:
        return program.suffix == said["extension"]
    magic = bytes.fromhex(said["magic"])
    mask = bytes.fromhex(said["mask"]) if "mask" in said else b"\xff" * len(magic)
    start = int(said.get("offset", 0))
    there = head[start : start + len(magic)]
    return len(there) == len(magic) and all(
        (byte ^ wanted) & bits == 0 for byte, wanted, bits in zip(there, magic, mask, strict=True)
    )
