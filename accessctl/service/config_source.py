"""Where a running door has its configuration from: the file, as far as it was accepted.

A changed one is taken over between two frames or refused whole. It is asked for over the control
socket or with SIGHUP; the kernel sends the same signal when the terminal goes away, which stops
the door instead.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeAlias

from accessctl.administration.acceptance import (
    AcceptanceRecord,
    AcceptedCopy,
    ConfigText,
    Settled,
    check_known,
    not_accepted,
    read_text,
)
from accessctl.administration.gallery_heads import ReadableRecorder
from accessctl.config import ActionConfig, CommandAction, Config, WebhookAction
from accessctl.config.guard import Weakening
from accessctl.doorway.opening import lock_place
from accessctl.errors import AccessctlError, ConfigError, FaultError
from accessctl.gallery.schema import place_of
from accessctl.redaction import HIDDEN, SECRET_WORD, redact

log = logging.getLogger(__name__)

# Less than a client of the control socket waits.
ANSWER_S = 8.0
TAKEN_OVER = (
    "camera.",
    "vision.",
    "liveness.",
    "policy.",
    "access.",
    "actions.",
    "audit.snapshots.",
    "audit.retention.",
    "gallery.max_stale_s",
    # Of the hub on this machine, if there is one: nothing to the door.
    "hub.",
)

# Of those, what is part of something that a running door holds open or has built on.
BUILT_ON = frozenset(
    {
        "vision.models",
        "vision.runtime",
        "vision.detection_confidence",
        "vision.track_timeout_s",
        "policy.lockout.file",
        "access.door",
        "actions.queue",
    }
)
Reload: TypeAlias = Callable[[], Mapping[str, Any]]

STANDARD_INPUT = 0


class ConfigSource(Protocol):
    """Gives the configuration at the start and at each reload; ConfigError, StoreError."""

    def start(self) -> Config:
        """Before anything is opened."""
        ...

    def confirm(self, audit: ReadableRecorder, now: Callable[[], float]) -> None:
        """Once the log is open and before the door is: ConfigError where nobody can say what
        counts."""
        ...

    def reload(self) -> Config:
        """What the file says now; ConfigError where it guards less than what counts."""
        ...

    def taken_over(self) -> None:
        """The door runs by what was given last, which counts from now on."""
        ...

    def facts(self) -> dict[str, Any]:
        """What `started` and `reloaded` say of it on record."""
        ...

    @property
    def refused(self) -> tuple[Weakening, ...]:
        """In what the file that does not count is weaker; may be read from any thread."""
        ...


class UncheckedSource:
    """Whatever `load` gives counts: for a door that can open nothing, and for tests."""

    refused: tuple[Weakening, ...] = ()

    def __init__(self, load: Callable[[], Config]) -> None:
        self.start = self.reload = load

    def confirm(self, audit: ReadableRecorder, now: Callable[[], float]) -> None:
        del audit, now

    def taken_over(self) -> None:
        return

    def facts(self) -> dict[str, Any]:
        return {}


class AcceptedSource:
    """The file at `path`; where it guards less than what was accepted, that goes on.

    `overlay` is what the command line lays over it: a source, or the demo, which opens no lock
    and so needs nothing accepted.
    """

    def __init__(
        self, path: Path, overlay: Callable[[Config], Config], environment: Mapping[str, str]
    ) -> None:
        self.path = path
        self._overlay = overlay
        self._copy = AcceptedCopy(path, environment)
        self._settled: Settled | None = None
        self._record: AcceptanceRecord | None = None
        self._running: Config | None = None
        self._changed: tuple[str, ...] = ()
        self._kept: str | None = None
        self.refused: tuple[Weakening, ...] = ()

    def start(self) -> Config:
        file = read_text(self.path)
        shown = self._overlay(file.config)
        if shown.camera.source == "demo":
            return shown
        self._settled = Settled(file, self._copy.read())
        self._running = self._overlay(self._settled.running.config)
        return self._running

    def confirm(self, audit: ReadableRecorder, now: Callable[[], float]) -> None:
        if self._settled is None:
            return
        self._record = AcceptanceRecord(self.path, audit, now)
        check_known(self._copy, self._settled.accepted, self._record.known())
        self._changed, self.refused = self._settled.changed, self._settled.weaker
        self._kept = _digest_of(self._settled.accepted)
        if self.refused:
            log.error("%s", not_accepted(self.path, self.refused))
            self._record.refuse(self._settled.file, self.refused)

    def reload(self) -> Config:
        if self._record is None:
            return self._overlay(read_text(self.path).config)
        settled = Settled(read_text(self.path), self._copy.read())
        check_known(self._copy, settled.accepted, self._record.known())
        self._settled, self._kept = settled, _digest_of(settled.accepted)
        if settled.weaker:
            raise not_accepted(self.path, settled.weaker)
        return self._overlay(settled.running.config)

    def taken_over(self) -> None:
        settled = self._settled
        if settled is None or self._record is None:
            return
        self._running = self._overlay(settled.running.config)
        self._changed, self.refused = settled.changed, settled.weaker
        if not settled.weaker and _digest_of(settled.accepted) != settled.file.digest:
            first = settled.accepted is None
            told = {"first": True} if first else {"changed": ", ".join(settled.changed)}
            self._record.accept(self._copy, settled.to_keep, **told)
            self._kept = settled.file.digest

    def facts(self) -> dict[str, Any]:
        if self._settled is None or self._running is None:
            return {}
        digest = self._settled.running.digest
        # What is not kept yet may never be: the log must not say that it is what counts.
        place = {"config_place": place_of(self.path)} if digest == self._kept else {}
        return {
            "config": digest,
            **place,
            "changed": ", ".join(self._changed),
            "lock": lock_of(self._running),
            "source": redact(self._running.camera.source),
        }


def _digest_of(accepted: ConfigText | None) -> str | None:
    return None if accepted is None else accepted.digest


def lock_of(config: Config) -> list[str]:
    """What a grant sets off, as it may stand on record: secrets are hidden."""
    place = lock_place(config.doorway)
    return [*([] if place is None else [place]), *map(_told, config.actions.granted)]


def _told(action: ActionConfig) -> str:
    if isinstance(action, WebhookAction):
        return redact(action.url)
    if isinstance(action, CommandAction):
        return " ".join(_plain(action.argv))
    # Its options are whatever a package says, secrets among them.
    return action.name


def _plain(argv: Sequence[str]) -> Iterator[str]:
    """The words of a command without what follows a word like password."""
    hide = False
    for word in argv:
        name, equals, _ = word.partition("=")
        telling = SECRET_WORD.search(name) is not None and "://" not in word
        if hide:
            yield HIDDEN
        elif telling and equals:
            yield f"{name}={HIDDEN}"
        else:
            yield redact(word) if "://" in word else word
        hide = telling and not equals and not hide


class Reloads:
    """Asked for from any thread or signal handler, done by the loop between two frames."""

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        """Who waits for an answer waits `answer_s` at the most."""
        self._answer_s = answer_s
        # Its put() may interrupt itself: a signal handler can call it at any moment.
        self._asked: SimpleQueue[Future[Mapping[str, Any]]] = SimpleQueue()
        self._closed = False

    def ask(self) -> Future[Mapping[str, Any]]:
        answer: Future[Mapping[str, Any]] = Future()
        self._asked.put(answer)
        return answer

    def ask_and_wait(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """For the control socket: what was changed; raises why it was refused."""
        del fields
        answer = self.ask()
        if self._closed:
            self.close()
        try:
            return answer.result(self._answer_s)
        except TimeoutError as error:
            answer.cancel()
            raise FaultError(
                "The door did not come to it in time; its log says whether it reloads."
            ) from error

    def turn(self, reload: Reload) -> None:
        """Call `reload` once when that was asked for since the last turn; a refusal by
        AccessctlError goes to those who asked."""
        # One whose client no longer waits is not done behind its back.
        waiting = [answer for answer in self._taken() if answer.set_running_or_notify_cancel()]
        if not waiting:
            return
        try:
            changed = reload()
        except AccessctlError as error:
            for answer in waiting:
                answer.set_exception(error)
        else:
            for answer in waiting:
                answer.set_result(changed)

    def close(self) -> None:
        """The loop has ended: whoever waits, or comes later, is told so."""
        self._closed = True
        for answer in self._taken():
            if answer.set_running_or_notify_cancel():
                answer.set_exception(FaultError("The door is stopping; nothing was reloaded."))

    def _taken(self) -> list[Future[Mapping[str, Any]]]:
        taken: list[Future[Mapping[str, Any]]] = []
        while True:
            try:
                taken.append(self._asked.get_nowait())
            except Empty:
                return taken


def refuse_what_needs_a_restart(changed: tuple[str, ...]) -> None:
    """Raises ConfigError; a section that nobody thought of here needs a restart too."""
    stuck = [n for n in changed if n in BUILT_ON or not n.startswith(TAKEN_OVER)]
    if stuck:
        raise ConfigError(
            f"A running door cannot change {', '.join(stuck)}; nothing was changed. Restart it "
            "(systemctl restart accessctl), or set that back and reload."
        )


@contextmanager
def on_hangup(
    reload: Callable[[], object], stop: Callable[[], object], terminal: int = STANDARD_INPUT
) -> Iterator[None]:
    """While the block runs, SIGHUP calls `reload`; from the main thread only.

    The kernel sends the same signal when the terminal is closed in which the door was started
    (`terminal` is its descriptor): then `stop` is called, or it would go on unseen.
    """
    had_terminal = os.isatty(terminal)

    def handle(_signum: int, _frame: object) -> None:
        hung_up = had_terminal and not os.isatty(terminal)
        (stop if hung_up else reload)()

    before = signal.signal(signal.SIGHUP, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
