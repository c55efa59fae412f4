"""From the configuration to actions, performed beside the door's loop and never inside it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
        return Command(config.argv, config.timeout_s)
    if isinstance(config, CustomAction):
        return custom_action(config)
    return Webhook(
        config.url,
        secret=None if config.secret_file is None else read_secret(config.secret_file),
        timeout_s=config.timeout_s,
        retries=config.retries,
    )


@dataclass(frozen=True, slots=True)
class _Job:
    action: Action
    payload: Mapping[str, Any]
    on_result: OnResult
    submitted: float


class ActionRunner:
    """A bounded queue and a few threads that perform what is in it.

    Every accepted action ends in exactly one call of its `on_result`, from a thread of
    the runner (or from `close` for those that never began). Whatever an action or an
    `on_result` raises is logged and goes no further.
    """

    def __init__(
        self,
        *,
        queue: int,
        workers: int = 4,
        max_wait_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`queue` actions may wait while `workers` run.

        One that waited longer than `max_wait_s` seconds is not performed: whoever it
        would let in has left, and a door must not open for nobody.
        """
        self._room = queue
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._running = 0
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"action-{number}", daemon=True)
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, action: Action, payload: Mapping[str, Any], on_result: OnResult) -> bool:
        """Queue an action without waiting; False if the queue is full or closed."""
        job = _Job(action, dict(payload), on_result, self._clock())
        with self._changed:
            if self._closed or len(self._waiting) >= self._room:
                return False
            self._waiting.append(job)
            self._changed.notify()
            return True

    def close(self, timeout_s: float) -> bool:
        """Accept no more, and wait up to `timeout_s` for those queued and running.

        True if all were performed and reported. Otherwise those still queued are
        reported as not done and never begin, and those still running are left behind.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            finished = self._changed.wait_for(self._idle, timeout_s)
            abandoned = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        for job in abandoned:
            _report(job, ActionResult(False, "Not performed: accessctl was stopping.", 0.0))
        if finished:
            for thread in self._threads:
                thread.join()
        return finished

    def _idle(self) -> bool:
        return not self._waiting and self._running == 0

    def _work(self) -> None:
        while (job := self._take()) is not None:
            try:
                _report(job, self._perform(job))
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

    def _take(self) -> _Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            self._running += 1
            return self._waiting.popleft()

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
