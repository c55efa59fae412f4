"""A decision is written down first and acted on second; without the record nothing opens."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from accessctl.actions.base import Action, ActionResult
from accessctl.audit.base import Recorder, write_down
from accessctl.audit.views import as_json
from accessctl.domain import Decision, Outcome, PersonId
from accessctl.door.events import action_event, decision_event

log = logging.getLogger(__name__)

ActionListener: TypeAlias = Callable[[str, bool], None]


class Runner(Protocol):
    def submit(
        self,
        action: Action,
        payload: Mapping[str, Any],
        on_result: Callable[[Action, ActionResult], None],
    ) -> bool: ...


def ignore(_name: str, _ok: bool) -> None:
    """Whoever wants to know nothing of actions."""


class Enactor:
    """Writes decisions to the audit log and hands their actions to the runner.

    `actions`, and those `asking` a visitor for something, may be replaced between two
    decisions. `on_action` hears of each action's end.
    """

    def __init__(
        self,
        audit: Recorder,
        runner: Runner,
        actions: Mapping[Outcome, Sequence[Action]],
        wall_clock: Callable[[], float],
        on_action: ActionListener = ignore,
    ) -> None:
        self._audit = audit
        self._runner = runner
        self.actions = actions
        self.asking: Sequence[Action] = ()
        self._wall_clock = wall_clock
        self._on_action = on_action

    def enact(
        self,
        decision: Decision,
        names: Mapping[PersonId, str],
        more: Mapping[str, Any] | None = None,
    ) -> bool:
        """True once the decision is on record and its actions are queued.

        `more` goes on record beside the decision, but not to the actions.
        False, and nothing acted on, when the audit log does not take it (fail secure).
        """
        if not write_down(self._audit, decision_event(decision, more)):
            return False
        payload = as_json(decision_event(decision), names.get)
        for action in self.actions.get(decision.outcome, ()):
            queued = self._runner.submit(action, payload, self._reporter(decision))
            if not queued:
                refused = ActionResult(False, "Refused: too many actions are waiting.", 0.0)
                self._report(decision, action, refused)
        return True

    def ask(self, payload: Mapping[str, Any]) -> None:
        """Tell a visitor what to do; failing to opens nothing and refuses nobody."""
        for action in self.asking:
            if not self._runner.submit(action, payload, self._told):
                log.warning("Action %s was refused: too many are waiting.", action.name)

    def _told(self, action: Action, result: ActionResult) -> None:
        if not result.ok:
            log.warning("Action %s failed: %s", action.name, result.detail)
        self._on_action(action.name, result.ok)

    def _reporter(self, decision: Decision) -> Callable[[Action, ActionResult], None]:
        return lambda action, result: self._report(decision, action, result)

    def _report(self, decision: Decision, action: Action, result: ActionResult) -> None:
        if not result.ok:
            visit = {"visit": decision.visit}
            log.warning("Action %s failed: %s", action.name, result.detail, extra=visit)
        event = action_event(decision, action.name, result, self._wall_clock())
        write_down(self._audit, event)
        self._on_action(action.name, result.ok)
