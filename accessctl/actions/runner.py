"""From the configuration to actions, performed beside the door's loop and never inside it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from accessctl.actions.base import Action, ActionResult
from accessctl.actions.command import Command
from accessctl.actions.custom import custom_action
from accessctl.actions.webhook import Webhook, read_secret
from accessctl.config import ActionConfig, CommandAction, CustomAction

OnResult: TypeAlias = Callable[[Action, ActionResult], None]

log = logging.getLogger(__name__)


def actions_from(configs: Iterable[ActionConfig]) -> list[Action]:
    """One action for each entry, in order; reads the webhooks' keys now.

    Raises ConfigError for a key, a URL or an added action that cannot be used, and
    ExtensionError for an added one that does not load, so that a door with a broken
    configuration does not start.
    """
    return [_action(config) for config in configs]


def _action(config: ActionConfig) -> Action:
    if isinstance(config, CommandAction):
        return Command(config.argv, config.timeout_s, opens=config.opens)
    if isinstance(config, CustomAction):
        return custom_action(config)
    return Webhook(
        config.url,
        secret=None if config.secret_file is None else read_secret(config.secret_file),
        timeout_s=config.timeout_s,
        retries=config.retries,
        opens=config.opens,
    )


@dataclass(frozen=True, slots=True)
class _Job:
    action: Action
    payload: Mapping[str, Any]
    on_result: OnResult
    submitted: float


@dataclass(slots=True)
class _Lane:
    """What waits for one action; `busy` while a thread works it off."""

    waiting: deque[_Job] = field(default_factory=deque)
    busy: bool = False


class ActionRunner:
    """A lane of its own for each action: a bounded queue, and a thread while there is work.

    So what opens the lock never waits for what tells of strangers. Every accepted action ends in
    exactly one call of its `on_result`, from a thread of the runner (or from `close` for those
    that never began). Whatever an action or an `on_result` raises is logged and goes no further.
    """

    def __init__(
        self,
        *,
        queue: int,
        max_wait_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Of each action `queue` may wait while one runs.

        One that waited longer than `max_wait_s` seconds is not performed: whoever it
        would let in has left, and a door must not open for nobody.
        """
        self._room = queue
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._changed = threading.Condition()
        # By identity: two actions of one configuration may be alike.
        self._lanes: dict[int, _Lane] = {}
        self._closed = False

    def submit(self, action: Action, payload: Mapping[str, Any], on_result: OnResult) -> bool:
        """Queue an action without waiting; False if its queue is full or all are closed."""
        job = _Job(action, dict(payload), on_result, self._clock())
        with self._changed:
            lane = self._lanes.setdefault(id(action), _Lane())
            if self._closed or len(lane.waiting) >= self._room:
                return False
            if lane.busy:
                lane.waiting.append(job)
                return True
            lane.busy = self._start(lane, job)
            return lane.busy

    def close(self, timeout_s: float) -> bool:
        """Accept no more, and wait up to `timeout_s` for those queued and running.

        True if all were performed and reported. Otherwise those still queued are
        reported as not done and never begin, and those still running are left behind.
        """
        with self._changed:
            self._closed = True
            finished = self._changed.wait_for(self._idle, timeout_s)
            abandoned = [job for lane in self._lanes.values() for job in lane.waiting]
            for lane in self._lanes.values():
                lane.waiting.clear()
        for job in abandoned:
            _report(job, ActionResult(False, "Not performed: accessctl was stopping.", 0.0))
        return finished

    def _start(self, lane: _Lane, first: _Job) -> bool:
        """A thread that has its first job in hand: what it begins with never counts as waiting."""
        action = first.action
        thread = threading.Thread(
            target=self._work, args=(lane, first), name=f"action {action.name}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            log.error("Action %s cannot be run: %s", action.name, error)
            return False
        return True

    def _idle(self) -> bool:
        return not any(lane.busy for lane in self._lanes.values())

    def _work(self, lane: _Lane, first: _Job) -> None:
        job: _Job | None = first
        while job is not None:
            _report(job, self._perform(job))
            job = self._take(first.action, lane)

    def _take(self, action: Action, lane: _Lane) -> _Job | None:
        with self._changed:
            if lane.waiting:
                return lane.waiting.popleft()
            lane.busy = False
            del self._lanes[id(action)]
            self._changed.notify_all()
            return None

    def _perform(self, job: _Job) -> ActionResult:
        began = self._clock()
        waited = began - job.submitted
        if waited > self._max_wait_s:
            return ActionResult(False, f"Not performed: it was {waited:.0f} s too old.", 0.0)
        try:
            return job.action.perform(job.payload)
        except BaseException as error:
            # Even SystemExit or a stray CancelledError may not end this thread.
            log.exception("%s raised an exception", job.action.name, extra=_about(job))
            detail = f"It failed with {type(error).__name__}; the log has the details."
            return ActionResult(False, detail, (self._clock() - began) * 1000)


def _report(job: _Job, result: ActionResult) -> None:
    try:
        job.on_result(job.action, result)
    except Exception:
        name = job.action.name
        log.exception("the result of %s could not be recorded", name, extra=_about(job))


def _about(job: _Job) -> dict[str, Any]:
    """The visit that a line of the log is about."""
    return {"visit": job.payload.get("visit")}
