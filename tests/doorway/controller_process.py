"""libosdp's own controller, as a process at the other end of a line: `control_panel.py` starts it.

The line is the descriptor of the first argument. Commands come in as JSON on standard input, what
happens goes out on standard output, both one to a line.
"""

import json
import os
import queue
import sys
import threading
import time
from typing import Any

import osdp
import osdp_sys


class Line:
    """Tells of all that it reads, too."""

    id = 0

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        os.set_blocking(descriptor, False)

    def read(self, most: int) -> bytes:
        try:
            part = os.read(self._descriptor, most)
        except OSError:
            return b""
        say(heard=part.hex())
        return part

    def write(self, content: bytes) -> int:
        try:
            return os.write(self._descriptor, content)
        except OSError:
            return len(content)

    def flush(self) -> None:
        """What is written leaves by itself."""


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def told(event: dict[str, Any]) -> dict[str, Any]:
    return {name: one.hex() if isinstance(one, bytes) else one for name, one in event.items()}


def main() -> None:
    asked = json.loads(sys.argv[2])
    flags = {"installs": osdp.LibFlag.InstallMode, "secures": osdp.LibFlag.EnforceSecure}
    info = osdp.PDInfo(
        asked["address"],
        Line(int(sys.argv[1])),
        scbk=bytes.fromhex(asked["key"]) if asked["key"] else None,
        flags=[flag for name, flag in flags.items() if asked[name]],
        name="controller",
    )
    osdp_sys.set_loglevel(osdp.LogLevel.Emergency)
    controller = osdp_sys.ControlPanel([info.get()])

    def hear(_number: int, event: dict[str, Any]) -> int:
        say(event=told(event))
        return 0

    controller.set_event_callback(hear)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def take() -> None:
        for line in iter(sys.stdin.readline, ""):
            lines.put(line)
        os._exit(0)

    threading.Thread(target=take, daemon=True).start()
    before = None
    while True:
        controller.refresh()
        now = bool(controller.status()), bool(controller.sc_status())
        if now != before:
            before = now
            say(online=now[0], secure=now[1])
        while not lines.empty():
            command = json.loads(lines.get())
            if isinstance(command.get("key"), str):
                command["data"] = bytes.fromhex(command.pop("key"))
            say(submitted=controller.submit_command(0, command))
        time.sleep(0.02)


if __name__ == "__main__":
    main()
