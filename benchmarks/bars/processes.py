"""What a process and those below it have used, as Linux counts it (proc(5))."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor time in seconds and resident memory in bytes; shared pages count in each."""

    cpu_s: float = 0.0
    resident: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.cpu_s + other.cpu_s, self.resident + other.resident)


def usage_of(pid: int) -> Usage:
    """Of `pid` and all its descendants that still run; those that ended count with their parent."""
    return sum(map(_own, _family(pid)), Usage())


def _family(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield from _family(int(child))


def _own(pid: int) -> Usage:
    try:
        # The name may hold blanks: what counts stands behind its bracket.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return Usage()
    ticks = sum(int(fields[at]) for at in range(11, 15))
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE"))
