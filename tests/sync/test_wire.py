import pytest
from pydantic import ValidationError

from accessctl.audit.chain import NO_RECORD, ChainRecord
from accessctl.sync.wire import LogReceipt, SentRecord


def test_a_record_too_large_for_any_honest_log_goes_as_none() -> None:
    large = ChainRecord(4, bytes(32), b"[" * 200_000)
    assert SentRecord.of(large).record.encode() == NO_RECORD
    small = ChainRecord(4, bytes(32), b"[" * 1000)
    assert SentRecord.of(small).record.encode() == small.record


@pytest.mark.parametrize("time", [-1.0, 1e300, float("inf"), float("nan")])
def test_a_receipt_of_no_year_that_there_is(time: float) -> None:
    with pytest.raises(ValidationError):
        LogReceipt(number=1, hash="0" * 64, time=time, signature="0" * 128)
