import asyncio
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from accessctl.actions.base import (
    Action,
    ActionResult,
    FailingAction,
    HangingAction,
    RecordingAction,
)
from accessctl.actions.command import Command
from accessctl.actions.runner import ActionRunner, actions_from, lanes_of
from accessctl.config import CommandAction, WebhookAction
from accessctl.errors import ConfigError


def test_builds_each_in_order(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    actions = actions_from(
        (
            CommandAction(type="command", argv=("/usr/bin/gpioset", "17=1")),
            WebhookAction(type="webhook", url="https://gate.example/hook", secret_file=key),
            WebhookAction(type="webhook", url="http://relay.example/on"),
        )
    )
    assert [action.name for action in actions] == [
        "command gpioset",
        "webhook gate.example",
        "webhook relay.example",
    ]


def test_nothing_configured() -> None:
    assert actions_from(()) == []


def test_a_key_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="webhook key"):
        actions_from(
            [WebhookAction(type="webhook", url="http://a.example/", secret_file=tmp_path / "no")]
        )


WAIT_S = 20


class Results:
    """Collects results; `wait(n)` returns once n have arrived."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bool, str]] = []
        self._arrived = threading.Semaphore(0)

    def __call__(self, action: Action, result: ActionResult) -> None:
        self.got.append((action.name, result.ok, result.detail))
        self._arrived.release()

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self._arrived.acquire(timeout=WAIT_S)


class SlowAction(RecordingAction):
    """Its first performance waits for `release`."""

    def __init__(self) -> None:
        super().__init__("slow")
        self.started, self.release = threading.Event(), threading.Event()

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        self.started.set()
        assert self.release.wait(WAIT_S)
        return super().perform(payload)


@contextmanager
def running(queue: int = 4, **options: Any) -> Iterator[ActionRunner]:
    runner = ActionRunner(queue=queue, **options)
    yield runner
    assert runner.close(WAIT_S)


def test_performs_and_reports() -> None:
    action, results = RecordingAction(), Results()
    with running() as runner:
        assert runner.submit(action, {"visit": "v1"}, results)
    assert action.payloads == [{"visit": "v1"}]
    assert results.got == [("recording", True, "Recorded.")]


def test_the_payload_is_taken_as_it_was_submitted() -> None:
    slow, results = SlowAction(), Results()
    payload = {"visit": "v1"}
    with running() as runner:
        runner.submit(slow, {}, results)
        runner.submit(slow, payload, results)
        payload["visit"] = "v2"
        slow.release.set()
    assert slow.payloads == [{}, {"visit": "v1"}]


def test_a_hanging_action_does_not_hold_up_the_next() -> None:
    hanging, action, results = HangingAction(), RecordingAction(), Results()
    with running() as runner:
        runner.submit(hanging, {}, results)
        assert hanging.started.wait(WAIT_S)
        runner.submit(action, {}, results)
        results.wait(1)
        assert results.got == [("recording", True, "Recorded.")]
        hanging.release.set()


def test_however_many_others_hang_the_lock_is_not_kept_waiting() -> None:
    """Four webhooks for strangers that hang, and more that wait behind them."""
    hanging, unlock = [HangingAction(f"hook {n}") for n in range(4)], RecordingAction("unlock")
    told, opened = Results(), Results()
    with running(queue=2) as runner:
        for action in hanging * 3:
            assert runner.submit(action, {}, told)
        for action in hanging:
            assert action.started.wait(WAIT_S)
            assert not runner.submit(action, {}, told)
        assert runner.submit(unlock, {"visit": "v1"}, opened)
        opened.wait(1)
        assert opened.got == [("unlock", True, "Recorded.")]
        for action in hanging:
            action.release.set()


def test_of_two_actions_of_a_grant_neither_waits_for_the_other() -> None:
    hook, unlock, results = HangingAction(), RecordingAction("unlock"), Results()
    with running() as runner:
        runner.submit(hook, {}, results)
        runner.submit(unlock, {}, results)
        results.wait(1)
        assert results.got == [("unlock", True, "Recorded.")]
        hook.release.set()


def test_one_action_runs_once_at_a_time_and_in_order() -> None:
    slow, results = SlowAction(), Results()
    with running() as runner:
        for visit in ("v1", "v2", "v3"):
            runner.submit(slow, {"visit": visit}, results)
        assert slow.started.wait(WAIT_S)
        assert slow.payloads == []
        slow.release.set()
    assert [payload["visit"] for payload in slow.payloads] == ["v1", "v2", "v3"]


def test_submit_refuses_when_the_queue_is_full_and_takes_again_afterwards() -> None:
    slow, results = SlowAction(), Results()
    with running(queue=2) as runner:
        assert runner.submit(slow, {}, results)
        assert slow.started.wait(WAIT_S)
        assert [runner.submit(slow, {}, results) for _ in range(4)] == [True, True, False, False]
        slow.release.set()
        results.wait(3)
        assert runner.submit(slow, {}, results)
    assert len(slow.payloads) == 4


@pytest.mark.parametrize(
    "error", [RuntimeError("boom"), SystemExit(3), asyncio.CancelledError(), MemoryError()]
)
def test_whatever_an_action_raises_becomes_a_failure(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    results = Results()
    failing = FailingAction(error=error)
    with running() as runner:
        runner.submit(failing, {}, results)
        results.wait(1)
        runner.submit(RecordingAction(), {}, results)
    name = type(error).__name__
    assert results.got == [
        ("failing", False, f"It failed with {name}; the log has the details."),
        ("recording", True, "Recorded."),
    ]
    assert [(r.levelno, r.getMessage()) for r in caplog.records] == [
        (logging.ERROR, "failing raised an exception")
    ]


def test_a_report_that_fails_is_logged_and_the_next_action_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(action: Action, result: ActionResult) -> None:
        raise RuntimeError("the audit log is away")

    action, results = RecordingAction(), Results()
    with running() as runner:
        runner.submit(action, {}, broken)
        runner.submit(action, {}, results)
    assert len(results.got) == 1
    assert "the result of recording could not be recorded" in caplog.text


def test_an_action_that_waited_too_long_is_not_performed() -> None:
    now = [0.0]
    slow, results = SlowAction(), Results()
    with running(max_wait_s=10, clock=lambda: now[0]) as runner:
        runner.submit(slow, {"visit": "first"}, results)
        assert slow.started.wait(WAIT_S)
        runner.submit(slow, {"visit": "stale"}, results)
        now[0] = 5.0
        runner.submit(slow, {"visit": "fresh"}, results)
        now[0] = 12.0
        slow.release.set()
    assert [payload["visit"] for payload in slow.payloads] == ["first", "fresh"]
    assert results.got[1] == ("slow", False, "Not performed: it was 12 s too old.")


def test_grants_during_a_pulse_prolong_it_however_long_it_is() -> None:
    """The lock is open for a minute; two more people are let in meanwhile."""
    now = [0.0]
    pulse, results = SlowAction(), Results()
    with running(max_wait_s=10, clock=lambda: now[0]) as runner:
        runner.submit(pulse, {"visit": "v1"}, results, opens=True)
        assert pulse.started.wait(WAIT_S)
        for visit in ("v2", "v3"):
            assert runner.submit(pulse, {"visit": visit}, results, opens=True)
        now[0] = 60.0
        pulse.release.set()
    assert [payload["visit"] for payload in pulse.payloads] == ["v1", "v3"]
    assert sorted(results.got) == [
        ("slow", True, "Recorded."),
        ("slow", True, "Recorded. Once for 2 that waited."),
        ("slow", True, "Recorded. Once for 2 that waited."),
    ]


def test_after_a_run_that_failed_the_door_opens_for_nobody() -> None:
    """The lock was shut all the time: whoever waited has left."""
    now = [0.0]
    pulse, results = SlowAction(), Results()
    pulse.ok = False
    with running(max_wait_s=10, clock=lambda: now[0]) as runner:
        runner.submit(pulse, {}, results, opens=True)
        assert pulse.started.wait(WAIT_S)
        runner.submit(pulse, {}, results, opens=True)
        now[0] = 60.0
        pulse.release.set()
    assert len(pulse.payloads) == 1
    assert ("slow", False, "Not performed: it was 60 s too old.") in results.got


def test_more_grants_than_the_queue_holds_prolong_one_pulse() -> None:
    pulse, results = SlowAction(), Results()
    with running(queue=1) as runner:
        runner.submit(pulse, {}, results, opens=True)
        assert pulse.started.wait(WAIT_S)
        assert all(runner.submit(pulse, {}, results, opens=True) for _ in range(20))
        pulse.release.set()
    assert len(pulse.payloads) == 2
    assert len(results.got) == 21


def test_the_next_run_does_not_wait_for_the_report_of_the_last() -> None:
    pulse, results = SlowAction(), Results()
    reporting, go = threading.Event(), threading.Event()

    def slow_disk(action: Action, result: ActionResult) -> None:
        reporting.set()
        assert go.wait(WAIT_S)

    with running() as runner:
        runner.submit(pulse, {}, slow_disk, opens=True)
        assert pulse.started.wait(WAIT_S)
        runner.submit(pulse, {}, results, opens=True)
        pulse.release.set()
        results.wait(1)
        assert reporting.wait(WAIT_S)
        assert not runner.close(0.01)
        go.set()
    assert len(pulse.payloads) == 2


def test_what_a_reload_made_anew_waits_for_what_was_there_before() -> None:
    before, after, results = (
        HangingAction("command relay"),
        HangingAction("command relay"),
        Results(),
    )
    (lane,), (again,) = lanes_of("granted", [before]), lanes_of("granted", [after])
    with running() as runner:
        runner.submit(before, {}, results, lane=lane, opens=True)
        assert before.started.wait(WAIT_S)
        runner.submit(after, {}, results, lane=again, opens=True)
        after.release.set()
        assert not after.started.is_set()
        before.release.set()
        results.wait(2)
    assert after.started.is_set()


def test_a_lane_is_what_the_action_is_and_for_what() -> None:
    on, off = Command(["relay", "on"], 1.0), Command(["relay", "off"], 1.0)
    lanes = lanes_of("granted", [on, off, on])
    assert len(set(lanes)) == 3
    # Another time limit is the same relay; what is run for strangers delays no grant.
    assert lanes_of("granted", [Command(["relay", "on"], 9.0)]) == lanes[:1]
    assert lanes_of("denied", [on]) != lanes[:1]


def test_close_waits_for_running_and_queued_and_reports_them() -> None:
    slow, results = SlowAction(), Results()
    runner = ActionRunner(queue=4)
    runner.submit(slow, {}, results)
    runner.submit(slow, {}, results)
    closed: list[bool] = []
    closer = threading.Thread(target=lambda: closed.append(runner.close(WAIT_S)))
    closer.start()
    slow.release.set()
    closer.join(WAIT_S)
    assert closed == [True]
    assert [name for name, *_ in results.got] == ["slow", "slow"]


def test_after_close_nothing_is_accepted() -> None:
    runner = ActionRunner(queue=4)
    assert runner.close(WAIT_S)
    assert runner.close(WAIT_S)
    action = RecordingAction()
    assert not runner.submit(action, {}, Results())
    assert action.payloads == []


def test_close_out_of_time_drops_what_is_queued_for_good() -> None:
    slow, results = SlowAction(), Results()
    runner = ActionRunner(queue=4)
    runner.submit(slow, {"visit": "first"}, results)
    assert slow.started.wait(WAIT_S)
    runner.submit(slow, {"visit": "second"}, results)
    assert not runner.close(0.05)
    assert results.got == [("slow", False, "Not performed: accessctl was stopping.")]
    slow.release.set()
    assert runner.close(WAIT_S)
    assert [payload["visit"] for payload in slow.payloads] == ["first"]
    assert results.got[1] == ("slow", True, "Recorded.")


def test_close_waits_for_the_report_too() -> None:
    reporting, go, reported = threading.Event(), threading.Event(), threading.Event()

    def slow(action: Action, result: ActionResult) -> None:
        reporting.set()
        assert go.wait(WAIT_S)
        reported.set()

    runner = ActionRunner(queue=1)
    runner.submit(RecordingAction(), {}, slow)
    assert reporting.wait(WAIT_S)
    assert not runner.close(0.01)
    go.set()
    assert runner.close(WAIT_S)
    assert reported.is_set()


def test_many_submitters_lose_nothing() -> None:
    counted: list[Mapping[str, Any]] = []
    results = Results()
    action = RecordingAction()
    with running(queue=1000) as runner:

        def submit() -> None:
            for _ in range(100):
                assert runner.submit(action, {}, results)

        threads = [threading.Thread(target=submit) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        results.wait(800)
    counted.extend(action.payloads)
    assert (len(counted), len(results.got)) == (800, 800)
