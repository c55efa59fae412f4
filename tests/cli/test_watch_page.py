import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.cli.watch_page import PICTURE, changes, decided, page, picture, waiting_page
from accessctl.domain import DoorState
from tests.cli.watched_door import DOORWAY, GRANTED, NOW, REPORT, UNKNOWN


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch):
    with monkeypatch.context() as there:
        there.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def lit_in(text) -> list[str]:
    return [
        text.plain[span.start : span.end].strip() for span in text.spans if " on " in span.style
    ]


def test_the_page_says_how_the_door_is():
    lines = page(REPORT, NOW, 80, 24).plain.splitlines()
    assert lines[0] == "accessctl  front  18:30:05  q ends  running 3 d 04:05:06"
    assert tuple(lines[1:7]) == PICTURE
    assert lines[7:] == [
        "doorway     closed, locked, posture normal",
        "camera      watching, USB camera /dev/video0",
        "frames      14.9 a second, the last 0.1 s ago; 1 reconnects, 3 dropped",
        "there now   nobody",
        "lockout     none; 2 refused attempts count",
        "actions     12 done, 1 failed",
        "decisions   18:30:00  granted  Zoë  (matched)  after 480 ms",
        "            18:28:20  unknown  (no_match)  after 480 ms",
    ]


@pytest.mark.parametrize("state", list(DoorState))
@pytest.mark.parametrize("width", [80, 50])
def test_the_present_state_alone_is_lit(state, width):
    lit = [word for line in picture(state, width, 24) for word in lit_in(line)]
    assert lit == [state]


def test_a_doorway_that_is_not_taken_is_in_no_state():
    shown = page(REPORT | {"doorway": {"state": "not_taken"}}, NOW, 80, 24)
    assert lit_in(shown) == []
    assert "its lines are not taken" in shown.plain


def test_a_door_on_which_nothing_hangs_has_no_picture():
    without = {name: value for name, value in REPORT.items() if name != "doorway"}
    shown = page(without, NOW, 80, 24).plain
    assert "nothing hangs on this door" in shown
    assert "forced" not in shown


def test_whoever_stands_there_is_shown_with_what_they_are_told():
    waits = {"visit": "q", "told": "Turn your head a little.", "outcome": None, "reason": None}
    ended = {"visit": "r", "told": "", "outcome": "denied", "reason": "hours", "person": "Ada"}
    shown = page(REPORT | {"visitors": [waits | {"person": None}, ended]}, NOW, 80, 24).plain
    assert "there now   Turn your head a little." in shown
    assert "            Ada: denied (hours)" in shown


@pytest.mark.parametrize(("state", "style"), [("secure", ""), ("away", "bold red")])
def test_a_controller_that_is_away_stands_out(state, style):
    told = {"state": state, "for_s": 5.0, "detail": "somehow", "told": {}}
    shown = page(REPORT | {"controller": told}, NOW, 80, 24)
    at = shown.plain.index("somehow, for 00:00:05")
    assert any(span.start == at and span.style == style for span in shown.spans) or not style


def test_alarms_a_lost_camera_and_a_lockout_stand_on_the_page():
    forced = DOORWAY | {"state": "forced", "alarms": ["forced"], "lost": ["exit"]}
    away = REPORT["camera"] | {"state": "lost", "error": "unplugged", "frame_age_s": None}
    locked = {"refused": 9, "remaining_s": 55.0, "off": False}
    shown = page(REPORT | {"doorway": forced, "camera": away, "lockout": locked}, NOW, 80, 24).plain
    for said in ("ALARM: forced", "inputs that cannot be read: exit", "unplugged", "another 55 s"):
        assert said in shown


def test_a_small_terminal_keeps_the_state_the_alarm_and_the_newest_decision():
    forced = DOORWAY | {"state": "forced", "alarms": ["forced"]}
    decisions = [GRANTED | {"visit": str(n)} for n in range(10)]
    shown = page(REPORT | {"doorway": forced, "decisions": decisions}, NOW, 40, 8)
    assert lit_in(shown) == ["forced"]
    assert "ALARM: forced" in shown.plain
    assert shown.plain.count("granted") == 1


@given(st.integers(1, 120), st.integers(1, 60))
def test_the_page_never_leaves_the_terminal(width, height):
    lines = page(REPORT, NOW, width, height).plain.split("\n")
    assert len(lines) <= height
    assert all(len(line) <= width for line in lines)
    waiting = waiting_page("no door " * 20, NOW, width, height).plain.split("\n")
    assert len(waiting) <= height
    assert all(len(line) <= width for line in waiting)


def test_a_name_cannot_steer_the_terminal():
    steered = page(REPORT | {"decisions": [GRANTED | {"person": "A\x1b[2J[red]B"}]}, NOW, 80, 24)
    assert "\x1b" not in steered.plain
    assert "[red]B" in steered.plain


@pytest.mark.parametrize("answer", [{}, REPORT | {"camera": 7}, REPORT | {"decisions": [{}]}])
def test_an_answer_of_another_kind_is_refused(answer):
    with pytest.raises(ValueError, match="not one of this version"):
        page(answer, NOW, 80, 24)


def test_for_a_file_everything_is_new_at_first_and_then_only_changes():
    assert list(changes(None, REPORT)) == [
        "camera: watching, USB camera /dev/video0",
        "doorway: closed, locked, posture normal",
        decided(UNKNOWN),
        decided(GRANTED),
    ]
    assert list(changes(REPORT, REPORT | {"uptime_s": 273907.0})) == []
    later = REPORT | {
        "doorway": DOORWAY | {"state": "open", "unlocked": True, "causes": ["grant"]},
        "decisions": [GRANTED | {"visit": "a1b3", "time": NOW}, GRANTED, UNKNOWN],
    }
    assert list(changes(REPORT, later)) == [
        "doorway: open, unlocked (grant), posture normal",
        "18:30:05  granted  Zoë  (matched)  after 480 ms",
    ]
