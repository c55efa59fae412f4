"""What the measured figures say of a larger site, on paper: what it takes, and what breaks first.

Everything that each door adds grows with the doors; what it is held against is a limit of the
product's own, or of one machine. Nothing here was measured at that size.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from accessctl.hub.server import MOST_CONNECTIONS, OTHER_FILES

CONNECTIONS_A_DOOR = 2
"""One that waits, and one for all else; see sync.shared_lines."""
ONE_CORE, GIGABIT, MACHINE_MB = 100.0, 125e6, 8192.0
REVOKED_MS, RECEIPTS_S, RESYNC_H = 2000.0, 60.0, 1.0
THREADS = 40
"""Of the hub, for requests that ask the database: so many at once, however many doors there are."""


@dataclass(frozen=True, slots=True)
class Expected:
    """`figure` is to be expected of `what`, in `unit`, where `limit` is what there is."""

    what: str
    figure: float
    limit: float
    unit: str

    @property
    def times(self) -> float:
        """How many times the limit; above 1 it breaks."""
        return self.figure / self.limit


def on_paper(
    measured: Mapping[str, float], measured_doors: int, doors: int, a_door: int
) -> list[Expected]:
    """What `doors` doors with `a_door` people each are to be expected to take, the first to break
    first; by figures of `measured_doors` doors, by their names in the report.

    What was not measured is left out. The rate of events grows with the doors.
    """
    larger = doors / measured_doors
    connections = float(CONNECTIONS_A_DOOR * doors)
    found = [
        Expected("connections that the hub lets in", connections, MOST_CONNECTIONS, ""),
        Expected("files that the hub may open", connections, MOST_CONNECTIONS + OTHER_FILES, ""),
        Expected("threads of the hub for requests", THREADS, THREADS, ""),
    ]
    for what, name, factor, limit, unit in (
        ("one core of the hub, idle", "processor of the hub, idle", larger, ONE_CORE, "%"),
        ("bytes of waiting doors", "bytes of a waiting door", doors, GIGABIT, "B/s"),
        (
            "one core of the hub, in a rush",
            "processor of the hub in the rush",
            larger,
            ONE_CORE,
            "%",
        ),
        (
            "99 of 100 doors are told of a removal",
            "the hub has answered a door of a removal, p99",
            larger,
            REVOKED_MS,
            "ms",
        ),
        (
            "the hub has all receipts of a removal",
            "processor of the hub, a removal and a door",
            doors / 1000,
            RECEIPTS_S,
            "s",
        ),
        (
            "the hub sends all doors their people anew",
            "processor of the hub, a person sent",
            doors * a_door / 3.6e6,
            RESYNC_H,
            "h",
        ),
    ):
        if name in measured:
            found.append(Expected(what, measured[name] * factor, limit, unit))
    alone, idle = (measured.get(f"memory of the hub, {state}") for state in ("no door yet", "idle"))
    if alone is not None and idle is not None:
        # What it takes for itself does not grow.
        memory = alone + (idle - alone) * larger
        found.append(Expected("memory of the hub while all wait", memory, MACHINE_MB, "MB"))
    return sorted(found, key=lambda one: one.times, reverse=True)


def in_words(expected: list[Expected], doors: int) -> str:
    """A table of them in Markdown, and what breaks first."""
    rows = "\n".join(
        f"| {one.what} | {one.figure:.3g} {one.unit} | {one.limit:.3g} {one.unit} | "
        f"{one.times:.2g} |"
        for one in expected
    )
    worst = expected[0]
    first = (
        f"First to break: {worst.what}, {worst.times:.2g} times what there is."
        if worst.times > 1
        else "Nothing breaks."
    )
    return (
        f"## On paper: {doors} doors\n\nBy the figures above, each of which grows with the "
        "doors; nothing of it was measured at that size.\n\n"
        f"| what | expected | there is | times |\n|---|---|---|---|\n{rows}\n\n{first}\n"
    )
