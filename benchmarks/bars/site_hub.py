"""The hub as `accessctl hub run` runs it, which tells when it had answered which wait: so what the
hub takes to tell all doors can be told from what doors on the same machine take to hear it.

    python -m benchmarks.bars.site_hub FILE hub run --config hub.yaml

Each line of FILE is the moment (epoch seconds) at which the whole of an answer was handed to the
connection, and how far the feed was that it spoke of.
"""

import os
import re
import sys
import time
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accessctl.__main__ import entry
from accessctl.hub import server
from accessctl.sync.feed_wire import WAIT
from accessctl.sync.wire import API

HEAD = re.compile(rb'"head":\{"seq":(\d+)')


class TimedWaits:
    """An application whose waits are timed, to the file of that descriptor."""

    def __init__(self, app: ASGIApp, file: int) -> None:
        self._app = app
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != API + WAIT:
            return await self._app(scope, receive, send)

        async def timed(message: Message) -> None:
            await send(message)
            head = HEAD.search(message.get("body", b""))
            if head is not None:
                os.write(self._file, b"%.6f %s\n" % (time.time(), head.group(1)))

        return await self._app(scope, receive, timed)


def answered(file: Path, seq: int) -> list[float]:
    """The moments at which waits were answered that told of a feed as far as `seq`, or further."""
    told = (line.split() for line in file.read_text(encoding="ascii").splitlines())
    return [float(moment) for moment, number in told if int(number) >= seq]


def main() -> None:
    file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    made = server.application
    server.application = lambda hub: TimedWaits(made(hub), file)
    sys.argv[1:] = sys.argv[2:]
    entry()


if __name__ == "__main__":
    main()
