"""A decision runs a program, and another leaves the lock shut whenever nobody is let in.

That safe state is set at the start, at the stop, and after a death that no stop could follow.
"""

import errno
import json
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from accessctl.actions.base import ActionResult
from accessctl.actions.executable import obstacle
from accessctl.actions.process import Ended, run_to_end
from accessctl.config import ActionsConfig, CommandAction
from accessctl.storage.parsing import printable

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "TMPDIR")
GIVEN = (
    "time",
    "kind",
    "visit",
    "decision",
    "reason",
    "person",
    "person_id",
    "similarity",
    "fmr",
    "frames",
    "latency_ms",
    "door",
    "prompt",
    "ask",
)
CHECK = "--accessctl-check"
KEEP_BYTES = 8192
KEEP_LINES = 50

log = logging.getLogger(__name__)


class Command:
    """Runs `argv`, never through a shell; see docs/actions.md for what it is given."""

    def __init__(
        self,
        argv: Sequence[str],
        timeout_s: float,
        *,
        opens: bool = True,
        inherit: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`inherit` is the environment to pick INHERITED from; the process's own if None."""
        self.opens = opens
        self.joins = True
        self.target = self._argv = tuple(argv)
        self._timeout_s = timeout_s
        self._inherit = os.environ if inherit is None else inherit
        self._clock = clock
        self._program = printable(PurePath(argv[0]).name)

    @property
    def name(self) -> str:
        return f"command {self._program}"

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        """Run the program once; ok means that it ended by itself with status 0.

        Raises ValueError or TypeError if `payload` is not JSON.
        """
        started = self._clock()
        given = json.dumps(dict(payload), allow_nan=False).encode() + b"\n"
        try:
            ended = run_to_end(
                self._argv,
                given=given,
                environment=environment_for(payload, self._inherit),
                timeout_s=self._timeout_s,
                keep_bytes=KEEP_BYTES,
            )
        except (OSError, ValueError) as error:
            return self._result(False, self._why_not_started(error), started)
        ok = ended.code == 0 and not ended.timed_out
        about = {"visit": payload.get("visit")}
        self._log_output(ended, logging.INFO if ok else logging.WARNING, about)
        return self._result(ok, self._how_it_ended(ended), started)

    def check(self) -> ActionResult:
        """Run the program with CHECK behind its arguments, as `perform` would run it."""
        asked = Command((*self._argv, CHECK), self._timeout_s, inherit=self._inherit)
        return asked.perform({})

    def _result(self, ok: bool, detail: str, started: float) -> ActionResult:
        return ActionResult(ok, detail, (self._clock() - started) * 1000)

    def _why_not_started(self, error: Exception) -> str:
        program = printable(self._argv[0])
        number = error.errno if isinstance(error, OSError) else None
        if number in (errno.ENOENT, errno.ENOEXEC):
            found = shutil.which(self._argv[0], mode=os.F_OK, path=self._inherit.get("PATH"))
            reason = None if found is None else obstacle(Path(found), self._inherit.get("PATH"))
            if reason is not None:
                return printable(reason)
        if number == errno.ENOENT:
            return f"{program} was not found (nor run by an interpreter that exists)."
        if number == errno.EACCES:
            return f"{program} may not be executed; chmod +x it."
        if number == errno.ENOEXEC:
            return f"{program} is not a program; a script needs a first line such as #!/bin/sh."
        return f"{program} could not be started ({printable(str(error))})."

    def _how_it_ended(self, ended: Ended) -> str:
        if ended.timed_out:
            fate = "was killed" if ended.code is not None else "could not be killed"
            return f"{self._program} did not end within {self._timeout_s:g} s and {fate}."
        if ended.code is None:
            return f"{self._program} ended without a status."
        if ended.code < 0:
            return f"{self._program} was killed by {_signal_name(-ended.code)}."
        return f"{self._program} ended with status {ended.code}."

    def _log_output(self, ended: Ended, level: int, about: Mapping[str, Any]) -> None:
        lines = ended.output.decode("utf-8", "backslashreplace").splitlines()
        for line in lines[:KEEP_LINES]:
            log.log(level, "%s: %s", self._program, printable(line), extra=about)
        if ended.dropped or len(lines) > KEEP_LINES:
            log.log(
                level,
                "%s: further output not shown (%d lines kept of %d, %d bytes dropped)",
                self._program,
                min(len(lines), KEEP_LINES),
                len(lines),
                ended.dropped,
                extra=about,
            )


def environment_for(payload: Mapping[str, Any], inherited: Mapping[str, str]) -> dict[str, bytes]:
    """The child's whole environment: INHERITED names, and ACCESSCTL_<KEY> of each GIVEN key.

    A key that is null or absent becomes an empty variable. Nothing else is passed on,
    so that no key file or service credential reaches the program.
    """
    environment = {name: os.fsencode(inherited[name]) for name in INHERITED if name in inherited}
    for key in GIVEN:
        value = payload.get(key)
        text = "" if value is None else str(value)
        environment[f"ACCESSCTL_{key.upper()}"] = text.replace("\0", "").encode("utf-8", "replace")
    return environment


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


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
