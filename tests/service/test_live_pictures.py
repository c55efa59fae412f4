"""What a door sends of its camera's pictures, and when it sends none."""

import base64
import threading
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from accessctl.audit.base import MemoryLog
from accessctl.domain import Box, Event, Outcome, PersonId, Reason
from accessctl.errors import HubError
from accessctl.service.live_pictures import EVERY_S, PAUSE_S, LivePictures, live_picture
from accessctl.sync.feed_wire import FeedHead, Waited
from tests.clocks import HandClock
from tests.patience import wait_for

HEAD = FeedHead(seq=0, time=0, signature="0" * 128)
ADA = PersonId("a" * 32)
IMAGE = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), np.uint8)


def view(person: str | None = ADA, outcome: Outcome | None = Outcome.GRANTED, box=None):
    """As much of a FaceView as is looked at."""
    match = None if person is None else SimpleNamespace(person=person)
    verdict = outcome and SimpleNamespace(outcome=outcome, reason=Reason.MATCHED, match=match)
    face = SimpleNamespace(box=box or Box(128, 72, 256, 144))
    return SimpleNamespace(face=face, verdict=verdict, told="looking ...")


def waited(*, live: bool) -> Waited:
    return Waited(changes=False, live=live, head=HEAD)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(0.0)


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


def seen(faces=()) -> tuple:
    return SimpleNamespace(image=IMAGE), SimpleNamespace(faces=tuple(faces))


def states(log: MemoryLog) -> list[str]:
    return [event.data["state"] for _, event in log.query()]


def test_a_picture_is_small_and_its_faces_are_beside_it() -> None:
    told = live_picture(IMAGE, [view()], 5.0)
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(told.jpeg), np.uint8), 1)
    assert picture.shape == (360, 640, 3)
    (face,) = told.faces
    assert (face.x, face.y, face.w, face.h) == (0.1, 0.1, 0.2, 0.2)
    assert (face.person, face.state) == (ADA, "granted: matched")


@pytest.mark.parametrize(
    ("face", "person", "state"),
    [
        (view(outcome=None), None, "looking ..."),
        (view(outcome=Outcome.UNKNOWN), None, "unknown: matched"),
        (view(outcome=Outcome.DENIED), ADA, "denied: matched"),
        (view(person="ada"), None, "granted: matched"),
        (view(person=None), None, "granted: matched"),
    ],
    ids=["undecided", "unknown", "denied", "no id of a site", "nobody"],
)
def test_who_somebody_is_is_said_once_it_is_decided(face, person, state) -> None:
    (told,) = live_picture(IMAGE, [face], 5.0).faces
    assert (told.person, told.state) == (person, state)


def test_a_face_beyond_the_edge_and_a_crowd_still_make_a_picture() -> None:
    wide = view(box=Box(-9000, 9000, 9000, 0))
    told = live_picture(IMAGE, [wide] * 40, 5.0)
    assert len(told.faces) == 32
    assert (told.faces[0].x, told.faces[0].y, told.faces[0].w) == (-1.0, 2.0, 2.0)


def test_nothing_is_sent_before_somebody_looks(clock, log) -> None:
    live = LivePictures(lambda _: True, log, clock=clock)
    live.follow((), seen())
    assert live._seen is None
    assert states(log) == []


def test_three_a_second_are_sent_and_the_newest_of_them(clock, log) -> None:
    sent = []
    live = LivePictures(lambda one: sent.append(one) or True, log, clock=clock)
    live(waited(live=True))
    live(waited(live=True))
    for number in range(100):
        clock.time = number * 0.02
        live.follow((), seen())
        if live._seen is not None:
            assert live.send_next()
    # Two seconds, the first one at once.
    assert len(sent) == pytest.approx(2 / EVERY_S, abs=1)
    live.follow((), None)
    assert states(log) == ["live_begun"]


def test_a_hub_where_nobody_looks_any_more_is_sent_one_more_at_most(clock, log) -> None:
    sent = []
    live = LivePictures(lambda one: bool(sent.append(one)), log, clock=clock)
    live(waited(live=True))
    live.follow((), seen())
    assert live.send_next()
    clock.time += 1
    live.follow((), seen())
    assert live._seen is None
    assert not live.wanted
    assert len(sent) == 1
    assert states(log) == ["live_begun", "live_ended"]


def test_its_wait_ends_it_too_and_what_was_not_sent_is_forgotten(clock, log) -> None:
    live = LivePictures(lambda _: True, log, clock=clock)
    live(waited(live=True))
    live.follow((), seen())
    live(waited(live=False))
    assert live._seen is None
    assert states(log) == ["live_begun", "live_ended"]


def test_an_older_answer_does_not_begin_it_again(clock, log) -> None:
    def send(_) -> bool:
        live(waited(live=False))
        return True

    live = LivePictures(send, log, clock=clock)
    live(waited(live=True))
    live.follow((), seen())
    assert live.send_next()
    assert not live.wanted


def test_after_a_picture_that_was_not_taken_there_is_a_pause(clock, log, caplog) -> None:
    def send(_) -> bool:
        raise HubError("away")

    live = LivePictures(send, log, clock=clock)
    live(waited(live=True))
    live.follow((), seen())
    assert live.send_next()
    assert not live.wanted
    assert "did not take a picture: away" in caplog.text
    live(waited(live=True))
    clock.time += PAUSE_S - 0.1
    live.follow((), seen())
    assert live._seen is None
    clock.time += 0.1
    live.follow((), seen())
    assert live._seen is not None


def test_the_thread_sends_and_ends(log) -> None:
    sent = threading.Event()
    with LivePictures(lambda _: sent.set() or True, log) as live:
        live(waited(live=True))
        live.follow((), seen([view()]))
        assert sent.wait(30)
    assert live._thread.wait(30)


class BrokenLog(MemoryLog):
    """Which fails, once `broken`, as no log is foreseen to."""

    broken = False

    def append(self, event: Event) -> int:
        if self.broken:
            self.broken = False
            raise RuntimeError(UNFORESEEN)
        return super().append(event)


UNFORESEEN = "of no kind that is foreseen"


@pytest.mark.parametrize("fails", ["sending", "drawing", "recording"])
def test_no_fault_ends_what_shows_the_door(
    clock, caplog, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    log, sent = BrokenLog(), threading.Event()
    left = [fails]

    def fault(where: str) -> None:
        if left == [where]:
            left.clear()
            raise RuntimeError(UNFORESEEN)

    def send(_: object) -> bool:
        fault("sending")
        if left == ["recording"]:
            left.clear()
            log.broken = True
            # Nobody looks any more, which is to be written down.
            return False
        sent.set()
        return True

    def draw(*given) -> object:
        fault("drawing")
        return live_picture(*given)

    monkeypatch.setattr("accessctl.service.live_pictures.live_picture", draw)
    monkeypatch.setattr("accessctl.service.live_pictures.FAULT_PAUSE_S", 0.001)
    live = LivePictures(send, log, clock=clock)
    with live:
        live(waited(live=True))
        live.follow((), seen())
        wait_for(lambda: UNFORESEEN in caplog.text, "the fault")
        live(waited(live=True))
        clock.time += 10
        live.follow((), seen())
        assert sent.wait(20)
