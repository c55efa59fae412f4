"""A door whose clock is wrong by a year, and a certificate that ran out while nobody looked."""

import time
from collections.abc import Callable

import pytest

from accessctl.audit.log import EventLog
from accessctl.domain import Event, EventKind
from accessctl.errors import HubError
from accessctl.hub.authority import DOOR_DAYS
from accessctl.hub.verify import verify_site
from accessctl.sync.joining import fingerprint_in, join
from accessctl.sync.link import HubLink
from tests.hub.conftest import JoinedTestDoor

DAY_S = 86400.0
YEAR_S = 365 * DAY_S
EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


def write_at(door: JoinedTestDoor, times: list[float]) -> None:
    with EventLog(door.log_file) as log:
        for moment in times:
            log.append(Event(moment, EventKind.SERVICE, {"state": "tried"}))


def work(door: JoinedTestDoor, now: Callable[[], float]) -> None:
    link = HubLink(door.log_file, door.url, door.folder, now=now)
    try:
        while link.send_once():
            pass
    finally:
        link.disconnect()


@EMBEDDED
def test_a_clock_that_is_a_year_behind_sends_all_the_same(hub, joined) -> None:
    door = joined("front")
    wrong = time.time() - YEAR_S
    write_at(door, [wrong, wrong + 1])
    work(door, lambda: wrong + 2)
    # The clock is put right, and wrong again: times go back and forth, the records do not.
    write_at(door, [time.time(), wrong + 3])
    work(door, time.time)
    assert [one.number for one in hub.records.query(name="front")] == [1, 2, 4, 3]
    assert verify_site(hub.database).is_sound


@EMBEDDED
def test_a_clock_that_is_a_year_ahead_sends_once_it_is_right(hub, joined) -> None:
    door = joined("front")
    wrong = time.time() + YEAR_S
    write_at(door, [wrong])
    with pytest.raises(HubError, match="certificate ran out"):
        work(door, lambda: wrong)
    write_at(door, [time.time()])
    work(door, time.time)
    assert sorted(one.number for one in hub.records.query()) == [1, 2]
    assert verify_site(hub.database).is_sound


@EMBEDDED
def test_a_certificate_that_ran_out_stops_the_sending_alone(hub, joined, url: str, clock) -> None:
    door = joined("front")
    write_at(door, [clock()])
    work(door, clock)
    clock.time += (DOOR_DAYS + 1) * DAY_S
    # The hub does not take it whatever the door's own clock says.
    for now in (clock, time.time):
        write_at(door, [clock()])
        with pytest.raises(HubError, match=r"certificate ran out|does not count"):
            work(door, now)
    assert [one.number for one in hub.records.query()] == [1]
    hub.doors.revoke("front")
    # TLS goes by this machine's clock, for which the next certificate must be good.
    clock.time -= (DOOR_DAYS + 1) * DAY_S
    code = hub.doors.invite("front").code
    join(url, fingerprint_in(hub.authority.fingerprint), code, door.folder)
    work(door, clock)
    (revoked, again) = sorted(hub.doors.listed(), key=lambda one: one.state, reverse=True)
    assert (revoked.records, again.records) == (1, 3)
    assert verify_site(hub.database).is_sound
