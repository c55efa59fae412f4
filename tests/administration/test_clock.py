from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from accessctl.administration.clock import confirm_clock
from accessctl.audit.log import EventLog
from accessctl.clock import Clocks, Uptime
from accessctl.domain import Event, EventKind
from accessctl.errors import InputError

# Late in the evening in London, the next day in Tokyo.
NOW = datetime(2026, 11, 29, 23, 0, tzinfo=UTC).timestamp()


def test_the_owner_says_which_day_it_is(tmp_path: Path) -> None:
    wall = [NOW - 1e7]
    clocks = Clocks(lambda: wall[0], lambda: Uptime("b", 1.0), lambda: False)
    with EventLog(tmp_path / "events.sqlite", clocks=clocks) as log:
        log.append(Event(wall[0], EventKind.SERVICE, {"state": "started"}))
        wall[0] = NOW
        assert log.clock_doubt_s() == 1e7
        for wrong in ("2025-11-29", "2026-11-29", "today", ""):
            with pytest.raises(InputError):
                confirm_clock(log, wrong, NOW, ZoneInfo("Asia/Tokyo"))
        assert log.clock_doubt_s() == 1e7
        said = confirm_clock(log, "2026-11-30", NOW, ZoneInfo("Asia/Tokyo"))
        assert said == date(2026, 11, 30)
        assert log.clock_doubt_s() is None
