"""Ask the door that runs on this machine."""

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from accessctl.errors import FaultError, InputError
from accessctl.service.message import request_line

TIMEOUT_S = 10.0
MAX_REPLY = 1 << 20


def ask(path: Path, command: str, **fields: Any) -> dict[str, Any]:
    """The reply's fields without `ok`.

    Raises FaultError when no door answers at `path`, InputError with the door's own sentence
    when it refuses.
    """
    line = request_line(command, fields)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(TIMEOUT_S)
            client.connect(os.fspath(path))
            with suppress(BrokenPipeError):
                # A door that is asked by too many says so before it reads.
                client.sendall(line)
            reply = _read_line(client, time.monotonic() + TIMEOUT_S)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise FaultError(f"No door is running on {path}; start it with `accessctl run`.") from error
    except PermissionError as error:
        raise FaultError(
            f"You may not ask the door on {path}; do so as root or as the door's user."
        ) from error
    except OSError as error:
        raise FaultError(
            f"The door on {path} does not answer ({error.strerror or error}); look at its log."
        ) from error
    return _understood(reply, path)


def _read_line(client: socket.socket, until: float) -> bytes:
    """Up to the first line feed, or what there is; TimeoutError when that takes too long."""
    read = bytearray()
    while not read.endswith(b"\n") and len(read) <= MAX_REPLY:
        client.settimeout(max(0.001, until - time.monotonic()))
        part = client.recv(65536)
        if not part:
            break
        read += part
    return bytes(read)


def _understood(line: bytes, path: Path) -> dict[str, Any]:
    try:
        reply = json.loads(line)
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        raise FaultError(f"What answers on {path} is no door; check service.socket.")
    if reply.pop("ok", None) is not True:
        raise InputError(str(reply.get("error", "The door refused without a reason.")))
    return reply
