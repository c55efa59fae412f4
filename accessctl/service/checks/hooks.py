"""A dry run of what decisions trigger: everything but the start of the program."""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from accessctl.actions.build import actions_from
from accessctl.config import ActionConfig, ActionsConfig, CommandAction, WebhookAction
from accessctl.errors import AccessctlError
from accessctl.service.checks.finding import Finding, failure, ok, warning

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
MAX_FIRST_LINE = 256
LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


def check_hooks(actions: ActionsConfig, environment: Mapping[str, str]) -> Iterator[Finding]:
    """`environment` has the PATH on which programs are looked for."""
    if not actions.granted:
        yield warning(
            "actions", "Nothing opens the lock: actions.granted is empty; see docs/actions.md."
        )
    for outcome in ("granted", "denied", "unknown", "challenge"):
        configured: tuple[ActionConfig, ...] = getattr(actions, outcome)
        for number, action in enumerate(configured):
            where = f"actions.{outcome}[{number}]"
            if isinstance(action, CommandAction):
                yield check_command(where, action, environment)
            else:
                yield check_webhook(where, action)


def check_command(where: str, action: CommandAction, environment: Mapping[str, str]) -> Finding:
    name = action.argv[0]
    found = shutil.which(name, mode=os.F_OK, path=environment.get("PATH"))
    if found is None:
        return failure("actions", f"{where}: {name} was not found; install it or correct argv.")
    program = Path(found)
    if not os.access(program, os.X_OK):
        return failure("actions", f"{where}: {program} may not be executed; chmod +x it.")
    if program.stat().st_mode & OTHERS_WRITE:
        return failure(
            "actions",
            f"{where}: others may change {program}, which the door runs; run: chmod go-w {program}",
        )
    interpreter = interpreter_of(program)
    if interpreter is not None and not os.access(interpreter, os.X_OK):
        return failure(
            "actions",
            f"{where}: {program} asks for {interpreter}, which cannot be run; correct its "
            "first line.",
        )
    if not program.is_absolute():
        return warning(
            "actions",
            f"{where}: {name} is found from this folder only, and a service runs in another one; "
            "write its full path.",
        )
    return ok("actions", f"{where}: {program} can be run.")


def interpreter_of(program: Path) -> str | None:
    """What the first line of a script names; None for a binary, or one we may not read."""
    try:
        with program.open("rb") as file:
            first = file.readline(MAX_FIRST_LINE)
    except OSError:
        return None
    words = first[2:].split() if first.startswith(b"#!") else []
    return os.fsdecode(words[0]) if words else None


def check_webhook(where: str, action: WebhookAction) -> Finding:
    """Its address and its key are read; nothing is sent."""
    try:
        (made,) = actions_from([action])
    except AccessctlError as error:
        return failure("actions", f"{where}: {error}")
    if action.url.startswith("http://") and not action.url.startswith(LOOPBACK):
        return warning(
            "actions",
            f"{where}: {made.name} is sent unencrypted, so anybody on the way can read it; "
            "use https.",
        )
    if action.secret_file is None:
        return warning(
            "actions",
            f"{where}: {made.name} is not signed, so its receiver cannot know whom it is from; "
            "set secret_file.",
        )
    return ok("actions", f"{where}: {made.name} has a usable address and key.")
