from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.audit.append import End
from accessctl.audit.chain import ChainReader, ChainRecord
from accessctl.audit.log import EventLog
from accessctl.audit.schema import GENESIS
from accessctl.config import Config, SyncConfig
from accessctl.domain import Event, EventKind
from accessctl.hub.intake import judge
from accessctl.sync.outbox import (
    LogOutbox,
    keep_receipt,
    kept_receipt,
    last_before_change,
    unsent_after,
    within,
)
from accessctl.sync.wire import LogBatch, LogMark, LogReceipt

ANY = "0" * 128


@dataclass
class FakeHub:
    """Has the log up to `has`, and of the records in `hashes` what they say."""

    has: LogMark
    hashes: dict[int, str] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def mark(self) -> LogMark:
        return self.has

    def mark_at(self, number: int) -> LogMark:
        self.asked.append(number)
        return LogMark(number=number, hash=self.hashes.get(number))

    def send(self, batch: LogBatch) -> LogReceipt:
        last = batch.records[-1] if batch.records else batch.after
        return LogReceipt(number=last.number, hash=last.hash, time=1.0, signature=ANY)


class FakeSigner:
    def sign_head(self, end: End) -> str:
        return f"{end.number:0128x}"

    def check_receipt(self, end: End, time: float, signature: str) -> None:
        assert signature == ANY


@pytest.fixture
def reader(tmp_path: Path) -> ChainReader:
    with EventLog(tmp_path / "events.sqlite") as log:
        for number in range(1, 10):
            log.append(Event(float(number), EventKind.SERVICE, {"state": "tried"}))
    return ChainReader(tmp_path / "events.sqlite")


def outbox(reader: ChainReader, hub: FakeHub, folder: Path) -> LogOutbox:
    return LogOutbox(reader, hub, FakeSigner(), folder)


class ReaderOfABusyLog(ChainReader):
    """The door writes one more record between any two looks."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file = path

    def after(self, number: int, limit: int) -> list[ChainRecord]:
        with EventLog(self._file) as log:
            log.append(Event(99.0, EventKind.SERVICE, {"state": "tried"}))
        return super().after(number, limit)


def test_no_record_is_sent_that_the_signed_end_does_not_cover(
    reader: ChainReader, tmp_path: Path
) -> None:
    busy = ReaderOfABusyLog(tmp_path / "events.sqlite")
    box = outbox(busy, FakeHub(LogMark(number=0, hash=None)), tmp_path)
    batch = box.batch(box.mark())
    assert batch.end.number == 9
    assert [record.number for record in batch.records] == list(range(1, 10))
    assert judge(None, batch).alarm is None


def test_a_hub_that_has_nothing_gets_all(reader: ChainReader, tmp_path: Path) -> None:
    box = outbox(reader, FakeHub(LogMark(number=0, hash=None)), tmp_path)
    batch = box.batch(box.mark())
    assert [record.number for record in batch.records] == list(range(1, 10))
    assert (batch.after.end, batch.end.number) == (End(0, GENESIS), 9)
    assert int(batch.signature, 16) == 9
    assert box.send(box.mark()).number == 9
    assert kept_receipt(tmp_path).number == 9


def test_a_hub_that_has_some_gets_the_rest(reader: ChainReader, tmp_path: Path) -> None:
    mark = LogMark(number=6, hash=reader.hash_at(6).hex())
    batch = outbox(reader, FakeHub(mark), tmp_path).batch(mark)
    assert [record.number for record in batch.records] == [7, 8, 9]
    assert batch.mark == 6


def test_a_hub_that_has_another_record_gets_the_first_that_differs(reader, tmp_path) -> None:
    hashes = {number: reader.hash_at(number).hex() for number in range(5)}
    mark = LogMark(number=8, hash="f" * 64)
    batch = outbox(reader, FakeHub(mark, hashes), tmp_path).batch(mark)
    assert (batch.after.number, batch.records[0].number) == (4, 5)


def test_a_log_that_is_shorter_than_what_the_hub_has_says_so(reader, tmp_path) -> None:
    mark = LogMark(number=12, hash="f" * 64)
    batch = outbox(reader, FakeHub(mark), tmp_path).batch(mark)
    assert (batch.mark, batch.end.number, batch.records) == (12, 9, [])


def test_a_log_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    reader = ChainReader(tmp_path / "events.sqlite")
    mark = LogMark(number=0, hash=None)
    batch = outbox(reader, FakeHub(mark), tmp_path).batch(mark)
    assert (batch.after.end, batch.end.end, batch.records) == (End(0, GENESIS),) * 2 + ([],)
    assert not (tmp_path / "events.sqlite").exists()


@given(st.integers(0, 500), st.integers(0, 500))
def test_halving_finds_the_last_that_is_the_same_and_asks_little(low: int, width: int) -> None:
    high = low + width + 1
    for same in {low, low + width // 2, high - 1}:
        asked: list[int] = []

        def is_same(number: int, same: int = same, asked: list[int] = asked) -> bool:
            asked.append(number)
            return number <= same

        assert last_before_change(is_same, low, high) == same
        assert len(asked) <= 10


def test_a_batch_is_never_too_large_and_never_empty_of_what_there_is() -> None:
    records = [ChainRecord(number, bytes(32), bytes(40)) for number in range(1, 6)]
    assert len(within(records, 100)) == 2
    assert len(within(records, 120)) == 3
    assert len(within(records, 1)) == 1
    assert within([], 1) == []


def test_what_is_not_sent_is_kept_for_as_long_as_there_is_a_hub(tmp_path: Path) -> None:
    receipt = LogReceipt(number=7, hash="0" * 64, time=1.0, signature=ANY)
    keep_receipt(tmp_path, receipt)
    config = Config(sync=SyncConfig(hub="https://hub:8443", folder=tmp_path))
    assert unsent_after(config) is None
    (tmp_path / "hub.json").touch()
    assert unsent_after(config) == 7
    assert unsent_after(Config(sync=SyncConfig(folder=tmp_path))) is None
    (tmp_path / "receipt.json").write_text("{")
    assert unsent_after(config) == 0
