"""The disk of the event log or of the gallery is full, and then no longer."""

import shutil
import subprocess
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from accessctl.actions.base import RecordingAction
from accessctl.audit.log import EventLog
from accessctl.audit.opening import open_log, open_log_to_check, open_log_to_read
from accessctl.config import AuditConfig, load_config
from accessctl.domain import Decision, Event, EventKind, Outcome, PersonId, Reason
from accessctl.door.fake import DirectRunner
from accessctl.door.recorder import DecisionRecorder
from accessctl.errors import StoreError
from tests.faults.running import UNLOCK, Door
from tests.faults.small_disk import SmallDisk, small_disk

__all__ = ["small_disk"]


def sentence(said: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed command leaves, beside what it logs while it loads."""
    assert said.returncode == 1, said.stderr
    assert said.stdout == ""
    (line,) = [line for line in said.stderr.splitlines() if line.startswith("accessctl: ")]
    assert "Traceback" not in said.stderr
    return line


def names(door: Door) -> list[str]:
    done = subprocess.run(door.command("people"), capture_output=True, text=True, check=True)
    return [name for name in ("Eileen Collins", "Grace Hopper") if name in done.stdout]


def verifies(door: Door) -> None:
    with open_log_to_check(load_config(door.config).audit, {}) as log:
        report = log.verify()
    assert not report.alarm, report


def test_a_full_disk_of_the_log_shuts_the_door_until_there_is_room(
    door: Any, mjpeg: Any, small_disk: SmallDisk, another: Path
) -> None:
    file = small_disk.folder / "events.sqlite"
    door.unlock = door.hook(
        "unlock", UNLOCK.format(opened=door.folder / "opened", state=small_disk.folder)
    )
    door.configure(audit={"file": str(file)})
    door.start("--source", mjpeg.url)
    door.until_answering()
    door.open_once_more()

    small_disk.fill()
    door.until(lambda: reasons(door)["no_record"] >= 2, "denials without a record")
    assert door.status()["camera"]["state"] == "watching"
    said = sentence(door.enrol("Grace Hopper", another))
    assert "disk" in said
    assert "full" in said
    assert names(door) == ["Eileen Collins"]

    small_disk.make_room()
    door.open_once_more()
    assert door.enrol("Grace Hopper", another).returncode == 0
    assert door.stop() == 0, door.said()
    assert "Traceback" not in door.said()
    assert names(door) == ["Eileen Collins", "Grace Hopper"]
    verifies(door)
    opened = Counter(door.opened())
    assert opened.keys() <= set(door.granted())
    assert max(opened.values()) == 1
    refused = {said["visit"] for said in door.decisions() if said["reason"] == "no_record"}
    assert not refused & opened.keys()


def test_a_full_disk_of_the_gallery_takes_nobody_and_keeps_the_door_open(
    door: Any, mjpeg: Any, small_disk: SmallDisk, another: Path
) -> None:
    gallery = shutil.move(door.folder / "enrolled", small_disk.folder / "enrolled")
    door.configure(gallery={"folder": str(gallery)})
    door.start("--source", mjpeg.url)
    door.until_answering()
    door.open_once_more()
    small_disk.fill()
    said = sentence(door.enrol("Grace Hopper", another))
    assert "full" in said
    door.open_once_more()
    assert names(door) == ["Eileen Collins"]
    small_disk.make_room()
    assert door.enrol("Grace Hopper", another).returncode == 0
    assert names(door) == ["Eileen Collins", "Grace Hopper"]
    door.until(lambda: door.status()["people"] == 2, "the second person")
    door.open_once_more()
    assert door.stop() == 0, door.said()
    assert "Traceback" not in door.said()
    verifies(door)


def test_a_gallery_that_became_read_only_takes_nobody_and_keeps_the_door_open(
    door: Any, mjpeg: Any, small_disk: SmallDisk, another: Path
) -> None:
    gallery = small_disk.folder / "enrolled"
    shutil.move(door.folder / "enrolled", gallery)
    door.configure(gallery={"folder": str(gallery)})
    door.start("--source", mjpeg.url)
    door.until_answering()
    door.open_once_more()
    with small_disk.read_only(gallery):
        assert "on a disk that is read-only" in sentence(door.enrol("Grace Hopper", another))
        door.open_once_more()
    assert door.enrol("Grace Hopper", another).returncode == 0
    assert names(door) == ["Eileen Collins", "Grace Hopper"]
    door.until(lambda: door.status()["people"] == 2, "the second person")
    assert door.stop() == 0, door.said()
    assert "Traceback" not in door.said()
    verifies(door)


@pytest.mark.parametrize("in_use", [False, True], ids=["at rest", "with a write-ahead log"])
def test_a_log_on_a_read_only_disk_is_named_so_and_can_be_verified(
    small_disk: SmallDisk, in_use: bool
) -> None:
    config = AuditConfig(file=small_disk.folder / "state" / "events.sqlite")
    event = Event(1_800_000_000.0, EventKind.SERVICE, {"state": "started"})
    with ExitStack() as stack:
        log = stack.enter_context(open_log(config, {}))
        for _ in range(20):
            log.append(event)
        if not in_use:
            stack.close()
        with small_disk.read_only(config.file.parent):
            before = contents(config.file.parent)
            assert (config.file.with_name("events.sqlite-wal") in before) is in_use
            with open_log_to_check(config, {}) as checked:
                report = checked.verify()
            assert (report.records, report.covered, report.alarm) == (20, 20, False)
            with open_log_to_read(config) as read:
                assert len(list(read.query())) == 20
            with pytest.raises(StoreError, match="on a disk that is read-only"):
                open_log(config, {}).append(event)
            assert contents(config.file.parent) == before


def contents(folder: Path) -> dict[Path, bytes]:
    """What counts of each file; the -shm file is SQLite's shared memory."""
    return {path: path.read_bytes() for path in folder.iterdir() if path.suffix != ".sqlite-shm"}


def reasons(door: Any) -> Counter[str]:
    return Counter(decision["reason"] for decision in door.decisions())


def decision(visit: str) -> Decision:
    reason, person = Reason.MATCHED, PersonId("p")
    return Decision(1.0, visit, Outcome.GRANTED, reason, person, None, 3, 100.0)


def test_a_log_whose_disk_takes_no_more_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no small disk can be mounted: SQLite's own bound on the file's pages."""
    unlock = RecordingAction("unlock")
    with EventLog(tmp_path / "events.sqlite") as log:
        recorder = DecisionRecorder(log, DirectRunner(), lambda: 1.0)
        recorder.use({Outcome.GRANTED: [unlock]}, ())
        assert recorder.enact(decision("a1"), {})
        (pages,) = log._db.execute("PRAGMA page_count").fetchone()
        log._db.execute(f"PRAGMA max_page_count = {pages}")
        more = {"evidence": "x" * 20_000}
        assert not recorder.enact(decision("a2"), {}, more)
        assert [payload["visit"] for payload in unlock.payloads] == ["a1"]
        log._db.execute(f"PRAGMA max_page_count = {pages + 1000}")
        assert recorder.enact(decision("a3"), {}, more)
        assert log.verify().broken is None
        visits = [e.data["visit"] for _, e in log.query() if e.kind is EventKind.DECISION]
    assert visits == ["a1", "a3"]
    assert [payload["visit"] for payload in unlock.payloads] == ["a1", "a3"]
