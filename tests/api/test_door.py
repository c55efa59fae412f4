import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from accessctl.api.door import open_door, run_door
from accessctl.audit.log import EventLog
from accessctl.camera.fake import FakeSource
from accessctl.camera.iterable import FrameSource
from accessctl.camera.source import Shot
from accessctl.domain import Decision, Event, EventKind, Image, Outcome, Reason
from accessctl.door.assembly import open_audit
from accessctl.door.fake import portrait
from accessctl.errors import CameraError, PhotoError, SourceError
from tests.api.conftest import Workshop

ADA, EVE = 1, 2
Told = list[tuple[Outcome, Reason, str | None]]


class Listener:
    """Who is told, and what stood in the event log at that moment."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.told: Told = []
        self.on_record: list[int] = []
        self.threads: set[int] = set()

    def __call__(self, decision: Decision, name: str | None) -> None:
        self.told.append((decision.outcome, decision.reason, name))
        self.threads.add(threading.get_ident())
        with EventLog(self._log) as log:
            self.on_record.append(len(list(log.query(kind=EventKind.DECISION))))


def listener(workshop: Workshop) -> Listener:
    return Listener(workshop.folder / "state" / "events.sqlite")


def test_a_door_runs_over_any_pictures_and_tells_after_the_record(workshop: Workshop) -> None:
    on_decision = listener(workshop)
    with workshop.engine() as engine:
        person = engine.enrol("Ada", portrait(ADA))
        assert run_door(engine, [portrait(ADA)] * 5, on_decision) == 1
        assert run_door(engine, (portrait(EVE) for _ in range(10)), on_decision) == 1
    assert on_decision.told == [
        (Outcome.GRANTED, Reason.MATCHED, "Ada"),
        (Outcome.UNKNOWN, Reason.NO_MATCH, None),
    ]
    assert on_decision.on_record == [1, 2]
    assert on_decision.threads == {threading.get_ident()}
    with EventLog(workshop.folder / "state" / "events.sqlite") as log:
        events = [event for _, event in log.query() if "place" not in event.data]
    assert [event.data.get("state") for event in events if event.kind is EventKind.SERVICE] == [
        "started",
        "stopped",
    ] * 2
    granted = next(event for event in events if event.kind is EventKind.DECISION)
    assert granted.person == person.id


def test_a_visitor_who_is_there_at_the_end_is_decided_on(workshop: Workshop) -> None:
    on_decision = listener(workshop)
    with workshop.engine() as engine:
        engine.enrol("Ada", portrait(ADA))
        assert run_door(engine, [portrait(ADA)] * 2, on_decision) == 1
    assert [reason for _, reason, _ in on_decision.told] == [Reason.LEFT_EARLY]


def test_decisions_may_be_asked_for_one_by_one(workshop: Workshop) -> None:
    with workshop.engine() as engine:
        engine.enrol("Ada", portrait(ADA))
        with open_door(engine, FrameSource([portrait(ADA)] * 5, fps=10)) as door:
            (decision,) = door.decisions()
            assert door.name_of(decision.person) == "Ada"
            assert door.name_of(None) is None
        assert decision.latency_ms >= 200
        with open_door(engine, [portrait(EVE)] * 3) as door:
            faces = [len(step.faces) for _, step in door.steps()]
        assert faces == [1, 1, 1]
        assert [observer.closed for observer in workshop.observers] == [False, True, True]


def test_what_the_callback_raises_ends_the_door(workshop: Workshop) -> None:
    class EnoughError(Exception):
        pass

    def refuse(decision: Decision, name: str | None) -> None:
        raise EnoughError

    with workshop.engine() as engine:
        engine.enrol("Ada", portrait(ADA))
        with pytest.raises(EnoughError):
            run_door(engine, [portrait(ADA)] * 100, refuse)
    with EventLog(workshop.folder / "state" / "events.sqlite") as log:
        states = [event.data.get("state") for _, event in log.query(kind=EventKind.SERVICE)]
    assert states == ["gallery_seen", "started", "fault"]


def test_what_the_pictures_raise_is_raised_by_the_door(workshop: Workshop) -> None:
    def pictures() -> Iterator[Image]:
        yield portrait(EVE)
        raise LookupError("no more film")

    with workshop.engine() as engine, pytest.raises(LookupError, match="no more film"):
        run_door(engine, pictures())


def test_what_is_no_picture_ends_the_door_with_a_sentence(workshop: Workshop) -> None:
    given = [portrait(EVE), np.zeros((4, 4), np.uint8)]
    with workshop.engine() as engine, pytest.raises(PhotoError, match="Picture 1 is uint8"):
        run_door(engine, given)


def test_a_door_stops_when_it_is_told_to(workshop: Workshop) -> None:
    stop = threading.Event()

    def pictures() -> Iterator[Image]:
        for number in range(1_000_000):
            if number == 20:
                stop.set()
            yield portrait(EVE)

    with workshop.engine() as engine:
        assert run_door(engine, pictures(), stop=stop) == 1
        with open_door(engine, [portrait(EVE)] * 50) as door:
            seen = 0
            for _ in door.steps():
                seen += 1
                door.stop()
    assert seen == 1


def test_any_source_will_do_and_one_that_fails_is_raised(workshop: Workshop) -> None:
    shots = [Shot(portrait(EVE), index / 10) for index in range(4)]
    recording = FakeSource([[*shots, CameraError("The tape is torn.")]], live=False, endless=False)
    with workshop.engine() as engine, pytest.raises(CameraError, match="The tape is torn"):
        run_door(engine, recording)
    assert len(recording.opened) == 1


def test_a_source_is_named_as_in_the_configuration(workshop: Workshop, tmp_path: Path) -> None:
    import cv2

    film = tmp_path / "film"
    film.mkdir()
    for index in range(5):
        cv2.imwrite(str(film / f"{index}.png"), portrait(ADA)[:, :, ::-1])
    on_decision = listener(workshop)
    with workshop.engine() as engine:
        engine.enrol("Ada", portrait(ADA))
        run_door(engine, str(film), on_decision)
        with pytest.raises(SourceError, match="does not exist"):
            run_door(engine, str(tmp_path / "nothing"))
        with pytest.raises(SourceError, match="The demo is a door of its own"):
            run_door(engine, "demo")
    assert [name for _, _, name in on_decision.told] == ["Ada"]


def test_the_configured_actions_are_performed(workshop: Workshop, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    unlock = {"type": "command", "argv": ["touch", str(opened)]}
    with workshop.engine(actions={"granted": [unlock]}) as engine:
        engine.enrol("Ada", portrait(ADA))
        run_door(engine, [portrait(EVE)] * 10)
        assert not opened.exists()
        run_door(engine, [portrait(ADA)] * 5)
    assert opened.exists()


def test_nothing_opens_without_its_record(workshop: Workshop, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    unlock = {"type": "command", "argv": ["touch", str(opened)]}
    told: Told = []
    with workshop.engine(actions={"granted": [unlock]}) as engine:
        engine.enrol("Ada", portrait(ADA))
        with open_door(engine, [portrait(ADA)] * 5) as door:
            (workshop.folder / "state" / "events.sqlite").rename(tmp_path / "gone")
            told += [(one.outcome, one.reason, None) for one in door.decisions()]
    assert told == [(Outcome.DENIED, Reason.NO_RECORD, None)]
    assert not opened.exists()


def test_pictures_are_looked_at_beside_a_door(workshop: Workshop) -> None:
    """The door's eyes are its own: a program may look at a photo while it runs."""
    names: list[str | None] = []
    with workshop.engine() as engine:
        engine.enrol("Ada", portrait(ADA))

        def look(decision: Decision, name: str | None) -> None:
            names.extend(found.name for found in engine.identify(portrait(ADA)))

        run_door(engine, [portrait(ADA)] * 5, look)
    assert names == ["Ada"]


def test_a_demo_engine_knows_the_demos_person(workshop: Workshop) -> None:
    with workshop.engine(camera={"source": "demo"}) as engine:
        with open_door(engine, [portrait(ADA)]):
            assert [person.name for person in engine.people()] == ["Eileen Collins"]
        assert engine.config.gallery.folder == workshop.folder / "state" / "demo"
    assert not (workshop.folder / "enrolled").exists()


def test_a_door_forgets_what_is_to_be_kept_no_longer(workshop: Workshop) -> None:
    file = workshop.folder / "state" / "events.sqlite"

    def old() -> int:
        with EventLog(file) as log:
            return sum(event.time < 1e9 for _, event in log.query())

    def until_forgotten() -> Iterator[Image]:
        for _ in range(20_000):
            if not old():
                return
            yield portrait(EVE)

    with workshop.engine(audit={"retention": {"days": 1}}) as engine:
        with open_audit(engine.config) as audit:
            audit.append(Event(1e8, EventKind.SERVICE, {"state": "started"}))
        assert old() == 1
        run_door(engine, until_forgotten())
    assert old() == 0
