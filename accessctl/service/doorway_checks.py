"""What `accessctl doctor` finds at the doorway: each line, its level, and who holds it."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from accessctl.config import Config
from accessctl.config.doorway import DoorwayConfig
from accessctl.control.client import ask
from accessctl.doorway.gpio import CONSUMER
from accessctl.doorway.lines import LineFact
from accessctl.doorway.memory import PostureMemory
from accessctl.doorway.opening import facts_of, memory_file
from accessctl.errors import AccessctlError
from accessctl.service.checks import Finding, failure, ok, warning
from accessctl.storage.parsing import printable

SUBJECT = "doorway"


def running_doorway(socket: Path) -> Mapping[str, Any] | None:
    """What the running door says of it; None where no door runs, or it has no doorway."""
    try:
        report = ask(socket, "doorway", do="report")["doorway"]
    except AccessctlError:
        return None
    return report if isinstance(report, dict) else None


def check_doorway(
    config: Config,
    facts: Callable[[DoorwayConfig], Sequence[LineFact]] = facts_of,
    running: Callable[[Path], Mapping[str, Any] | None] = running_doorway,
) -> Iterator[Finding]:
    """Says nothing where nothing hangs on the door."""
    if not config.doorway.used:
        return
    report = running(config.service.socket)
    for fact in facts(config.doorway):
        yield _of_line(fact, report)
    if report is not None:
        yield _of_door(report)
    yield from _of_wiring(config.doorway)
    yield from _of_memory(memory_file(config))


def _of_line(fact: LineFact, report: Mapping[str, Any] | None) -> Finding:
    name = f"{SUBJECT} {fact.name}"
    place = printable(fact.place)
    if fact.trouble is not None:
        return failure(name, printable(fact.trouble))
    if fact.holder is not None:
        if fact.holder == CONSUMER and report is not None:
            return ok(name, f"{place} is held by the running door.")
        return failure(
            name, f"{place} is held by {printable(fact.holder)}; stop that, or name another line."
        )
    if report is not None and report["state"] != "not_taken" and fact.level is None:
        return failure(name, f"{place} is not held, though the door runs; restart it.")
    levels = {None: "free", True: "active", False: "at rest"}
    return ok(name, f"{place}: {levels[fact.level]}.")


def _of_door(report: Mapping[str, Any]) -> Finding:
    if report["state"] == "not_taken":
        return failure(SUBJECT, "The running door could not take its lines; its log says why.")
    wrong = [*report["alarms"], *(f"no answer from {name}" for name in report["lost"])]
    wrong += [f"{name} does not obey" for name in report["failed"]]
    if wrong:
        return warning(SUBJECT, f"The running door is {report['state']}: {', '.join(wrong)}.")
    return ok(SUBJECT, f"The running door is {report['state']}, posture {report['posture']}.")


def _of_wiring(config: DoorwayConfig) -> Iterator[Finding]:
    if config.contact is None:
        yield warning(
            SUBJECT, "There is no contact: forced and held doors, and who came in, are not seen."
        )
    if config.lock is not None and config.lock_kind == "maglock":
        yield warning(
            SUBJECT,
            "A maglock has to lose its power by the fire alarm and by an emergency button "
            "themselves, without this program; try both with the door's box switched off.",
        )


def _of_memory(path: Path) -> Iterator[Finding]:
    if not os.path.lexists(path):
        return
    remembered = PostureMemory(path).load(0.0, clock_believed=True)
    if remembered.what == "unreadable":
        yield failure(
            SUBJECT, f"{path} cannot be read: the door would start locked down. Remove it if not."
        )
