"""What `accessctl doctor` finds of badges: whether they are required, who has none, the reader."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from accessctl.config import BadgesConfig, Config
from accessctl.control.client import ask
from accessctl.domain import Person, PersonId, PersonRules
from accessctl.errors import AccessctlError, LineError
from accessctl.gallery import sealing
from accessctl.gallery.schema import database_file
from accessctl.gallery.store import open_gallery
from accessctl.reader.serial_line import opened
from accessctl.recognition.calibration import badge_notice
from accessctl.service.checks import Finding, failure, named, ok, warning
from accessctl.storage.parsing import printable

SUBJECT = "badges"
READER = "badge reader"


def check_badges(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Says nothing where there is no gallery that can be read, or badges are no matter."""
    folder = config.gallery.folder
    if not database_file(folder).exists() or sealing.find_key(folder, environment) is None:
        return
    with open_gallery(config.gallery, environment) as gallery:
        people, rules = gallery.people(), gallery.rules()
        holders = {badge.person for badge in gallery.badges()}
    notice = badge_notice(config.policy, len(people))
    if notice is None:
        return
    without = _without(people, rules, holders)
    if not without:
        yield ok(SUBJECT, f"{notice}; everybody has one.")
    elif len(people) > config.policy.identify_up_to and not holders:
        yield failure(SUBJECT, f"{notice}, and nobody has one.")
    else:
        yield warning(SUBJECT, f"{notice}; none is set for: {named(without, 'badge set')}")


def _without(
    people: list[Person], rules: Mapping[PersonId, PersonRules], holders: set[PersonId]
) -> list[Person]:
    nothing = PersonRules()
    return [
        one for one in people if one.id not in holders and not rules.get(one.id, nothing).disabled
    ]


def running_reader(socket: Path) -> Mapping[str, Any] | None:
    """What the running door says of its badge reader; None where no door runs, or it has none."""
    try:
        reader = ask(socket, "status").get("badges", {}).get("reader")
    except AccessctlError:
        return None
    return reader if isinstance(reader, dict) else None


def check_reader(
    config: BadgesConfig,
    socket: Path,
    running: Callable[[Path], Mapping[str, Any] | None] = running_reader,
) -> Iterator[Finding]:
    """Says nothing where there is no serial line. One that no door holds is opened for a moment."""
    if config.serial is None:
        return
    report = running(socket)
    if report is not None:
        trouble = report.get("error")
        if trouble:
            yield failure(READER, printable(str(trouble)))
        else:
            yield ok(READER, f"{config.serial} is read by the running door.")
        return
    try:
        with opened(config.serial, config.baud):
            yield ok(READER, f"{config.serial} can be read; try it: accessctl badge show --reader")
    except LineError as error:
        yield failure(READER, str(error))
