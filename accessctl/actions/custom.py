"""Actions from outside the package: made where the configuration names them, and cut off when
they do not end."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from accessctl import extensions
from accessctl.actions.base import Action, ActionResult
from accessctl.config import CustomAction
from accessctl.errors import ConfigError, ExtensionError
from accessctl.extensions import ExtensionKind, described, made_by
from accessctl.storage.parsing import shortened

MAX_LEFT_BEHIND = 4
"""Performances that may hang at once; beyond, the action is refused at once."""

DETAIL_CHARACTERS = 200


def custom_action(config: CustomAction) -> "TimedAction":
    """The action that `config` names, made with its options.

    What is added is a class or function that takes the options as keyword arguments and gives an
    Action. ConfigError for a name that nobody added and for options that it does not take,
    ExtensionError for one that does not load, or gives no action.
    """
    where = f"actions: custom {config.name!r}"
    extension = extensions.named(ExtensionKind.ACTIONS, config.name, where)
    make = extension.load()
    if not callable(make):
        raise extension.fault("cannot be called with its options")
    try:
        made = made_by(extension, lambda: make(**config.options))
    except ExtensionError as error:
        if isinstance(error.__cause__, (TypeError, ValueError)):
            raise ConfigError(
                f"{where}: these options do not fit ({described(error.__cause__)}); correct them."
            ) from error
        raise
    if not callable(getattr(made, "perform", None)):
        raise extension.fault("gives something that has no `perform`")
    return TimedAction(f"custom {config.name}", made, config.timeout_s, opens=config.opens)


class TimedAction:
    """Performs `action` in a thread of its own and waits `timeout_s` seconds for it.

    Python cannot end a thread: one that hangs is left behind, and ends with the process. `name`
    stands in the event log, in place of the action's own.
    """

    def __init__(
        self,
        name: str,
        action: Action,
        timeout_s: float,
        *,
        opens: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = self.target = name
        self.opens = opens
        self.joins = True
        self._action = action
        self._timeout_s = timeout_s
        self._clock = clock
        self._lock = threading.Lock()
        self._left: list[threading.Thread] = []

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        """See Action; raises what the action raises."""
        started = self._clock()
        if self._hanging() >= MAX_LEFT_BEHIND:
            return ActionResult(False, f"{self.name} hangs from before; restart the door.", 0.0)
        done: list[ActionResult | BaseException] = []
        thread = threading.Thread(
            target=self._work, args=(dict(payload), done), name=self.name, daemon=True
        )
        thread.start()
        thread.join(self._timeout_s)
        duration_ms = (self._clock() - started) * 1000
        if not done:
            with self._lock:
                self._left.append(thread)
            detail = f"{self.name} did not end within {self._timeout_s:g} s and was left behind."
            return ActionResult(False, detail, duration_ms)
        (result,) = done
        if isinstance(result, BaseException):
            raise result
        if not isinstance(result, ActionResult):
            return ActionResult(False, f"{self.name} gave no ActionResult.", duration_ms)
        detail = shortened(str(result.detail), DETAIL_CHARACTERS)
        return ActionResult(result.ok is True, detail, duration_ms)

    def _work(self, payload: dict[str, Any], done: list[ActionResult | BaseException]) -> None:
        try:
            done.append(self._action.perform(payload))
        except BaseException as error:  # noqa: BLE001 - `perform` raises it where it is waited for
            done.append(error)

    def _hanging(self) -> int:
        with self._lock:
            self._left = [thread for thread in self._left if thread.is_alive()]
            return len(self._left)
