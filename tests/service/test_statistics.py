import json
import math
import threading
from collections import deque
from dataclasses import replace

import numpy as np
import pytest

from accessctl.clock import Uptime
from accessctl.domain import Frame, PersonId, Pose, Quality
from accessctl.door.badges import BadgeReport
from accessctl.door.visit import FaceView, Step
from accessctl.errors import StoreError
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutStore
from accessctl.service.statistics import rate, read_lockout
from accessctl.service.status_parts import LockoutView
from accessctl.vision.fake import fake_face

NOW = Uptime("boot", 110.0)


def test_what_the_door_wrote_is_read(tmp_path):
    file = tmp_path / "lockout.sqlite"
    with LockoutStore(file) as store:
        store.change("front", lambda _: Lockout(5, Uptime("boot", 100.0), 30.0))
        store.change("back", lambda _: Lockout(50, off=True))
    assert read_lockout(file, "front", NOW) == LockoutView(5, 20.0)
    assert not read_lockout(file, "front", NOW).off
    assert read_lockout(file, "back", NOW).off
    assert read_lockout(file, "side", NOW) == LockoutView()


def test_more_people_than_the_calibration_suits_are_told(shown):
    assert shown.statistics.report()["beyond_calibration"] is None
    assert not shown.statistics.totals().beyond_calibration
    shown.beyond_calibration = "Nobody can be let in."
    assert shown.statistics.report()["beyond_calibration"] == "Nobody can be let in."
    assert shown.statistics.totals().beyond_calibration


def test_whose_own_lockout_lasts_is_read_and_named(tmp_path, shown):
    file = tmp_path / "lockout.sqlite"
    own = {
        "p-ada": Lockout(5, Uptime("boot", 100.0), 30.0),
        "p-bob": Lockout(2),
        "p-eve": Lockout(50, off=True),
    }
    with LockoutStore(file) as store:
        for person, state in own.items():
            store.change_both(
                "front", PersonId(person), lambda kept, state=state: replace(kept, person=state)
            )
    view = read_lockout(file, "front", NOW)
    assert view == LockoutView(locked={"p-ada": 20.0, "p-eve": math.inf})
    shown.lockout, shown.names = (lambda: view), {ADA: "Ada"}
    told = shown.statistics.report()["lockout"]
    assert told["people"] == shown.statistics.totals().people_locked == 2
    assert told["locked_out"] == [
        {"person": None, "remaining_s": None, "off": True},
        {"person": "Ada", "remaining_s": 20.0, "off": False},
    ]
    crowd = {PersonId(f"p-{number}"): float(number + 1) for number in range(30)}
    shown.lockout = lambda: LockoutView(locked=crowd)
    told = shown.statistics.report()["lockout"]
    assert told["people"] == 30
    assert [one["remaining_s"] for one in told["locked_out"]] == [30.0 - n for n in range(20)]


def test_a_file_that_is_none_is_a_store_error(tmp_path):
    file = tmp_path / "lockout.sqlite"
    file.write_text("this is no database, but long enough to be looked at" * 20)
    with pytest.raises(StoreError):
        read_lockout(file, "front", NOW)


ADA = PersonId("p-ada")
EVERYTHING = {
    "version",
    "config",
    "config_refused",
    "uptime_s",
    "camera",
    "scenery",
    "watchdog",
    "actions",
    "decisions",
    "door",
    "people",
    "rate_doubt",
    "rate_here",
    "badge_notice",
    "badges",
    "encoder",
    "device",
    "liveness",
    "lockout",
    "clock",
    "gallery",
    "acting",
    "beyond_calibration",
    "visitors",
}


def test_a_door_that_is_starting_answers(starting):
    report = starting.statistics.report()
    assert report["camera"]["state"] == "starting"
    assert report["decisions"] == []
    assert "people" not in report
    json.dumps(report, allow_nan=False)


def test_a_door_whose_camera_never_came_answers(shown):
    assert shown.statistics.report()["camera"]["state"] == "opening"
    shown.statistics.note_camera("lost", "No camera is attached; plug one in.")
    report = shown.statistics.report()
    assert report["camera"]["state"] == "lost"
    assert report["camera"]["error"] == "No camera is attached; plug one in."
    assert report["camera"]["frame_age_s"] is None
    assert report["camera"]["fps"] == 0
    assert report["people"] == 3


def test_a_report_of_a_watching_door(shown):
    statistics, clock = shown.statistics, shown.clock
    shown.dropped = 7
    for _ in range(21):
        shown.step()
        clock.time += 0.1
    statistics.note_watchdog()
    clock.time += 0.5
    report = statistics.report()
    assert report.keys() == EVERYTHING
    assert report["uptime_s"] == 2.6
    assert report["encoder"] == "0123456789ab"
    assert report["camera"] == {
        "description": "USB camera /dev/video0",
        "state": "watching",
        "error": None,
        "width": 8,
        "height": 6,
        # 20 intervals in 2.6 s
        "fps": 7.7,
        "frame_age_s": 0.6,
        "upside_down": False,
        "on_its_side": False,
        "failed": 0,
        "behind_s": 0.0,
        "frames": 21,
        "dropped": 7,
        "reconnects": 0,
    }
    assert report["watchdog"] == {"pings": 1, "age_s": 0.5}
    json.dumps(report, allow_nan=False)


def test_whoever_stands_there_is_told_of_while_frames_come(shown):
    shown.stand(FaceView(fake_face(), "v1", None, None))
    assert [one["visit"] for one in shown.statistics.report()["visitors"]] == ["v1"]
    shown.clock.time += 3.1
    assert shown.statistics.report()["visitors"] == []


def test_a_frame_that_was_still_on_its_way_does_not_end_an_outage(shown):
    statistics = shown.statistics
    shown.step()
    statistics.note_camera("lost", "It was unplugged.")
    shown.step()
    assert statistics.report()["camera"]["state"] == "lost"
    statistics.note_camera("back", "USB camera /dev/video0")
    camera = statistics.report()["camera"]
    assert (camera["state"], camera["error"], camera["reconnects"]) == ("watching", None, 1)


@pytest.mark.parametrize(("error", "up"), [(None, True), ("It was unplugged.", False)])
def test_an_infrared_camera_is_told_of_where_there_is_one(shown, error, up):
    assert "infrared" not in shown.statistics.report()
    assert shown.statistics.totals().infrared_up is None
    shown.infrared = ("USB camera /dev/video2", error)
    infrared = shown.statistics.report()["infrared"]
    assert infrared == {"description": "USB camera /dev/video2", "error": error}
    assert shown.statistics.totals().infrared_up is up


def test_another_camera_is_opened(shown):
    shown.step()
    shown.statistics.note_camera("lost", "It was unplugged.")
    shown.statistics.note_camera("opening", "the configuration names another camera")
    camera = shown.statistics.report()["camera"]
    assert (camera["state"], camera["error"], camera["reconnects"]) == ("opening", None, 0)
    shown.step()
    assert shown.statistics.report()["camera"]["state"] == "watching"


def test_the_last_ten_decisions_newest_first_with_the_names_of_now(shown):
    for number in range(12):
        shown.step(shown.unknown(f"v{number}"))
    shown.statistics.note_decision(shown.granted(ADA, "v12"))
    assert shown.statistics.report()["decisions"][0]["person"] is None
    shown.names[ADA] = "Ada"
    decisions = shown.statistics.report()["decisions"]
    assert [line["visit"] for line in decisions] == [f"v{n}" for n in range(12, 2, -1)]
    assert decisions[0] == {
        "time": 1_769_884_200.0,
        "outcome": "granted",
        "reason": "matched",
        "visit": "v12",
        "person": "Ada",
        "latency_ms": 400.0,
    }


def test_lockouts_are_json_even_when_they_last_for_ever(shown):
    shown.lockout = lambda: LockoutView(5, 12.34)
    assert shown.statistics.report()["lockout"] == {
        "refused": 5,
        "remaining_s": 12.3,
        "off": False,
        "people": 0,
        "locked_out": [],
    }
    shown.lockout = lambda: LockoutView(50, math.inf)
    assert shown.statistics.report()["lockout"] == {
        "refused": 50,
        "remaining_s": None,
        "off": True,
        "people": 0,
        "locked_out": [],
    }
    assert shown.statistics.totals().lockout_s == math.inf


def test_a_lockout_that_cannot_be_read_is_said_and_not_guessed(shown):
    def broken():
        raise StoreError("The lockouts cannot be read.")

    shown.lockout = broken
    assert shown.statistics.report()["lockout"] == {"error": "The lockouts cannot be read."}
    assert math.isnan(shown.statistics.totals().lockout_s)


def test_totals_count_from_the_start(shown):
    statistics = shown.statistics
    for number in range(3):
        shown.step(shown.unknown(str(number)), encode=15.0)
    shown.step(shown.granted(ADA, latency_ms=250))
    statistics.note_action("command open", True)
    statistics.note_action("command open", False)
    statistics.note_action("command open", False)
    totals = statistics.totals()
    assert totals.frames == 4
    assert totals.decisions == {("unknown", "no_match"): 3, ("granted", "matched"): 1}
    assert totals.actions == {("command open", True): 1, ("command open", False): 2}
    assert totals.stages["encode"].total == pytest.approx(0.045)
    assert totals.latency.total == pytest.approx(3 * 0.4 + 0.25)
    assert statistics.report()["actions"] == {"ok": 1, "failed": 2}


def test_totals_are_a_copy(shown):
    shown.step(shown.unknown(), encode=15.0)
    before = shown.statistics.totals()
    shown.step(shown.unknown(), encode=15.0)
    assert before.decisions == {("unknown", "no_match"): 1}
    assert sum(before.stages["encode"].counts) == 1


@pytest.mark.parametrize(
    ("arrivals", "now", "fps"),
    [
        ([], 100.0, 0.0),
        ([100.0], 100.0, 0.0),
        ([98.0, 99.0, 100.0], 100.0, 1.0),
        # ... and it falls while nothing comes
        ([98.0, 99.0, 100.0], 102.0, 0.5),
        ([98.0, 99.0, 100.0], 110.5, 0.0),
        # 20 frames before the window, 100 in it
        ([n / 10 for n in range(120)], 12.0, 10.0),
        ([100.0, 100.0], 100.0, 0.0),
    ],
)
def test_frames_a_second(arrivals, now, fps):
    assert rate(deque(arrivals), now) == pytest.approx(fps, abs=0.11)


def test_many_threads_lose_no_count(shown):
    def work():
        for _ in range(200):
            shown.step(shown.unknown())
            shown.statistics.report()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shown.statistics.totals().frames == 800
    assert shown.statistics.totals().decisions == {("unknown", "no_match"): 800}


def looked_at(*reasons: str, roll: float = 0.0) -> Step:
    face = fake_face(quality=Quality(0.8, reasons), pose=Pose(0.0, 0.0, roll))
    return Step((FaceView(face, "v1", None, None),), (), {})


def test_a_camera_that_shows_faces_on_their_heads_is_told_of(shown, caplog):
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 0.0, 0)
    for _ in range(20):
        shown.statistics.note_step(frame, looked_at("turned away"))
    for _ in range(14):
        shown.statistics.note_step(frame, looked_at("upside down"))
    assert not shown.statistics.report()["camera"]["upside_down"]
    with caplog.at_level("WARNING"):
        for _ in range(3):
            shown.statistics.note_step(frame, looked_at("upside down"))
    assert caplog.text.count("seems to be upside down") == 1
    assert shown.statistics.report()["camera"]["upside_down"]
    assert shown.statistics.totals().upside_down
    for _ in range(30):
        shown.statistics.note_step(frame, looked_at())
    assert not shown.statistics.report()["camera"]["upside_down"]


@pytest.mark.parametrize("roll", [-93.0, 88.0])
def test_a_camera_that_shows_faces_on_their_sides_is_told_of(shown, caplog, roll):
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 0.0, 0)
    for tilt in (0.0, 30.0, -45.0):
        for _ in range(20):
            shown.statistics.note_step(frame, looked_at(roll=tilt))
    assert not shown.statistics.report()["camera"]["on_its_side"]
    with caplog.at_level("WARNING"):
        for _ in range(60):
            shown.statistics.note_step(frame, looked_at(roll=roll))
    assert caplog.text.count("seems to lie on its side") == 1
    assert shown.statistics.report()["camera"]["on_its_side"]
    assert not shown.statistics.report()["camera"]["upside_down"]
    assert shown.statistics.totals().on_its_side
    for _ in range(30):
        shown.statistics.note_step(frame, looked_at())
    assert not shown.statistics.report()["camera"]["on_its_side"]


def test_whose_badge_waits_is_told_and_how_its_reader_is(shown):
    shown.names = {ADA: "Ada"}
    badges = BadgeReport(ADA, 2.04, "")
    view = replace(shown.view(), badges=lambda: badges, badge_notice=lambda: "Many people.")
    shown.statistics.look_at(view)
    told = shown.statistics.report()
    assert told["badges"] == {
        "waiting": True,
        "person": "Ada",
        "age_s": 2.0,
        "reader": {"error": None},
    }
    assert told["badge_notice"] == "Many people."
    assert shown.statistics.totals().badge_reader == ""


def test_no_badge_waits_where_none_was_read(shown):
    assert shown.statistics.report()["badges"] == {
        "waiting": False,
        "person": None,
        "age_s": None,
        "reader": None,
    }
