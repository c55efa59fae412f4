"""A door without a camera: it writes down what happens and is beside its hub as every door is.

    python -m tests.site.door_process LOG URL SYNC_FOLDER PAUSE_S

Each number that it prints is of a record that is on its disk. When its standard input ends it
writes no more, and ends once the hub has signed for all of it.
"""

import sys
import threading
import time
from itertools import count
from pathlib import Path

from accessctl.audit.chain import ChainReader
from accessctl.audit.log import EventLog
from accessctl.domain import Event, EventKind
from accessctl.sync.link import HubLink
from accessctl.sync.outbox import kept_receipt

LONGEST_RETRY_S = 0.3
"""The rig has not the time of a real door, which tries again after 2 to 60 s."""


def main(log_file: Path, url: str, sync_folder: Path, pause_s: float) -> None:
    ended, closed = threading.Event(), threading.Event()

    def until_input_ends() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=until_input_ends, daemon=True).start()
    with (
        EventLog(log_file) as log,
        HubLink(
            log_file,
            url,
            sync_folder,
            pause=lambda wanted: closed.wait(min(wanted, LONGEST_RETRY_S)),
        ),
    ):
        reader = ChainReader(log_file)
        for number in count():
            log.append(Event(time.time(), EventKind.SERVICE, {"state": "tried", "number": number}))
            print(reader.end().number, flush=True)
            if ended.wait(pause_s):
                break
        last = reader.end().number
        while (kept := kept_receipt(sync_folder)) is None or kept.number < last:
            time.sleep(0.02)
        closed.set()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]))
