"""The words of the control socket: one JSON object a line, read as hostile."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from accessctl.errors import InputError

MAX_LINE = 4096
COMMAND = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)


def parse_request(line: bytes) -> tuple[str, dict[str, Any]]:
    """The command and the other fields of one request; raises InputError for anything else.

    `line` holds at most MAX_LINE bytes of UTF-8, with or without its line feed. Numbers are
    finite and no key stands twice, so that no two readers can understand it differently.
    """
    if len(line) > MAX_LINE:
        raise InputError(f"A request is at most {MAX_LINE} bytes long; send a shorter one.")
    try:
        request = json.loads(
            line.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise InputError("A request is one JSON object on one line; this is none.") from error
    if not isinstance(request, dict):
        raise InputError("A request is one JSON object on one line; this is none.")
    command = request.pop("command", None)
    if not isinstance(command, str) or COMMAND.fullmatch(command) is None:
        raise InputError('A request names its command, such as {"command": "status"}.')
    return command, request


def accepted(answer: Mapping[str, Any]) -> bytes:
    """The line of a reply; raises TypeError or ValueError when `answer` is not JSON."""
    return _line({**answer, "ok": True})


def refused(sentence: str) -> bytes:
    return _line({"ok": False, "error": sentence})


def request_line(command: str, fields: Mapping[str, Any]) -> bytes:
    """The line of a request; raises InputError when it is longer than a door reads."""
    line = _line({**fields, "command": command})
    if len(line) > MAX_LINE:
        raise InputError(f"A request is at most {MAX_LINE} bytes long; send a shorter one.")
    return line


def _line(value: Mapping[str, Any]) -> bytes:
    # ASCII only: no line separator of Unicode can end the line early.
    return json.dumps(value, allow_nan=False).encode("ascii") + b"\n"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number
