import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from accessctl.config import AuditConfig, Config
from accessctl.config.policy import AccessConfig
from accessctl.domain import EventKind, Outcome, Reason
from accessctl.door.duty import Duty, duty_file
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.errors import StoreError
from accessctl.vision.fake import fake_face

ADA, EVE = 1, 2
FACE = fake_face(box=FACE_BOX)


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
