"""What `accessctl doctor` finds of the access controller that drives the lock."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from accessctl.config import Config
from accessctl.control.client import ask
from accessctl.door.controller_gate import check_library
from accessctl.doorway.controller_key import read_key
from accessctl.errors import AccessctlError, ConfigError
from accessctl.service.checks import Finding, failure, ok
from accessctl.storage.parsing import printable

SUBJECT = "controller"


def running_controller(socket: Path) -> Mapping[str, Any] | None:
    """What the running door says of it; None where no door runs, or it has no controller."""
    try:
        report = ask(socket, "status").get("controller")
    except AccessctlError:
        return None
    return report if isinstance(report, dict) else None


def check_controller(
    config: Config,
    environment: Mapping[str, str] | None = None,
    running: Callable[[Path], Mapping[str, Any] | None] = running_controller,
) -> Iterator[Finding]:
    """Says nothing where there is no controller."""
    controller = config.doorway.controller
    if controller is None:
        return
    try:
        check_library()
        read_key(config, os.environ if environment is None else environment)
    except ConfigError as error:
        yield failure(SUBJECT, str(error))
        return
    report = running(config.service.socket)
    if report is not None:
        well = report.get("state") == "secure"
        said = f"The running door says of it: {printable(str(report.get('detail')))}."
        yield ok(SUBJECT, said) if well else failure(SUBJECT, said)
    elif not controller.device.is_char_device():
        yield failure(
            SUBJECT,
            f"There is no serial line {controller.device}; plug its adapter in, or name another.",
        )
    else:
        yield ok(SUBJECT, f"Its key is in order, and {controller.device} is there.")
