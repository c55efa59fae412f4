"""Many doors in one process, as benchmarks.site runs them: each with its folder, its log and the
door's own code beside it, and no camera.

A request is one line of JSON on standard input, `{"do": ..., ...}`; its answer one line on standard
output, `{"times": [...]}`, seconds for each door.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accessctl.audit.append import append_all
from accessctl.audit.log import EventLog
from accessctl.audit.schema import row_of
from accessctl.domain import Event, EventKind
from accessctl.storage.sqlite import connect
from accessctl.sync.joining import fingerprint_in, join
from accessctl.sync.link import HubLink

BUSY_S = 30.0
# As a decision with its evidence takes, on the average.
TEXT = "x" * 600


@dataclass(frozen=True, slots=True)
class LoadDoor:
    """A door by its name, below `folder`."""

    name: str
    folder: Path
    url: str

    @property
    def log_file(self) -> Path:
        return self.folder / self.name / "state" / "events.sqlite"

    @property
    def sync_folder(self) -> Path:
        return self.folder / self.name / "sync"

    def join(self, fingerprint: str, code: str) -> None:
        join(self.url, fingerprint_in(fingerprint), code, self.sync_folder)

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
        link = HubLink(self.log_file, self.url, self.sync_folder)
        try:
            while link.work_once():
                pass
        finally:
            link.disconnect()


def timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


class LoadDoors:
    """All of this process; `ask` answers one request."""

    def __init__(self, folder: Path, url: str, names: list[str]) -> None:
        self._doors = [LoadDoor(name, folder, url) for name in names]
        self._pool = ThreadPoolExecutor(len(names))

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        do = request["do"]
        if do == "join":
            codes = request["codes"]
            acts = [
                lambda door=door: door.join(request["fingerprint"], codes[door.name])
                for door in self._doors
            ]
        elif do == "write":
            acts = [lambda door=door: door.write(request["count"]) for door in self._doors]
        elif do == "send":
            acts = [door.send_all for door in self._doors]
        else:
            raise ValueError(do)
        times = list(self._pool.map(timed, acts))
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {"times": times, "cpu_s": used.ru_utime + used.ru_stime}


def main() -> None:
    folder, url, *names = sys.argv[1:]
    doors = LoadDoors(Path(folder), url, names)
    for line in sys.stdin:
        print(json.dumps(doors.ask(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
