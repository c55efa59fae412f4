"""From the configuration to actions, performed beside the door's loop and never inside it."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from accessctl.actions.base import ActionResult, DoorAction
from accessctl.actions.command import Command
from accessctl.actions.custom import custom_action
from accessctl.actions.webhook import Webhook, read_secret
from accessctl.config import ActionConfig, CommandAction, CustomAction

OnResult: TypeAlias = Callable[[DoorAction, ActionResult], None]

MOST_JOINED = 256
"""So many grants may wait while the lock is open: one more run serves them all."""

log = logging.getLogger(__name__)


def actions_from(configs: Iterable[ActionConfig]) -> list[DoorAction]:
    """One action for each entry, in order; reads the webhooks' keys now.

    Raises ConfigError for a key, a URL or an added action that cannot be used, and
    ExtensionError for an added one that does not load, so that a door with a broken
    configuration does not start.
    """
    return [_action(config) for config in configs]


def _action(config: ActionConfig) -> DoorAction:
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


def lanes_of(role: str, actions: Sequence[DoorAction]) -> list[Hashable]:
    """What each of the `actions` of one role is, over reloads: a new object of the same program,
    address or name has the same lane, and the second of its kind another one than the first."""
    seen: Counter[Hashable] = Counter()
    lanes: list[Hashable] = []
    for action in actions:
        lanes.append((role, action.target, seen[action.target]))
        seen[action.target] += 1
    return lanes


@dataclass(frozen=True, slots=True)
class _Job:
    action: DoorAction
    payload: Mapping[str, Any]
    on_result: OnResult
    submitted: float
    opens: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """One performance, for all these jobs; `prolongs` one that has just opened the lock."""

    jobs: tuple[_Job, ...]
    prolongs: bool = False

    @property
    def newest(self) -> _Job:
        return self.jobs[-1]


@dataclass(slots=True)
class _Lane:
    """What waits for one action; `busy` while a thread works it off."""

    key: Hashable
    waiting: deque[_Job] = field(default_factory=deque)
    busy: bool = False


class ActionRunner:
    """A lane of its own for each action: a bounded queue, and a thread while there is work.

    So what opens the lock never waits for what tells of strangers. Every accepted action ends in
    exactly one call of its `on_result`, from a thread of the runner (or from `close` for those
    that never began). Whatever an action or an `on_result` raises is logged and goes no further.

    Grants that wait while an action opens the lock prolong that: once it has ended well, one more
    run for all of them begins at once, before anything is reported.
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
        would let in has left, and a door must not open for nobody. That does not hold for what
        waited while the lock was open.
        """
        self._room = queue
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._changed = threading.Condition()
        self._lanes: dict[Hashable, _Lane] = {}
        self._reporting = 0
        self._closed = False

    def submit(
        self,
        action: DoorAction,
        payload: Mapping[str, Any],
        on_result: OnResult,
        *,
        lane: Hashable = None,
        opens: bool = False,
    ) -> bool:
        """Queue an action without waiting; False if its queue is full or all are closed.

        `lane` is what it waits in; None: one for this very object. It `opens` where it is to open
        the lock now; where the action `joins`, such jobs join those that wait before them.
        """
        job = _Job(action, dict(payload), on_result, self._clock(), opens)
        key = id(action) if lane is None else lane
        room = max(self._room, MOST_JOINED) if opens else self._room
        with self._changed:
            kept = self._lanes.setdefault(key, _Lane(key))
            if self._closed or len(kept.waiting) >= room:
                return False
            if kept.busy:
                kept.waiting.append(job)
                return True
            kept.busy = self._start(kept, _Run((job,)))
            return kept.busy

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
            _report(
                _Run((job,)), ActionResult(False, "Not performed: accessctl was stopping.", 0.0)
            )
        return finished

    def _start(self, lane: _Lane, first: _Run) -> bool:
        """A thread that has its first run in hand: what it begins with never counts as waiting."""
        name = first.newest.action.name
        thread = threading.Thread(
            target=self._work, args=(lane, first), name=f"action {name}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            log.error("Action %s cannot be run: %s", name, error)
            return False
        return True

    def _idle(self) -> bool:
        return not self._reporting and not any(lane.busy for lane in self._lanes.values())

    def _work(self, lane: _Lane, first: _Run) -> None:
        run: _Run | None = first
        while run is not None:
            result = self._perform(run)
            if not run.newest.opens:
                _report(run, result)
                run = self._take(lane)
                continue
            with self._changed:
                self._reporting += 1
            # To report takes a disk's time, and the lock must not fall shut meanwhile.
            following = self._take(lane, opened=result.ok)
            handed_over = following is not None and self._start(lane, following)
            _report(run, result)
            with self._changed:
                self._reporting -= 1
                self._changed.notify_all()
            run = None if handed_over else following

    def _take(self, lane: _Lane, *, opened: bool = False) -> _Run | None:
        """The next run of a lane, whose last one `opened` the lock, or not; None ends the lane."""
        with self._changed:
            if lane.waiting and opened:
                jobs = tuple(lane.waiting)
                lane.waiting.clear()
                return _Run(jobs, prolongs=True)
            if lane.waiting:
                return _Run((lane.waiting.popleft(),))
            lane.busy = False
            del self._lanes[lane.key]
            self._changed.notify_all()
            return None

    def _perform(self, run: _Run) -> ActionResult:
        began, job = self._clock(), run.newest
        waited = began - job.submitted
        if waited > self._max_wait_s and not run.prolongs:
            return ActionResult(False, f"Not performed: it was {waited:.0f} s too old.", 0.0)
        try:
            result = job.action.perform(job.payload)
        except BaseException as error:
            # Even SystemExit or a stray CancelledError may not end this thread.
            log.exception("%s raised an exception", job.action.name, extra=_about(job))
            detail = f"It failed with {type(error).__name__}; the log has the details."
            return ActionResult(False, detail, (self._clock() - began) * 1000)
        if len(run.jobs) == 1:
            return result
        return replace(result, detail=f"{result.detail} Once for {len(run.jobs)} that waited.")


def _report(run: _Run, result: ActionResult) -> None:
    for job in run.jobs:
        try:
            job.on_result(job.action, result)
        except Exception:
            name = job.action.name
            log.exception("the result of %s could not be recorded", name, extra=_about(job))


def _about(job: _Job) -> dict[str, Any]:
    """The visit that a line of the log is about."""
    return {"visit": job.payload.get("visit")}
