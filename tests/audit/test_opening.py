import base64
import stat
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from accessctl.audit.append import HeadFile
from accessctl.audit.log import EventLog
from accessctl.audit.opening import (
    DAY_S,
    Forgotten,
    Upkeep,
    find_key,
    generate_key,
    open_log,
    open_log_to_check,
    retain,
)
from accessctl.audit.snapshots import Snapshots
from accessctl.config import AuditConfig, SnapshotConfig
from accessctl.config.operation import RetentionConfig
from accessctl.domain import Event
from accessctl.errors import StoreError
from tests.patience import PATIENCE_S

KEY = bytes(range(32))


def write(path: Path, key: bytes = KEY, mode: int = 0o600) -> Path:
    path.write_bytes(base64.b64encode(key) + b"\n")
    path.chmod(mode)
    return path


def test_a_generated_key_is_private_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "audit.key"
    assert find_key(path, {}) is None
    assert generate_key(path, lambda count: KEY[:count]) == KEY
    assert find_key(path, {}) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["audit.key"]


def test_whoever_comes_second_takes_the_key_that_is_there(tmp_path: Path) -> None:
    path = write(tmp_path / "audit.key")
    assert generate_key(path, lambda count: b"x" * count) == KEY
    assert find_key(path, {}) == KEY


def test_named_file_then_credential_then_local(tmp_path: Path) -> None:
    local = write(tmp_path / "audit.key", b"l" * 32)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    write(credentials / "accessctl-audit-key", b"c" * 32, 0o440)
    named = write(tmp_path / "named", b"n" * 32)
    environment = {"CREDENTIALS_DIRECTORY": str(credentials)}
    assert find_key(local, environment) == b"c" * 32
    assert find_key(local, environment | {"ACCESSCTL_AUDIT_KEY_FILE": str(named)}) == b"n" * 32


@pytest.mark.parametrize("content", [b"", b"short", b"?" * 44, b"x" * 5000])
def test_what_is_no_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "audit.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StoreError, match="not an audit key"):
        find_key(path, {})


def test_a_key_that_others_can_read(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="chmod 600"):
        find_key(write(tmp_path / "audit.key", mode=0o644), {})


def test_a_named_key_that_is_not_there(tmp_path: Path) -> None:
    environment = {"ACCESSCTL_AUDIT_KEY_FILE": str(tmp_path / "none")}
    with pytest.raises(StoreError, match="ACCESSCTL_AUDIT_KEY_FILE"):
        find_key(tmp_path / "audit.key", environment)


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a file"):
        find_key(tmp_path, {})


MakeEvent = Callable[..., Event]


@pytest.fixture
def config(path: Path) -> AuditConfig:
    return AuditConfig(file=path)


def test_writers_share_key_and_head(config: AuditConfig, event: MakeEvent) -> None:
    for turn in range(2):
        with open_log(config, {}) as log:
            log.append(event(turn=turn))
    with open_log_to_check(config, {}) as log:
        report = log.verify()
    assert (report.records, report.covered, report.alarm) == (2, 2, False)
    names = {file.name for file in config.file.parent.iterdir()}
    assert {"events.sqlite", "events.sqlite.head", "events.sqlite.key"} <= names


def test_head_and_key_may_lie_elsewhere(
    tmp_path: Path, config: AuditConfig, event: MakeEvent
) -> None:
    places = {"head": tmp_path / "a" / "head", "key": tmp_path / "b" / "key"}
    with open_log(config.model_copy(update=places), {}) as log:
        log.append(event())
    assert all(place.exists() for place in places.values())


def test_checking_makes_neither_key_nor_head(config: AuditConfig, event: MakeEvent) -> None:
    with open_log_to_check(config, {}) as log:
        log.append(event())
        assert log.verify().covered is None
    assert not config.file.with_name("events.sqlite.key").exists()


def test_another_key_does_not_vouch(config: AuditConfig, event: MakeEvent) -> None:
    with open_log(config, {}) as log:
        log.append(event())
    key = config.file.with_name("events.sqlite.key")
    key.unlink()
    with open_log(config, {}) as log:
        assert log.verify().alarm


NOW = 1000 * DAY_S


def no_rest() -> None:
    return


def configured(path: Path, **retention: float) -> AuditConfig:
    return AuditConfig(
        file=path,
        retention=RetentionConfig(**retention),
        snapshots=SnapshotConfig(days=30, max_mb=1),
    )


def test_off_keeps_everything(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    sealed.append(event(1.0))
    assert retain(sealed, configured(path), NOW, no_rest) == Forgotten(0, 0)
    assert len(list(sealed.query())) == 1


def test_days(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    for age in (92, 91, 90, 5):
        sealed.append(event(NOW - age * DAY_S))
    assert retain(sealed, configured(path, days=90), NOW, no_rest).records == 2
    assert [event.time for _, event in sealed.query()] == [NOW - 90 * DAY_S, NOW - 5 * DAY_S, NOW]
    assert sealed.verify().alarm is False
    assert retain(sealed, configured(path, days=90), NOW, no_rest).records == 0


def test_whichever_limit_removes_more(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    for age in range(40, 0, -1):
        sealed.append(event(NOW - age * DAY_S, filling="x" * 50000))
    gone = retain(sealed, configured(path, days=39, max_mb=1), NOW, no_rest).records
    # Two megabytes were in use, one may stay.
    assert 20 <= gone <= 26
    assert retain(sealed, configured(path, days=2, max_mb=1), NOW, no_rest).records == 38 - gone


def test_pictures_go_too_also_when_no_more_are_taken(path: Path, sealed: EventLog) -> None:
    taking = SnapshotConfig(keep="face", days=30, max_mb=1)
    pictures = Snapshots(path.with_name("snapshots"), b"k" * 32, taking)
    for age in (20, 5):
        assert pictures.keep("aa", NOW - age * DAY_S, b"jpeg")
    assert retain(sealed, configured(path), NOW + 11 * DAY_S, no_rest) == Forgotten(0, 1)
    assert len(list(path.with_name("snapshots").iterdir())) == 1


def test_a_broken_log_stays_as_evidence(
    path: Path, sealed: EventLog, head: HeadFile, event: MakeEvent
) -> None:
    for age in (100, 99, 1):
        sealed.append(event(NOW - age * DAY_S))
    sealed._db.execute("UPDATE event SET person = 'x' WHERE id = 3")
    with pytest.raises(StoreError, match="broken at record 3"):
        retain(sealed, configured(path, days=90), NOW, no_rest)
    assert len(list(sealed.query())) == 3


def test_pictures_that_cannot_be_deleted_are_one_sentence(path: Path, sealed: EventLog) -> None:
    path.with_name("snapshots").write_text("not a folder")
    with pytest.raises(StoreError, match=r"cannot be deleted \(Not a directory\)"):
        retain(sealed, configured(path), NOW, no_rest)


def test_it_rests_while_it_reads(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    for _ in range(450):
        sealed.append(event(NOW - 100 * DAY_S))
    rests: list[None] = []
    retain(sealed, configured(path, days=90), NOW, lambda: rests.append(None))
    # Two whole bites of 200 records while it verifies, and one after the only slice.
    assert len(rests) == 3


def test_it_works_at_once_and_again_each_time() -> None:
    times = count(1)
    thrice = threading.Event()

    def work(_pause: Callable[[], None]) -> None:
        if next(times) == 3:
            thrice.set()

    with Upkeep(work, every_s=0.001):
        assert thrice.wait(PATIENCE_S)


def test_a_day_lies_between_two_times() -> None:
    done = threading.Event()
    times = []

    def work(_pause: Callable[[], None]) -> None:
        times.append(1)
        done.set()

    with Upkeep(work):
        assert done.wait(PATIENCE_S)
    assert times == [1]


def test_a_fault_is_logged_and_it_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    again = threading.Event()
    times = count(1)

    def work(_pause: Callable[[], None]) -> None:
        if next(times) == 1:
            raise StoreError("the disk is full")
        again.set()

    with Upkeep(work, every_s=0.001):
        assert again.wait(PATIENCE_S)
    assert [record.message for record in caplog.records] == [
        "Old records were not removed: the disk is full"
    ]


def test_a_door_that_stops_does_not_wait_for_the_end_of_the_work() -> None:
    begun = threading.Event()
    bites = []

    def work(pause: Callable[[], None]) -> None:
        begun.set()
        while True:
            bites.append(1)
            pause()

    upkeep = Upkeep(work)
    with upkeep:
        assert begun.wait(PATIENCE_S)
    assert not upkeep.alive
    assert bites


def test_no_fault_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    again = threading.Event()
    times = count(1)

    def work(_pause: Callable[[], None]) -> None:
        if next(times) == 1:
            raise RuntimeError("of no kind that is foreseen")
        again.set()

    with Upkeep(work, every_s=0.001):
        assert again.wait(10)
    assert "of no kind that is foreseen" in caplog.text
