"""The daemon in this process: fake house, fake camera, a real notify and control socket."""

import errno
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import cv2
import pytest

from accessctl.camera.fake import FakeSource, flat_shots
from accessctl.camera.usb import UsbSource
from accessctl.config import CameraConfig
from accessctl.control.client import ask
from accessctl.domain import Face, Frame
from accessctl.door.fake import FACE_BOX, ScriptedObserver
from accessctl.errors import CameraError, ConfigError, FaultError, InputError
from accessctl.extensions import unregister
from accessctl.service import daemon
from accessctl.service.daemon import Orders
from accessctl.service.statistics import Statistics
from accessctl.vision.fake import fake_face
from tests.mqtt.brokers import PASSWORDS, Speaker
from tests.patience import wait_for
from tests.service.mqtt_site import ANNOUNCED, BASE
from tests.service.served_door import Manager, Site

# Half of it passes between any two turns of the loop.
TINY_PERIOD = {"WATCHDOG_USEC": "2"}
QUIET_S = 0.3


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, manager: Manager) -> Iterator[Site]:
    yield Site(tmp_path, manager)
    unregister("sources", "fake")


def test_ready_then_watching_then_stopping(site: Site, manager: Manager) -> None:
    site.sources = [FakeSource([flat_shots([1, 2, 3])])]
    site.serve()
    assert manager.rest() == [
        ["READY=1", "STATUS=Waiting for the first picture of fake camera."],
        ["STATUS=Watching fake camera; 0 people enrolled."],
        ["STOPPING=1", "STATUS=Stopping."],
    ]
    assert site.states() == ["started", "stopped"]


def test_a_display_that_fails_does_not_end_the_door(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    shown: list[object] = []

    def fail(decisions: object, names: object) -> None:
        shown.append(decisions)
        raise OSError(errno.ENOSPC, "No space left on device")

    site.sources = [FakeSource([flat_shots([1, 2, 3])])]
    site.serve(show=fail)
    assert len(shown) == 1
    assert site.states() == ["started", "display_lost", "stopped"]


def test_a_door_keeps_opencv_to_one_thread(site: Site, manager: Manager) -> None:
    site.sources = [FakeSource([flat_shots([1])])]
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(2)
        site.serve()
        assert cv2.getNumThreads() == 1
    finally:
        cv2.setNumThreads(before)


def test_a_ping_for_frames_and_none_while_the_loop_hangs(site: Site, manager: Manager) -> None:
    hanging, go_on = threading.Event(), threading.Event()

    class Hanging(ScriptedObserver):
        def observe(self, frame: Frame) -> list[Face]:
            if frame.sequence == 3:
                hanging.set()
                go_on.wait()
            return super().observe(frame)

    site.house.observer = Hanging()
    site.sources = [site.camera(*range(8))]

    def work() -> None:
        try:
            manager.until("WATCHDOG=1")
            assert hanging.wait(20)
            manager.rest()
            # At this period a ping would be due thousands of times over.
            assert manager.next(QUIET_S) is None
        finally:
            go_on.set()
        manager.until("WATCHDOG=1")

    site.beside(work).serve(**TINY_PERIOD)
    assert manager.rest()[-1][0] == "STOPPING=1"


def test_a_lost_camera_is_told_and_does_not_silence_the_watchdog(
    site: Site, manager: Manager
) -> None:
    lost = FaultError("it is unplugged")
    site.sources = [FakeSource([lost, lost, [site.end]], endless=True)]

    def work() -> None:
        heard = manager.until("READY=1")
        assert ["STATUS=Camera lost: it is unplugged"] in [
            *heard,
            heard[-1][1:],
            *manager.rest(),
        ]
        for _ in range(3):
            manager.until("WATCHDOG=1")
        answer = ask(site.socket, "status")
        assert answer["camera"]["state"] == "lost"
        assert answer["camera"]["error"] == "it is unplugged"

    site.beside(work).serve(**TINY_PERIOD)
    assert "camera_lost" in site.states()


def test_a_reload_over_the_socket_changes_the_door_between_two_frames(
    site: Site, manager: Manager
) -> None:
    site.sources = [site.camera(1, 2)]

    def work() -> None:
        manager.until("STATUS=Watching fake camera; 0 people enrolled.")
        site.configure(policy={"target_fpir": 0.01, "cooldown_s": 60})
        site.house.enrol("Ada", 1)
        answer = ask(site.socket, "reload")
        assert set(answer["changed"]) == {"policy.target_fpir", "policy.cooldown_s"}
        assert answer["people"] == 1
        heard = manager.until("READY=1")
        reloading = next(lines for lines in heard if lines[0] == "RELOADING=1")
        stamp = int(reloading[1].removeprefix("MONOTONIC_USEC="))
        assert 0 <= time.monotonic_ns() // 1000 - stamp < 60_000_000

    site.beside(work).serve()
    assert site.states() == ["started", "reloaded", "stopped"]
    reloaded = next(e for e in site.house.events() if e.data.get("state") == "reloaded")
    assert set(reloaded.data["changed"].split(", ")) == {"policy.target_fpir", "policy.cooldown_s"}


@pytest.mark.parametrize(
    ("sections", "refusal", "why"),
    [
        ({}, ConfigError("config.yaml: unknown key 'policy.colour'."), "unknown key"),
        ({"encoder": {"threads": 2}}, None, "cannot change encoder.threads"),
        (
            {
                "actions": {
                    "granted": [{"type": "webhook", "url": "https://x", "secret_file": "no"}]
                }
            },
            None,
            "webhook key",
        ),
    ],
)
def test_a_refused_reload_leaves_all_as_it_was(
    site: Site,
    manager: Manager,
    sections: dict[str, Any],
    refusal: ConfigError | None,
    why: str,
) -> None:
    site.sources = [site.camera(1, 2)]

    def work() -> None:
        manager.until("STATUS=Watching fake camera; 0 people enrolled.")
        site.configure(policy={"cooldown_s": 60}, **sections)
        site.refusal = refusal
        with pytest.raises(InputError, match=why):
            ask(site.socket, "reload")
        assert manager.until("READY=1")
        # Setting it back is no change: nothing of the refused one was taken over.
        site.configure()
        site.refusal = None
        assert ask(site.socket, "reload")["changed"] == []

    site.beside(work).serve()
    assert site.states() == ["started", "reload_refused", "reloaded", "stopped"]
    refused = next(e for e in site.house.events() if e.data.get("state") == "reload_refused")
    assert why in refused.data["reason"]


def test_another_camera_is_opened_and_the_old_one_closed(site: Site, manager: Manager) -> None:
    old, new = site.camera(1), site.camera(2)
    new.description = "other camera"
    site.sources = [old, new]

    def work() -> None:
        manager.until("STATUS=Watching fake camera; 0 people enrolled.")
        site.configure(camera={"source": "fake://another"})
        assert ask(site.socket, "reload")["changed"] == ["camera.source"]
        manager.until("STATUS=Watching other camera; 0 people enrolled.")
        report = ask(site.socket, "status")
        assert report["camera"]["description"] == "other camera"

    site.beside(work).serve()
    assert site.states() == ["started", "reloaded", "stopped"]


def test_a_camera_cannot_become_a_recording(site: Site, manager: Manager) -> None:
    site.sources = [site.camera(1), FakeSource([flat_shots([2])])]

    def work() -> None:
        manager.until("STATUS=Watching fake camera; 0 people enrolled.")
        site.configure(camera={"source": "fake://film"})
        with pytest.raises(InputError, match="cannot go on with a recording"):
            ask(site.socket, "reload")

    site.beside(work).serve()


def test_a_second_door_on_the_same_socket_is_refused(site: Site, manager: Manager) -> None:
    site.sources = [site.camera(1)]
    other = Orders(site.load, "config.yaml")
    refused: list[FaultError] = []

    def work() -> None:
        manager.until("STATUS=Watching fake camera; 0 people enrolled.")
        with pytest.raises(FaultError, match="Another door is running") as error:
            daemon._answer(ExitStack(), other.load(), {}, Statistics("1", "config.yaml"))
        refused.append(error.value)

    site.beside(work).serve()
    assert len(refused) == 1


def test_the_demo_plays_beside_a_door_that_keeps_its_socket(
    site: Site, manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    site.sources = [site.camera(1)]

    def work() -> None:
        manager.until("STATUS=Watching fake camera; 0 people enrolled.")
        demo = site.config.camera.model_copy(update={"source": "demo"})
        config = site.config.model_copy(update={"camera": demo})
        with ExitStack() as stack:
            daemon._answer(stack, config, {}, Statistics("1", "config.yaml"))
        # The real door's socket is still there, and answers, be its first frame taken or not.
        assert ask(site.socket, "status")["camera"]["state"] in ("opening", "watching")

    site.beside(work).serve()
    assert "The demo cannot be asked how it is: Another door is running" in caplog.text


def test_a_lost_infrared_camera_is_told_to_systemd_and_in_the_report(
    site: Site, manager: Manager
) -> None:
    missing = "/dev/video987"
    with pytest.raises(CameraError) as caught:
        UsbSource(missing, CameraConfig()).open()
    why = str(caught.value)
    site.configure(liveness={"mode": "passive", "ir_source": missing})
    site.sources = [FakeSource([[*flat_shots([1, 2]), site.end]], live=True, endless=True)]
    reports: list[dict[str, Any]] = []

    def work() -> None:
        awaited = {"READY=1", f"STATUS=Infrared camera lost: {why}"}
        while awaited:
            message = manager.next()
            assert message is not None, f"{awaited} never came"
            awaited -= set(message)
        reports.append(dict(ask(site.socket, "status")))

    site.beside(work).serve()
    assert reports[0]["infrared"] == {"description": f"USB camera {missing}", "error": why}
    assert "infrared_lost" in site.states()


def test_a_running_door_is_told_to_its_broker_and_says_so(
    site: Site, home: Speaker, tmp_path: Path
) -> None:
    password = tmp_path / "mqtt.password"
    password.write_text(PASSWORDS["door"])
    password.chmod(0o600)
    reach = {"host": "127.0.0.1", "port": home.broker.port, "tls": False, "user": "door"}
    site.configure(mqtt={**reach, "password_file": password})
    site.house.observer.faces = [fake_face(box=FACE_BOX)]
    site.sources = [site.camera(*range(8))]

    def linked() -> bool:
        with suppress(FaultError):
            status = ask(site.socket, "status")
            seen = status["camera"].get("frames") == 8
            return seen and status.get("mqtt", {}).get("connected", False)
        return False

    def look() -> None:
        wait_for(linked, "the broker")
        assert home.wait(ANNOUNCED)

    site.beside(look).serve()
    # Whoever stood there when the door was stopped is decided last of all.
    assert home.wait(f"{BASE}/last_decision/state") in {"unknown", "denied"}
    assert home.wait(f"{BASE}/availability", "offline".__eq__)
