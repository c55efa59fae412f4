"""Many doors in one process, as benchmarks.site runs them: each with its folder, its log and the
door's own code beside it, and no camera.

A request is one line of JSON on standard input, `{"do": ..., "doors": [...], ...}`; its answer one
line on standard output, a list of seconds for each word in it, a value for each door.

A hundred doors in one process read one after the other what reached them in the same moment. So
some doors are `alone`: few in a process that the others do not keep waiting, as on machines of
their own.
"""

import json
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
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
from accessctl.hub.server import allow_connections
from accessctl.storage.sqlite import connect
from accessctl.sync.client import DoorClient
from accessctl.sync.feed_link import FeedLink, FeedPlace, HubWaiting, SiteHub, SiteMember
from accessctl.sync.feed_wire import ChangeBatch, WaitBeside, Waited
from accessctl.sync.identity import load_membership
from accessctl.sync.joining import fingerprint_in, join
from accessctl.sync.link import HubLink
from accessctl.sync.shared_lines import SharedLines

BUSY_S = 30.0
OWN_LOOK_S = 5.0
"""So often a door looks for what was changed or written at itself, each second as a rule: of a
thousand doors on one machine that alone would take a core."""
POLL_S, LONGEST_S = 0.1, 600.0
AT_ONCE = 16
"""So many doors of a process join, begin or end at the same time."""
FILES_A_DOOR = 16
BEHIND_ALL = 19
ALONE = "--alone"
SWITCH_S = 0.2
"""Python has threads that wait for each other look every 5 ms whether it is their turn: of hundreds
in one process that alone takes all of it, and no door has more than a few."""
# As a decision with its evidence takes, on the average.
TEXT = "x" * 600
Times = dict[str, list[float]]


class TimedClient(DoorClient):
    """A door's line that tells when the hub's changes had come (epoch seconds), by the number of
    the last one."""

    def __init__(
        self, heard: dict[int, float], url: str, member: Any, now: float, lines: SharedLines
    ) -> None:
        super().__init__(url, member, now, lines)
        self._heard = heard

    def changes(self, after: int, round_: int | None) -> ChangeBatch:
        batch = super().changes(after, round_)
        self._heard.setdefault(batch.head.seq, time.time())
        return batch

    def wait(self, after: int, beside: WaitBeside) -> Waited:
        waited = super().wait(after, beside)
        if waited.handed is not None:
            self._heard.setdefault(waited.head.seq, time.time())
        return waited


class TimedLink(HubLink):
    """What sends the log, and when (epoch seconds) the hub had signed for each of `written`."""

    def __init__(
        self, written: dict[int, float], lags: list[float], *args: Any, lines: SharedLines
    ) -> None:
        super().__init__(*args, look_s=OWN_LOOK_S, lines=lines)
        self._written, self._lags = written, lags

    def send_once(self) -> bool:
        has_more = super().send_once()
        signed = 0 if self._mark is None else self._mark.number
        for number in [number for number in list(self._written) if number <= signed]:
            self._lags.append(time.time() - self._written.pop(number))
        return has_more


class LoadDoor:
    """A door by its name, below `folder`."""

    def __init__(self, name: str, folder: Path, url: str) -> None:
        self.name = name
        self._url = url
        self._lines = SharedLines(url)
        self._config = config_of({"sync": {"hub": url}}, folder / name, name)
        self._beside = ExitStack()
        self._log: EventLog | None = None
        self.heard: dict[int, float] = {}
        self.taken = (-1, 0.0)
        self.written: dict[int, float] = {}
        self.lags: list[float] = []

    def join(self, fingerprint: str, code: str) -> None:
        join(self._url, fingerprint_in(fingerprint), code, self._config.sync_folder)

    def begin(self) -> None:
        """Be beside the hub from now on with the threads of a door: its people kept as the hub's,
        its log sent."""
        self._log = self._beside.enter_context(open_log(self._config.audit, os.environ))
        place = FeedPlace(
            self._url, self._config.sync_folder, self._config.gallery, dict(os.environ)
        )
        link = FeedLink(place, self._log, dial=self._dial, look_s=OWN_LOOK_S)
        waiting = HubWaiting(link)

        def note() -> None:
            self.taken = (link.position or 0, time.time())
            waiting.wake()

        link.on_taken = note
        self._beside.enter_context(link)
        self._beside.enter_context(waiting)
        self._beside.enter_context(self._sending())

    def end(self) -> None:
        self._beside.close()
        self.heard.clear()
        self.taken = (-1, 0.0)

    def forget(self) -> None:
        """As a door whose gallery was lost: everything has to come anew."""
        self.end()
        shutil.rmtree(self._config.gallery.folder)

    def happen(self) -> None:
        """An event, now, as the door writes one."""
        assert self._log is not None
        now = time.time()
        self.written[self._log.append(_event(now))] = now

    def write(self, count: int) -> None:
        """So many more events, in one transaction: what the disk takes for each is the door's own
        affair."""
        file = self._config.audit.file
        EventLog(file).close()
        rows = [row_of(_event(time.time())) for _ in range(count)]
        with closing(connect(file, BUSY_S)) as db:
            append_all(db, lambda _: rows, None)

    def send_all(self) -> None:
        link = self._sending()
        try:
            while link.send_once():
                pass
        finally:
            link.disconnect()

    def _sending(self) -> TimedLink:
        where = self._config.audit.file, self._url, self._config.sync_folder
        return TimedLink(self.written, self.lags, *where, lines=self._lines)

    def _dial(self, place: FeedPlace, now: float) -> tuple[SiteHub, SiteMember] | None:
        member = load_membership(place.folder)
        if member is None:
            return None
        return TimedClient(self.heard, place.url, member, now, self._lines), member


class LoadDoors:
    """All of this process; `ask` answers one request."""

    def __init__(self, folder: Path, url: str, names: Sequence[str], alone: bool) -> None:
        self._doors = [LoadDoor(name, folder, url) for name in names]
        self._alone = alone

    def ask(self, request: dict[str, Any]) -> Times:
        """`since` in it is the moment from which the times count, epoch seconds."""
        named = request.get("doors")
        doors = [door for door in self._doors if named is None or door.name in named]
        match request["do"]:
            case "until":
                told = _until(doors, request["seq"], request["since"])
                return told | ({"alone": told["heard"]} if self._alone else {})
            case "rush":
                return _rush(doors, request["rate"], request["seconds"])
            case _:
                with ThreadPoolExecutor(request.get("at_once", AT_ONCE)) as pool:
                    acts = [_act(door, request) for door in doors]
                    since = request.get("since")
                    return {"times": list(pool.map(lambda act: timed(act, since), acts))}


def timed(act: Callable[[], object], since: float | None) -> float:
    """How long `act` takes, or until when it has taken `since` (epoch seconds)."""
    begun = time.time() if since is None else since
    act()
    return time.time() - begun


def _until(doors: Sequence[LoadDoor], seq: int, since: float) -> Times:
    """When the hub's word of all changes up to `seq` had come, and when it was on the disk."""
    deadline = time.monotonic() + LONGEST_S
    waited = list(doors)
    while waited:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(waited)} doors, as {waited[0].name}, do not have {seq}")
        time.sleep(POLL_S)
        waited = [door for door in waited if door.taken[0] < seq]
    heard = [min(at for number, at in list(one.heard.items()) if number >= seq) for one in doors]
    return {
        "times": [door.taken[1] - since for door in doors],
        "heard": [moment - since for moment in heard],
    }


def _rush(doors: Sequence[LoadDoor], rate: float, seconds: float) -> Times:
    """`rate` events a second, of each door in its turn; the lags until the hub had signed."""
    begun, count = time.monotonic(), int(rate * seconds)
    for number in range(count):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        doors[number % len(doors)].happen()
    took = time.monotonic() - begun
    deadline = time.monotonic() + LONGEST_S
    while any(door.written for door in doors) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return {
        "times": [lag for door in doors for lag in door.lags],
        "wrote_s": [took],
        "late_s": [time.monotonic() - begun - took],
    }


def _event(now: float) -> Event:
    return Event(now, EventKind.DECISION, {"decision": "unknown", "evidence": TEXT})


def _act(door: LoadDoor, request: dict[str, Any]) -> Callable[[], object]:
    match request["do"]:
        case "ready":
            return lambda: None
        case "join":
            return lambda: door.join(request["fingerprint"], request["codes"][door.name])
        case "write":
            return lambda: door.write(request["count"])
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
    alone = sys.argv[1] == ALONE
    if not alone:
        # A site's doors are machines of their own: their thousands of threads are to take nothing
        # from the hub's processor.
        os.setpriority(os.PRIO_PROCESS, 0, BEHIND_ALL)
        sys.setswitchinterval(SWITCH_S)
    folder, url, *names = sys.argv[2 if alone else 1 :]
    allow_connections(FILES_A_DOOR * len(names))
    threading.stack_size(512 * 1024)
    doors = LoadDoors(Path(folder), url, names, alone)
    for line in sys.stdin:
        print(json.dumps(doors.ask(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
