import pytest

from accessctl.domain import DoorwayWord
from accessctl.doorway.values import DoorwayRecord, DoorwayState, DoorwayStep


def test_what_needs_its_record_says_what_holds_without_it() -> None:
    record = DoorwayRecord(DoorwayWord.UNLOCKED, {})
    with pytest.raises(ValueError, match="without"):
        DoorwayStep(DoorwayState(), required=record)
    assert DoorwayStep(DoorwayState(), required=record, without=DoorwayState()).required is record
