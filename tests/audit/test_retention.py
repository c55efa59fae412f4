from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.head import HeadFile
from accessctl.audit.log import EventLog
from accessctl.audit.retention import DAY_S, Forgotten, retain
from accessctl.audit.snapshots import Snapshots
from accessctl.config import AuditConfig, SnapshotConfig
from accessctl.config.operation import RetentionConfig
from accessctl.domain import Event
from accessctl.errors import StoreError

MakeEvent = Callable[..., Event]
NOW = 1000 * DAY_S


def no_rest() -> None:
    return


def config(path: Path, **retention: float) -> AuditConfig:
    return AuditConfig(
        file=path,
        retention=RetentionConfig(**retention),
        snapshots=SnapshotConfig(days=30, max_mb=1),
    )


def test_off_keeps_everything(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    sealed.append(event(1.0))
    assert retain(sealed, config(path), NOW, no_rest) == Forgotten(0, 0)
    assert len(list(sealed.query())) == 1


def test_days(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    for age in (92, 91, 90, 5):
        sealed.append(event(NOW - age * DAY_S))
    assert retain(sealed, config(path, days=90), NOW, no_rest).records == 2
    assert [event.time for _, event in sealed.query()] == [NOW - 90 * DAY_S, NOW - 5 * DAY_S, NOW]
    assert sealed.verify().alarm is False
    assert retain(sealed, config(path, days=90), NOW, no_rest).records == 0


def test_whichever_limit_removes_more(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    for age in range(40, 0, -1):
        sealed.append(event(NOW - age * DAY_S, filling="x" * 50000))
    gone = retain(sealed, config(path, days=39, max_mb=1), NOW, no_rest).records
    # Two megabytes were in use, one may stay.
    assert 20 <= gone <= 26
    assert retain(sealed, config(path, days=2, max_mb=1), NOW, no_rest).records == 38 - gone


def test_pictures_go_too_also_when_no_more_are_taken(path: Path, sealed: EventLog) -> None:
    taking = SnapshotConfig(keep="face", days=30, max_mb=1)
    pictures = Snapshots(path.with_name("snapshots"), b"k" * 32, taking)
    for age in (20, 5):
        assert pictures.keep("aa", NOW - age * DAY_S, b"jpeg")
    assert retain(sealed, config(path), NOW + 11 * DAY_S, no_rest) == Forgotten(0, 1)
    assert len(list(path.with_name("snapshots").iterdir())) == 1


def test_a_broken_log_stays_as_evidence(
    path: Path, sealed: EventLog, head: HeadFile, event: MakeEvent
) -> None:
    for age in (100, 99, 1):
        sealed.append(event(NOW - age * DAY_S))
    sealed._db.execute("UPDATE event SET person = 'x' WHERE id = 3")
    with pytest.raises(StoreError, match="broken at record 3"):
        retain(sealed, config(path, days=90), NOW, no_rest)
    assert len(list(sealed.query())) == 3


def test_pictures_that_cannot_be_deleted_are_one_sentence(path: Path, sealed: EventLog) -> None:
    path.with_name("snapshots").write_text("not a folder")
    with pytest.raises(StoreError, match=r"cannot be deleted \(Not a directory\)"):
        retain(sealed, config(path), NOW, no_rest)


def test_it_rests_while_it_reads(path: Path, sealed: EventLog, event: MakeEvent) -> None:
    for _ in range(450):
        sealed.append(event(NOW - 100 * DAY_S))
    rests: list[None] = []
    retain(sealed, config(path, days=90), NOW, lambda: rests.append(None))
    # Two whole bites of 200 records while it verifies, and one after the only slice.
    assert len(rests) == 3
