import datetime

import pytest

from accessctl.service.checks.clock import check_clock, kernel_says_synchronised
from accessctl.service.checks.finding import Level

TODAY = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC).timestamp()


@pytest.mark.parametrize(
    ("synchronised", "level"), [(True, Level.OK), (None, Level.OK), (False, Level.WARNING)]
)
def test_a_sane_date(synchronised, level):
    (finding,) = check_clock(TODAY, lambda: synchronised)
    assert finding.level is level
    assert "2026-11-22 12:00 UTC" in finding.sentence


@pytest.mark.parametrize("now", [0.0, TODAY - 365 * 86400, TODAY + 30 * 365 * 86400, -1e18, 1e18])
def test_a_date_that_cannot_be(now):
    (finding,) = check_clock(now, lambda: True)
    assert finding.level is Level.FAILURE
    assert finding.sentence.endswith("cannot be today; set the clock.")


def test_the_kernel_answers_and_nothing_is_changed():
    assert kernel_says_synchronised() in {True, False, None}
