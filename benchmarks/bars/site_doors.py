"""Many doors in one process, as benchmarks.site runs them: each with its folder, its log and the
door's own code beside it, and no camera.

A request is one line of JSON on standard input, `{"do": ..., ...}`; its answer one line on standard
output, `{"times": [...]}`, seconds for each door.
"""

import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from accessctl.audit.append import append_all
from accessctl.audit.log import EventLog
from accessctl.audit.opening import open_log
from accessctl.audit.schema import row_of
from accessctl.config import config_of
from accessctl.domain import Event, EventKind
from accessctl.storage.sqlite import connect
from accessctl.sync.feed_link import FeedLink, hub_feed
from accessctl.sync.joining import fingerprint_in, join
from accessctl.sync.link import HubLink

BUSY_S = 30.0
LOOK_S, LONGEST_S = 0.01, 600.0
# As a decision with its evidence takes, on the average.
TEXT = "x" * 600


class LoadDoor:
    """A door by its name, below `folder`."""

    def __init__(self, name: str, folder: Path, url: str) -> None:
        self.name = name
        self._url = url
        self._config = config_of({"sync": {"hub": url}}, folder / name, name)
        self._beside = ExitStack()
        self._link: FeedLink | None = None

    @property
    def log_file(self) -> Path:
        return self._config.audit.file

    @property
    def sync_folder(self) -> Path:
        return self._config.sync_folder

    def join(self, fingerprint: str, code: str) -> None:
        join(self._url, fingerprint_in(fingerprint), code, self.sync_folder)

    def begin(self) -> None:
        """Be beside the hub from now on, its people kept as the hub's."""
        log = self._beside.enter_context(open_log(self._config.audit, os.environ))
        self._link = self._beside.enter_context(
            hub_feed(self._config, os.environ, log, lambda: None)
        )

    def until(self, seq: int) -> None:
        """Until the door has all changes up to that one, on its disk."""
        assert self._link is not None
        deadline = time.monotonic() + LONGEST_S
        while (self._link.report().get("change") or 0) < seq:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: {self._link.report()}")
            time.sleep(LOOK_S)

    def end(self) -> None:
        self._beside.close()

    def forget(self) -> None:
        """As a door whose gallery was lost: everything has to come anew."""
        self.end()
        shutil.rmtree(self._config.gallery.folder)

    def write(self, count: int) -> None:
        """So many more events, in one transaction: what the disk takes for each is the door's own
        affair."""
        EventLog(self.log_file).close()
        events = [
            Event(time.time(), EventKind.DECISION, {"decision": "unknown", "evidence": TEXT})
            for _ in range(count)
        ]
        with closing(connect(self.log_file, BUSY_S)) as db:
            append_all(db, lambda _: [row_of(event) for event in events], None)

    def send_all(self) -> None:
        link = HubLink(self.log_file, self._url, self.sync_folder)
        try:
            while link.work_once():
                pass
        finally:
            link.disconnect()


def timed(act: Callable[[], object], since: float | None) -> float:
    """How long `act` takes, or until when it has taken `since` (epoch seconds)."""
    begun = time.time() if since is None else since
    act()
    return time.time() - begun


class LoadDoors:
    """All of this process; `ask` answers one request."""

    def __init__(self, folder: Path, url: str, names: list[str]) -> None:
        self._doors = [LoadDoor(name, folder, url) for name in names]
        self._pool = ThreadPoolExecutor(len(names))

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """`since` in it is the moment from which the times count, epoch seconds."""
        acts = [_act(door, request) for door in self._doors]
        times = self._pool.map(lambda act: timed(act, request.get("since")), acts)
        return {"times": list(times)}


def _act(door: LoadDoor, request: dict[str, Any]) -> Callable[[], object]:
    match request["do"]:
        case "join":
            return lambda: door.join(request["fingerprint"], request["codes"][door.name])
        case "write":
            return lambda: door.write(request["count"])
        case "until":
            return lambda: door.until(request["seq"])
        case "begin":
            return door.begin
        case "end":
            return door.end
        case "forget":
            return door.forget
        case "send":
            return door.send_all
        case other:
            raise ValueError(other)


def main() -> None:
    # Of each door the same: that its keys lie beside its data.
    logging.disable(logging.WARNING)
    folder, url, *names = sys.argv[1:]
    doors = LoadDoors(Path(folder), url, names)
    for line in sys.stdin:
        print(json.dumps(doors.ask(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
