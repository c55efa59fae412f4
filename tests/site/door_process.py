"""A door without a camera: it writes down what happens and is beside its hub as every door is.

    python -m tests.site.door_process CONFIG PAUSE_S

Each number that it prints is of a record that is on its disk. When its standard input ends it
writes no more, and ends once the hub has signed for all of it. Its gallery is the hub's meanwhile.
"""

import os
import sys
import threading
import time
from itertools import count
from pathlib import Path

from accessctl.audit.chain import ChainReader
from accessctl.audit.opening import open_log
from accessctl.config import load_config
from accessctl.domain import Event, EventKind
from accessctl.sync.feed_link import hub_feed
from accessctl.sync.link import HubLink
from accessctl.sync.outbox import kept_receipt
from accessctl.sync.shared_lines import SharedLines

SOON = 0.005
"""This part of the pauses of a real door, 2 to 60 s, is all that the rig has the time for."""


def main(file: Path, pause_s: float) -> None:
    config = load_config(file)
    log_file, sync_folder = config.audit.file, config.sync_folder
    url = str(config.sync.hub)
    lines = SharedLines(url)
    ended = threading.Event()

    def until_input_ends() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=until_input_ends, daemon=True).start()
    with (
        open_log(config.audit, os.environ) as log,
        HubLink(log_file, url, sync_folder, draw=lambda: SOON, lines=lines),
    ):
        with hub_feed(config, os.environ, log, lambda: None, lines=lines):
            for number in count():
                print(
                    log.append(
                        Event(time.time(), EventKind.SERVICE, {"state": "tried", "n": number})
                    ),
                    flush=True,
                )
                if ended.wait(pause_s):
                    break
        # Nobody writes any more by now.
        reader = ChainReader(log_file)
        while (kept := kept_receipt(sync_folder)) is None or kept.number < reader.end().number:
            time.sleep(0.02)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
