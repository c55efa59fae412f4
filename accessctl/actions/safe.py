"""The state in which the lock is to be left whenever nobody is let in: at the start, at the stop,
and after a death that no stop could follow.
"""

import logging
from collections.abc import Sequence

from accessctl.actions.base import ActionResult
from accessctl.actions.command import Command
from accessctl.config import ActionsConfig, CommandAction

log = logging.getLogger(__name__)


def safe_commands(config: ActionsConfig) -> list[Command]:
    """The command of each action that declares a safe state, in order, each once."""
    declared = {
        action.safe: action.timeout_s
        for _, _, action in config.listed()
        if isinstance(action, CommandAction) and action.safe is not None
    }
    return [Command(argv, timeout_s, opens=False) for argv, timeout_s in declared.items()]


def set_safe(commands: Sequence[Command], why: str) -> list[tuple[str, ActionResult]]:
    """Run every one, also where another fails; its name and how it ended.

    `why` is a word that the program is told: start, stop or died.
    """
    ended = []
    for command in commands:
        result = command.perform({"kind": "safe", "reason": why})
        level = logging.INFO if result.ok else logging.ERROR
        log.log(level, "Safe state (%s), %s: %s", why, command.name, result.detail)
        ended.append((command.name, result))
    return ended
