import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accessctl.config import AuditConfig, Config
from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig
from accessctl.domain import CueVerdict, EventKind, Face, Image, Outcome, PersonId, Reason
from accessctl.door.access_gate import AccessGate
from accessctl.door.demands import Wanted
from accessctl.door.duty import Duty, duty_file
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.door.second_factor import SecondFactor
from accessctl.errors import StoreError
from accessctl.gallery.person import hash_pin
from accessctl.vision.fake import fake_face
from accessctl.vision.tracker import SCENERY_S

ADA, EVE = 1, 2
FACE = fake_face(box=FACE_BOX)


class Pictures:
    """Counts the pictures that are kept."""

    taken = 0

    def cut(self, image: Image, face: Face) -> Image:
        del face
        return image

    def take(self, visit: str, time: float, picture: Image | None) -> dict[str, Any]:
        del visit, time, picture
        self.taken += 1
        return {}


class Tries:
    """Remembers the visits in which a wrong PIN was tried."""

    def __init__(self, tried: list[str]) -> None:
        self._tried = tried

    def locked_out(self, person: PersonId) -> bool:
        del person
        return False

    def wrong_pin(self, visit: str, person: PersonId) -> None:
        del person
        self._tried.append(visit)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite.front.lock"


@pytest.fixture
def house() -> Iterator[FakeHouse]:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    return house


def test_one_acts_the_second_watches_and_says_so(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Duty(file, waits=True) as one:
        assert one.acting
        assert caplog.text == ""
        with Duty(file, waits=False) as other:
            assert not other.acting
            (told,) = [r for r in caplog.records if r.levelno == logging.WARNING]
            assert "watches only" in told.getMessage()
            other.look()
            assert not other.acting
    assert file.stat().st_mode & 0o777 == 0o600


def test_who_waits_acts_when_the_other_ends_a_spectator_never_does(file: Path) -> None:
    told: list[str] = []
    with (
        Duty(file, waits=True) as first,
        Duty(file, waits=True, record=lambda state, **_: told.append(state)) as waiting,
        Duty(file, waits=False) as spectator,
    ):
        waiting.look()
        assert not waiting.acting
        first.__exit__(None, None, None)
        spectator.look()
        waiting.look()
        assert (waiting.acting, spectator.acting) == (True, False)
    assert told == ["acting"]


def test_a_lock_file_that_cannot_be_made_any_more_leaves_the_door_watching(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Duty(file, waits=True), Duty(file, waits=True) as waiting:
        caplog.clear()
        file.unlink()
        file.mkdir()
        waiting.look()
        waiting.look()
        assert not waiting.acting
        assert len(caplog.records) == 1
        file.rmdir()


def test_a_door_that_was_killed_holds_nothing(file: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from accessctl.door.duty import Duty\n"
        "with Duty(Path(sys.argv[1]), waits=True) as duty:\n"
        "    print(duty.acting, flush=True); time.sleep(60)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with Duty(file, waits=True) as waiting:
            assert not waiting.acting
            other.kill()
            other.wait(30)
            waiting.look()
            assert waiting.acting
    finally:
        other.kill()
        other.communicate()


def test_each_door_of_a_log_has_a_lock_of_its_own() -> None:
    audit = AuditConfig(file=Path("/v/events.sqlite"))
    front, back = (
        duty_file(Config(audit=audit, access=AccessConfig(door=door))) for door in ("front", "back")
    )
    assert front == Path("/v/events.sqlite.front.lock")
    assert front != back


def test_without_a_lock_file_there_is_no_door(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be made"), Duty(tmp_path / "no" / "x", waits=True):
        pass


def test_a_door_that_watches_opens_and_records_nothing(house: FakeHouse, file: Path) -> None:
    with Duty(file, waits=True) as acting, Duty(file, waits=False) as watching:
        one, other = house.door(duty=acting), house.door(duty=watching)
        (granted,) = decisions(house.play(one, [(ADA, [FACE])] * 6))
        assert granted.outcome is Outcome.GRANTED
        before = house.events()
        (seen,) = decisions(house.play(other, [(ADA, [FACE])] * 6))
        assert (seen.outcome, seen.reason) == (Outcome.DENIED, Reason.WATCHING_ONLY)
        assert seen.person == granted.person
        (stranger,) = decisions(house.play(other, [(EVE, [])] + [(EVE, [FACE])] * 9, 20))
        assert stranger.outcome is Outcome.UNKNOWN
        assert house.events() == before
        assert len(house.unlock.payloads) == 1
        assert house.speaker.payloads == []
    kinds = {event.kind for event in house.events()}
    assert kinds == {EventKind.DECISION, EventKind.ACTION}


def test_a_door_that_takes_over_begins_anew_with_whoever_stands_there(
    house: FakeHouse, file: Path
) -> None:
    """What it decided while it watched was acted on by nobody."""
    with Duty(file, waits=True) as first, Duty(file, waits=True) as waiting:
        door = house.door(duty=waiting)
        (seen,) = decisions(house.play(door, [(ADA, [FACE])] * 10))
        assert seen.reason is Reason.WATCHING_ONLY
        first.__exit__(None, None, None)
        (granted,) = decisions(house.play(door, [(ADA, [FACE])] * 20, 1.0))
        assert (granted.outcome, granted.attempt) == (Outcome.GRANTED, 1)
    (record,) = [event for event in house.events() if event.kind is EventKind.DECISION]
    assert record.data["reason"] == "matched"


def test_attempts_that_were_only_watched_are_not_spent(house: FakeHouse, file: Path) -> None:
    with Duty(file, waits=True) as first, Duty(file, waits=True) as waiting:
        door = house.door(duty=waiting)
        watched = decisions(house.play(door, [(EVE, [FACE])] * 200))
        assert len(watched) == house.policy.attempts
        first.__exit__(None, None, None)
        assert Outcome.GRANTED in {
            one.outcome for one in decisions(house.play(door, [(ADA, [FACE])] * 20, 20.0))
        }


def test_an_attack_that_was_watched_is_put_on_record_by_who_takes_over(
    house: FakeHouse, file: Path
) -> None:
    house.wanted = Wanted(LivenessConfig(mode="passive"))
    house.cues.says = CueVerdict.VETO
    with Duty(file, waits=True) as first, Duty(file, waits=True) as waiting:
        door = house.door(duty=waiting)
        assert decisions(house.play(door, [(ADA, [FACE])] * 10))
        house.cues.says = CueVerdict.CONFIRM
        first.__exit__(None, None, None)
        (told,) = decisions(house.play(door, [(ADA, [FACE])] * 20, 1.0))
        assert told.reason is Reason.NOT_LIVE
    assert house.unlock.payloads == []


def test_a_door_that_watches_notes_no_scenery_and_keeps_no_picture(
    house: FakeHouse, file: Path
) -> None:
    pictures = Pictures()
    still = replace(FACE, still_s=SCENERY_S + 1)
    with Duty(file, waits=True) as first, Duty(file, waits=True) as waiting:
        door = house.door(duty=waiting, pictures=pictures)
        assert decisions(house.play(door, [(EVE, [FACE])] * 9))
        house.play(door, [(EVE, [still])] * 9, 1.0)
        assert (house.events(), pictures.taken) == ([], 0)
        first.__exit__(None, None, None)
        house.play(door, [(EVE, [FACE])] * 9, 3.0)
        house.play(door, [(EVE, [still])] * 9, 4.0)
        assert pictures.taken == 1
    states = [event.data.get("state") for event in house.events()]
    assert states.count("scenery") == 1


def test_a_door_that_watches_takes_no_pin(house: FakeHouse, file: Path) -> None:
    """A wrong one would be counted by a door that decides nothing."""
    tried: list[str] = []
    pin = hash_pin("271828", lambda count: b"s" * count)
    desk = SecondFactor(lambda _: pin, Tries(tried), lambda: 0.0)
    policy = house.policy.model_copy(update={"second_factor": "pin"})
    with Duty(file, waits=True), Duty(file, waits=True) as waiting:
        door = house.door(AccessGate(AccessConfig(), policy, second_factor=desk), duty=waiting)
        house.play(door, [(ADA, [FACE])] * 9)
        assert not desk.offer_pin("270818").accepted
    assert tried == []
