"""Child of benchmarks.pipeline: how long this very process took to be a door.

Its arguments are a configuration, in whose demo somebody is enrolled, and a film that is its
camera. Prints one JSON object: seconds since the kernel started it and megabytes resident, when
ready for the first frame and at the first decision.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path


def since_start() -> float:
    """Seconds since this process began, from its start time in clock ticks after boot."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    from accessctl.config import load_config
    from accessctl.demo.door import demo_config
    from accessctl.door.assembly import open_audit
    from accessctl.door.session import open_session
    from accessctl.recognition.engine import one_thread_each, open_engine

    config = demo_config(load_config(Path(sys.argv[1])))
    camera = config.camera.model_copy(update={"source": sys.argv[2]})
    config = config.model_copy(update={"camera": camera})
    one_thread_each()
    with open_audit(config) as audit, open_engine(config, lambda photos, _: iter(photos)) as engine:
        ready = since_start(), resident_mb()
        with open_session(engine, audit, fast=True) as session:
            for _, step in session.steps(stop=NeverSet(), clock=time.monotonic, seconds=None):
                if step.decisions:
                    break
        decided = since_start(), resident_mb()
    print(
        json.dumps(
            {
                "ready_s": ready[0],
                "ready_mb": ready[1],
                "decision_s": decided[0],
                "decision_mb": decided[1],
            }
        )
    )


class NeverSet:
    def is_set(self) -> bool:
        return False


if __name__ == "__main__":
    main()
