"""YAML and NumPy's .npz that somebody else may have written, read without trust.

YAML is one mapping, as a configuration needs it: no aliases, no key twice. An .npz holds no
pickles and takes no more memory than it may. NumPy is imported once an array is read: the
configuration does without.
"""

import codecs
import math
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BYTES = 1 << 20
MAX_DEPTH = 50
MAX_DIGITS = 100
_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})


class _StrictLoader(yaml.SafeLoader):
    """Refuses what a person never means: aliases (they can multiply), a key given twice."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError(f"an alias in line {self.line + 1}; write the value out")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.YAMLError("it is nested too deeply")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_scalar(self, node: Any) -> Any:
        value = super().construct_scalar(node)
        if isinstance(value, str):
            complaint = _unusable(value, is_number=node.tag in _NUMBERS)
            if complaint:
                raise yaml.YAMLError(f"{complaint} in line {node.start_mark.line + 1}")
        return value

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"the key {key.value[:60]!r} stands twice (line {line})")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_mapping(path: Path) -> dict[Any, Any]:
    """The mapping in `path`, empty for an empty file; OSError, and ValueError as parse_mapping."""
    return parse_mapping(read_bounded(path))


def read_bounded(path: Path) -> bytes:
    """What is in `path`, up to one byte more than a mapping may have; OSError."""
    with path.open("rb") as file:
        # Not by its size: a pipe or a device tells none.
        return file.read(MAX_BYTES + 1)


def parse_mapping(content: bytes) -> dict[Any, Any]:
    """The mapping that a file of YAML holds, empty for an empty one.

    Raises ValueError with a short reason when it is larger than MAX_BYTES, not UTF-8, not YAML,
    or not a mapping.
    """
    if len(content) > MAX_BYTES:
        raise ValueError("is larger than 1 MiB")
    text = _decoded(content)
    try:
        raw = yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        # The last four are what PyYAML's scalars raise for "2001-99-99" or "!!bool x".
        raise ValueError(f"is not valid YAML: {shortened(_reason(error))}") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ValueError("must hold sections such as 'camera:' and 'policy:'")
    return raw


def _decoded(content: bytes) -> str:
    """UTF-8, with or without its mark; ValueError in an editor's words for anything else."""
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    # Without a mark: every second byte of plain letters is zero.
    if is_utf16 or (len(content) > 3 and content[:4].count(0) == 2):
        raise ValueError(
            "is UTF-16, which editors on Windows call Unicode, and has to be saved as UTF-8"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"holds a character in line {line} that is not UTF-8, as which it has to be saved"
        ) from error


def _reason(error: Exception) -> str:
    mark: yaml.Mark | None = getattr(error, "problem_mark", None)
    if not isinstance(error, yaml.MarkedYAMLError) or mark is None:
        return str(error)
    return f"{error.problem}, in line {mark.line + 1}, column {mark.column + 1}"


def _unusable(text: str, *, is_number: bool) -> str | None:
    """What is wrong with a scalar, None for most."""
    if is_number and len(text) > MAX_DIGITS:
        return f"a number of {len(text)} characters"
    if "\0" in text:
        return "a NUL character"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "half of a surrogate pair, which is no character,"
    return None


def shortened(text: str, longest: int = 300) -> str:
    """On one line, printable, and never longer than `longest`."""
    line = " ".join(text.split())
    line = "".join(letter if letter.isprintable() else "?" for letter in line)
    return line if len(line) <= longest else f"{line[: longest - 4]} ..."


def printable(text: str) -> str:
    """The same text with everything unprintable written as a backslash escape.

    Covers control characters, terminal escapes, line breaks, bidirectional overrides
    and lone surrogates, so that nobody's text can forge a log line or steer a terminal.
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def read_arrays(path: Path, names: Sequence[str], max_bytes: int) -> "list[NDArray[Any]]":
    """The arrays of those names, each of at most `max_bytes`, as `np.savez` keeps them.

    Raises OSError when the file cannot be opened, and ValueError for anything else.
    """
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return [_array(archive, f"{name}.npy", max_bytes) for name in names]
        except Exception as error:
            # Whatever it is: on hostile bytes the decompressors and parsers raise anything.
            raise ValueError(f"no array file ({type(error).__name__})") from error


def _array(archive: zipfile.ZipFile, name: str, max_bytes: int) -> "NDArray[Any]":
    import numpy as np
    from numpy.lib import format as npy

    member = archive.getinfo(name)
    if member.file_size > max_bytes:
        raise ValueError("too large")
    with archive.open(member) as stream:
        # No more than the size that the archive promises is ever decompressed.
        content = BytesIO(stream.read())
    if npy.read_magic(content) != (1, 0):
        raise ValueError("another version")
    shape, is_fortran, dtype = npy.read_array_header_1_0(content)
    data = content.read()
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError("another size than its shape says")
    values: NDArray[Any] = np.frombuffer(data, dtype)
    return values.reshape(shape, order="F" if is_fortran else "C")
