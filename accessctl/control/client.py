"""Ask the door or the hub that runs on this machine, in the words that its control socket
understands.

A request and its reply are one JSON object a line. Who is asked reads requests as hostile, and the
client does so with replies.
"""

import json
import math
import os
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from accessctl.errors import FaultError, InputError

MAX_LINE = 4096
COMMAND = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens at a control socket, in words: `what` it is, the `setting` that says where, and
    the command that starts it."""

    what: str
    setting: str
    start: str


DOOR = Listener("door", "service.socket", "accessctl run")
HUB = Listener("hub", "hub.folder", "accessctl hub run")

MAX_REPLY = 1 << 20


def ask(path: Path, command: str, **fields: Any) -> dict[str, Any]:
    """The reply's fields without `ok`.

    Raises FaultError when no door answers at `path`, InputError with the door's own sentence
    when it refuses.
    """
    return answer_of(path, request_line(command, fields))


def ask_hub(path: Path, command: str, **fields: Any) -> dict[str, Any]:
    """As `ask`, of the hub."""
    return answer_of(path, request_line(command, fields), listener=HUB)


def answer_of(
    path: Path,
    line: bytes,
    *,
    timeout_s: float = TIMEOUT_S,
    most_bytes: int = MAX_REPLY,
    listener: Listener = DOOR,
) -> dict[str, Any]:
    """As `ask`, of a request's whole line; what is longer than `most_bytes` is no reply."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(timeout_s)
            client.connect(os.fspath(path))
            with suppress(BrokenPipeError):
                # Whoever is asked by too many says so before it reads.
                client.sendall(line)
            reply = _read_line(client, time.monotonic() + timeout_s, most_bytes)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise FaultError(
            f"No {listener.what} is running on {path}; start it with `{listener.start}`."
        ) from error
    except PermissionError as error:
        raise FaultError(
            f"You may not ask the {listener.what} on {path}; do so as root or as the "
            f"{listener.what}'s user."
        ) from error
    except OSError as error:
        raise FaultError(
            f"The {listener.what} on {path} does not answer ({error.strerror or error}); look at "
            "its log."
        ) from error
    return _understood(reply, path, listener)


def _read_line(client: socket.socket, until: float, most_bytes: int) -> bytes:
    """Up to the first line feed, or what there is; TimeoutError when that takes too long."""
    read = bytearray()
    while not read.endswith(b"\n") and len(read) <= most_bytes:
        client.settimeout(max(0.001, until - time.monotonic()))
        part = client.recv(65536)
        if not part:
            break
        read += part
    return bytes(read)


def _understood(line: bytes, path: Path, listener: Listener) -> dict[str, Any]:
    try:
        reply = json.loads(line)
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        raise FaultError(f"What answers on {path} is no {listener.what}; check {listener.setting}.")
    if reply.pop("ok", None) is not True:
        unsaid = f"The {listener.what} refused without a reason."
        raise InputError(str(reply.get("error", unsaid)))
    return reply


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
