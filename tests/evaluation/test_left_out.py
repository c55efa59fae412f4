import json
import logging

import pytest

from accessctl.evaluation.left_out import WithoutSubject
from accessctl.evaluation.sightings import Absence

FEW = [None] * 98 + [Absence.SEVERAL, Absence.NO_FACE]
MANY = [*FEW, Absence.SEVERAL]


def test_it_is_said_how_many_and_why() -> None:
    assert str(WithoutSubject.of(MANY)) == (
        "101 photos, 3 without a subject: 2 several faces, and none plainly meant, "
        "1 no face is found"
    )
    assert str(WithoutSubject.of([None])) == "1 photos, 0 without a subject"
    record = WithoutSubject.of(MANY).record()
    assert json.loads(json.dumps(record)) == record
    assert record["photos_without_a_subject"] == 3
    assert record["why"][Absence.SEVERAL.value] == 2


def test_more_than_two_in_a_hundred_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        WithoutSubject.of(FEW).warn()
        assert not caplog.text
        WithoutSubject.of(MANY).warn()
    assert "3.0 % of the photos have no subject" in caplog.text
    assert "--subject" in caplog.text
