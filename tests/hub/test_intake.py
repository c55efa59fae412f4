import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.audit.append import End
from accessctl.audit.chain import ChainRecord
from accessctl.audit.schema import GENESIS, link, record_bytes
from accessctl.hub.intake import AlarmKind, HeldLog, Intake, judge
from accessctl.sync.wire import ChainPoint, LogBatch, SentRecord

ANY = "0" * 128


def chain(count: int, word: str = "tried", after: End | None = None) -> list[ChainRecord]:
    end, made = after or End(0, GENESIS), []
    for number in range(end.number + 1, end.number + count + 1):
        data = json.dumps({"state": word}, separators=(",", ":"))
        record = record_bytes(number, float(number), "service", None, data)
        end = End(number, link(end.hash, record))
        made.append(ChainRecord(number, end.hash, record))
    return made


LOG = chain(12)
ENDS = [End(0, GENESIS), *(End(record.number, record.hash) for record in LOG)]


def held(through: int, begins: int = 0) -> HeldLog:
    def hash_of(number: int) -> bytes | None:
        return ENDS[number].hash if begins <= number <= through else None

    return HeldLog(ENDS[begins], ENDS[through], hash_of)


def batch(
    after: End, records: list[ChainRecord], *, mark: int = 0, end: End | None = None
) -> LogBatch:
    last = End(records[-1].number, records[-1].hash) if records else after
    return LogBatch(
        mark=mark,
        after=ChainPoint.of(after),
        records=[SentRecord.of(record) for record in records],
        end=ChainPoint.of(end or last),
        signature=ANY,
    )


def alarm(intake: Intake) -> tuple[AlarmKind, int]:
    assert intake.alarm is not None
    return intake.alarm.kind, intake.alarm.number


@pytest.mark.parametrize(
    "data",
    [
        '{"a":1e999}',
        '{"a":NaN}',
        '{"a":' + "9" * 400 + "}",
        '{"a":' * 40 + "1" + "}" * 40,
        "[]",
        "{",
    ],
)
def test_a_record_that_nobody_could_read_later_is_not_taken(data: str) -> None:
    """Else one door would have the pages of all doors shut."""
    record = record_bytes(1, 1.0, "service", None, data)
    sent = ChainRecord(1, link(GENESIS, record), record)
    intake = judge(None, batch(End(0, GENESIS), [sent]))
    assert intake.taken == ()
    assert alarm(intake) == (AlarmKind.BROKEN, 1)


def test_a_kind_that_is_not_known_here_is_taken() -> None:
    record = record_bytes(1, 1.0, "novelty", None, "{}")
    sent = ChainRecord(1, link(GENESIS, record), record)
    intake = judge(None, batch(End(0, GENESIS), [sent]))
    assert [one.kind for one in intake.taken] == ["novelty"]


def test_records_that_go_on_are_taken() -> None:
    intake = judge(held(3), batch(ENDS[3], LOG[3:5], mark=3))
    assert intake.alarm is None
    assert [(one.number, one.previous, one.hash) for one in intake.taken] == [
        (4, ENDS[3].hash, ENDS[4].hash),
        (5, ENDS[4].hash, ENDS[5].hash),
    ]
    assert [(one.time, one.kind) for one in intake.taken] == [(4.0, "service"), (5.0, "service")]


def test_what_is_there_is_not_taken_again() -> None:
    intake = judge(held(5), batch(ENDS[2], LOG[2:7]))
    assert (intake.alarm, [one.number for one in intake.taken]) == (None, [6, 7])


def test_a_log_whose_beginning_was_purged_before_the_door_joined() -> None:
    intake = judge(None, batch(ENDS[4], LOG[4:6]))
    assert (intake.base, [one.number for one in intake.taken]) == (ENDS[4], [5, 6])


def test_a_log_that_begins_as_none_does() -> None:
    assert alarm(judge(None, batch(End(0, bytes(32)), []))) == (AlarmKind.BROKEN, 1)


def test_another_record_than_before_is_a_fork() -> None:
    other = chain(3, "other", ENDS[4])
    assert alarm(judge(held(8), batch(ENDS[4], other))) == (AlarmKind.FORK, 5)
    kept = judge(held(8), batch(End(5, other[0].hash), other[1:]))
    assert alarm(kept) == (AlarmKind.FORK, 5)
    assert kept.taken == ()


def test_another_record_than_the_door_had_signed_is_a_fork() -> None:
    """Its end was signed before its records came, and they were rewritten in between."""
    signed = HeldLog(ENDS[0], ENDS[3], held(3).hash_of, ENDS[5])
    assert judge(signed, batch(ENDS[3], LOG[3:7])).alarm is None
    other = judge(signed, batch(ENDS[3], chain(4, "other", ENDS[3])))
    assert alarm(other) == (AlarmKind.FORK, 5)
    assert [one.number for one in other.taken] == [4]


def test_records_that_are_missing_are_a_gap() -> None:
    assert alarm(judge(held(3), batch(ENDS[5], LOG[5:7]))) == (AlarmKind.GAP, 4)
    intake = judge(held(3), batch(ENDS[3], [LOG[3], LOG[5]], end=ENDS[6]))
    assert alarm(intake) == (AlarmKind.GAP, 5)
    assert [one.number for one in intake.taken] == [4]


def test_a_log_that_ends_before_what_the_hub_has_is_a_rollback() -> None:
    assert alarm(judge(held(8), batch(ENDS[5], [], mark=8))) == (AlarmKind.ROLLBACK, 6)
    assert alarm(judge(held(3), batch(ENDS[3], LOG[3:5], end=ENDS[4]))) == (AlarmKind.ROLLBACK, 5)


def test_a_late_copy_of_an_earlier_message_is_no_alarm() -> None:
    assert judge(held(8), batch(ENDS[3], LOG[3:5], mark=3)).alarm is None
    assert judge(held(8), batch(ENDS[5], [], mark=5)).alarm is None


def test_bytes_that_are_no_record_are_broken() -> None:
    record = LOG[3].record
    for bad in (
        record.replace(b"tried", b"cried"),
        b"null",
        b'[4,4.0,"service",null,"{"]',
        b'[4,4.0,"service",null,"7"]',
        b"[4,4.0]",
        record.replace(b"[4,", b"[4, "),
        record.replace(b"4.0", b"Infinity"),
        record.replace(b"4.0", b"-4.0"),
        record.replace(b"service", b"SERVICE!"),
        b"[" * 5000,
    ):
        forged = ChainRecord(4, link(ENDS[3].hash, bad), bad)
        if bad == record.replace(b"tried", b"cried"):
            forged = ChainRecord(4, LOG[3].hash, bad)
        assert alarm(judge(held(3), batch(ENDS[3], [forged]))) == (AlarmKind.BROKEN, 4)


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(1, 12)), max_size=12))
def test_pieces_in_any_order_and_number_give_the_log_or_ask_for_what_is_missing(pieces) -> None:
    """An honest door begins no later than where it has heard that the hub is."""
    through = 0
    known: dict[int, bytes] = {}
    for begins, count in pieces:
        after = min(begins, through)
        intake = judge(held(through), batch(ENDS[after], LOG[after : after + count], mark=after))
        assert intake.alarm is None
        for one in intake.taken:
            assert one.number not in known
            known[one.number] = one.record
        through = max(through, *known) if known else 0
    assert known == {record.number: record.record for record in LOG[:through]}
