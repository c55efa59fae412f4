"""Doors and a hub over real sockets, on either database."""

import sqlite3
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from accessctl.errors import HubError
from accessctl.hub.authority import DOOR_DAYS, open_authority
from accessctl.hub.tables import DOOR
from accessctl.hub.verify import verify_site
from accessctl.sync.client import BY_NAME
from accessctl.sync.identity import (
    HUB_FILE,
    keep_certificate,
    load_membership,
    new_key,
    pinned,
    signing_request,
)
from accessctl.sync.joining import fingerprint_in, join
from accessctl.sync.link import HubLink
from accessctl.sync.outbox import unsent_after
from accessctl.sync.wire import API, MAX_BODY_BYTES
from tests.hub.conftest import JoinedTestDoor
from tests.patience import wait_for

DAY_S = 86400.0
EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
"""For what has nothing to do with the database."""


def test_what_happens_at_two_doors_is_at_the_hub_once(hub, joined) -> None:
    front, back = joined("front"), joined("back")
    front.write(450)
    back.write(3)
    for door in (front, back, front):
        door.send_all()
    assert len(list(hub.records.query())) == 453
    assert [one.number for one in hub.records.query(name="back")] == [1, 2, 3]
    report = verify_site(hub.database)
    assert (report.doors, report.records, report.is_sound) == (2, 453, True)
    front.write(1)
    front.send_all()
    assert [door.records for door in hub.doors.listed()] == [3, 451]
    assert unsent_after(front.config) == 451


def test_doors_that_send_at_once_do_not_get_into_each_others_way(hub, joined) -> None:
    doors = [joined(f"door-{number}") for number in range(4)]
    for door in doors:
        door.write(100)
    with ThreadPoolExecutor(len(doors)) as pool:
        for _ in range(2):
            # The second time each is sent by two at once.
            list(pool.map(JoinedTestDoor.send_all, doors))
            for door in doors:
                door.write(10)
            list(pool.map(JoinedTestDoor.send_all, [*doors, *doors]))
    assert [door.records for door in hub.doors.listed()] == [120] * 4
    assert verify_site(hub.database).is_sound


def test_a_record_that_is_sent_again_is_kept_once(hub, joined) -> None:
    door = joined("front")
    door.write(3)
    link = door.link()
    link.send_once()
    outbox = link._outbox
    again = outbox.batch(outbox.mark().model_copy(update={"number": 0, "hash": None}))
    assert [record.number for record in again.records] == [1, 2, 3]
    assert outbox.hub.send(again).number == 3
    link.disconnect()
    assert len(list(hub.records.query())) == 3
    assert hub.records.alarms() == []


@EMBEDDED
def test_another_fingerprint_refuses_the_join_and_the_code_stays_good(
    hub, url: str, tmp_path: Path
) -> None:
    code = hub.doors.invite("front").code
    with pytest.raises(HubError, match="is not the hub with that fingerprint; nothing was told"):
        join(url, bytes(32), code, tmp_path / "door")
    assert not (tmp_path / "door").exists()
    right = fingerprint_in(hub.authority.fingerprint)
    assert join(url, right, code.lower(), tmp_path / "door").hub.name == "front"


def test_a_code_is_good_once_and_for_a_quarter_of_an_hour(hub, url, clock, tmp_path) -> None:
    right = fingerprint_in(hub.authority.fingerprint)
    code = hub.doors.invite("front").code
    join(url, right, code, tmp_path / "first")
    with pytest.raises(HubError, match="This code is not valid"):
        join(url, right, code, tmp_path / "second")
    late = hub.doors.invite("back").code
    clock.time += 901
    with pytest.raises(HubError, match="This code is not valid"):
        join(url, right, late, tmp_path / "third")
    with pytest.raises(HubError, match="This code is not valid"):
        join(url, right, "AAAAA-AAAAA-AAAAA-AAAAA", tmp_path / "third")
    assert [door.name for door in hub.doors.listed()] == ["front"]
    assert not (tmp_path / "third" / HUB_FILE).exists()


def test_a_revoked_door_is_refused_on_the_connection_that_it_has(hub, joined) -> None:
    door = joined("front")
    door.write(1)
    link = door.link()
    link.send_once()
    hub.doors.revoke("front")
    door.write(1)
    with pytest.raises(HubError, match="certificate does not count, or no more"):
        link.send_once()
    link.disconnect()
    with pytest.raises(HubError, match="certificate does not count, or no more"):
        door.send_all()
    assert len(list(hub.records.query())) == 1


@EMBEDDED
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/log"),
        ("GET", "/log/1"),
        ("POST", "/log"),
        ("POST", "/certificate"),
        ("GET", "/openapi.json"),
    ],
)
def test_without_a_certificate_there_is_nothing(hub, url: str, method: str, path: str) -> None:
    with httpx.Client(verify=pinned(hub.authority.pem)) as anybody:
        said = anybody.request(method, url + API + path, json={}, extensions=BY_NAME)
    assert said.status_code == 401
    assert said.json()["problem"].startswith("Only a door that has joined may ask this")


@EMBEDDED
def test_health_and_a_description_for_those_who_may(hub, url: str, joined) -> None:
    member = joined("front").member
    with httpx.Client(verify=member.tls()) as door:
        described = door.get(f"{url}{API}/openapi.json", extensions=BY_NAME).json()
        assert door.get(f"{url}/healthz", extensions=BY_NAME).json() == {"status": "ok"}
    assert f"{API}/log" in described["paths"]
    assert "LogBatch" in described["components"]["schemas"]


@EMBEDDED
def test_a_certificate_of_another_hub_does_not_get_through(hub, url, clock, tmp_path) -> None:
    other = open_authority(tmp_path / "other", {}, clock)
    key = new_key()
    issued = other.certify_door("ab" * 16, signing_request(key))
    keep_certificate(tmp_path, key, issued.pem)
    context = pinned(hub.authority.pem)
    context.load_cert_chain(tmp_path / "door.pem")
    with httpx.Client(verify=context) as stranger, pytest.raises(httpx.TransportError):
        stranger.get(f"{url}{API}/log", extensions=BY_NAME)


@EMBEDDED
def test_a_request_that_is_too_large_or_of_no_known_size(hub, url: str, joined) -> None:
    with httpx.Client(verify=joined("front").member.tls()) as door:
        large = b" " * (MAX_BODY_BYTES + 1)
        said = door.post(f"{url}{API}/log", content=large, extensions=BY_NAME)
        assert said.status_code == 413
        unknown = door.post(f"{url}{API}/log", content=iter([b"{}"]), extensions=BY_NAME)
        assert unknown.status_code == 411


@EMBEDDED
def test_a_stranger_may_send_little(hub, url: str) -> None:
    with httpx.Client(verify=pinned(hub.authority.pem)) as stranger:
        for size, status in ((30000, 400), (40000, 413)):
            body = b" " * size
            said = stranger.post(f"{url}{API}/join", content=body, extensions=BY_NAME)
            assert said.status_code == status


@EMBEDDED
def test_whoever_tries_codes_does_not_fill_the_log(hub, url: str, tmp_path, caplog) -> None:
    right = fingerprint_in(hub.authority.fingerprint)
    for _ in range(5):
        with pytest.raises(HubError, match="This code is not valid"):
            join(url, right, "AAAAA-AAAAA-AAAAA-AAAAA", tmp_path / "door")
    assert caplog.text.count("A request was refused") == 1


@EMBEDDED
def test_nonsense_is_one_sentence(hub, url: str, joined) -> None:
    with httpx.Client(verify=joined("front").member.tls()) as door:
        for body in (b"", b"[]", b"{", b'{"mark": -1}', b"\xff" * 100):
            said = door.post(f"{url}{API}/log", content=body, extensions=BY_NAME)
            assert said.status_code == 400
            assert said.json()["problem"].startswith("The request is not understood: ")


def tampered(door, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(door.log_file)) as db, db:
        db.execute(statement, values)


def test_a_log_that_was_rewritten_is_named_with_its_first_other_record(hub, joined) -> None:
    door = joined("front")
    door.write(40)
    door.send_all()
    tampered(door, "DELETE FROM event WHERE id > 24")
    tampered(door, "UPDATE sqlite_sequence SET seq = 24")
    door.write(40, rewritten=True)
    for _ in range(2):
        with pytest.raises(HubError, match=r"front, record 25 \(fork\): the door has another"):
            door.send_all()
    (alarm,) = hub.records.alarms()
    assert (alarm.name, alarm.kind, alarm.number) == ("front", "fork", 25)
    assert len(list(hub.records.query())) == 40


@EMBEDDED
def test_a_log_that_was_put_back_is_named(hub, joined) -> None:
    door = joined("front")
    door.write(9)
    door.send_all()
    tampered(door, "DELETE FROM event WHERE id > 5")
    with pytest.raises(HubError, match=r"front, record 6 \(rollback\): its log ends at record 5"):
        door.send_all()


@EMBEDDED
def test_a_record_that_was_changed_or_taken_away_is_named(hub, joined) -> None:
    door = joined("front")
    door.write(9)
    tampered(door, "UPDATE event SET data = '{}' WHERE id = 4")
    with pytest.raises(HubError, match=r"front, record 4 \(broken\)"):
        door.send_all()
    assert len(list(hub.records.query())) == 3
    other = joined("back")
    other.write(9)
    tampered(other, "DELETE FROM event WHERE id = 7")
    with pytest.raises(HubError, match=r"back, record 7 \(gap\): record 8 was sent where record 7"):
        other.send_all()
    assert [alarm.number for alarm in hub.records.alarms()] == [4, 7]
    assert not verify_site(hub.database).is_sound


@EMBEDDED
def test_a_door_joins_again_under_its_name_and_sends_all_of_its_log(hub, joined) -> None:
    first = joined("front")
    first.write(5)
    first.send_all()
    hub.doors.revoke("front")
    again = joined("front")
    assert unsent_after(again.config) == 0
    again.send_all()
    assert [(door.state, door.records) for door in hub.doors.listed()] == [
        ("revoked", 5),
        ("joined", 5),
    ]
    assert verify_site(hub.database).is_sound


@EMBEDDED
def test_a_door_with_nothing_to_tell_says_so_each_minute_at_a_moment_of_its_own(hub, joined):
    door = joined("front")
    door.write(1)
    now = [1000.0]
    link = HubLink(
        door.log_file, door.url, door.folder, monotonic=lambda: now[0], draw=lambda: 0.25
    )

    def asked() -> int:
        return sum(hub.requests.now().answers.values())

    link.send_once()
    # They are counted right after they were answered.
    wait_for(lambda: not hub.requests.now().under_way, "the end of its requests")
    before = asked()
    # Four fifths of a minute, and a quarter of the last one.
    for later_s, more in ((50.9, 0), (51.1, 1), (51.1 + 50.9, 1), (51.1 + 51.1, 2)):
        now[0] = 1000.0 + later_s
        assert not link.send_once()
        wait_for(lambda more=more: asked() == before + more, "as many requests")
    link.disconnect()


@EMBEDDED
def test_a_certificate_is_renewed_before_it_runs_out(hub, joined, clock) -> None:
    # The certificates have to be good by this machine's clock, too.
    clock.time -= 61 * DAY_S
    door = joined("front")
    door.write(1)
    before = door.member.certificate.serial_number
    clock.time += 61 * DAY_S
    link = HubLink(door.log_file, door.url, door.folder, now=clock)
    assert link.send_once()
    kept = load_membership(door.folder)
    assert kept.certificate.serial_number != before
    assert kept.door == door.member.door
    # The one before counts until the new one is used.
    assert hub.doors.admit(f"{before:x}") == door.member.door
    clock.time += 60
    link.send_once()
    link.disconnect()
    with pytest.raises(HubError, match="does not count, or no more"):
        hub.doors.admit(f"{before:x}")
    assert len(list(hub.records.query())) == 1


@EMBEDDED
def test_clocks_that_are_months_apart_do_not_have_it_renewed_for_ever(hub, joined, clock) -> None:
    clock.time -= 1 * DAY_S
    door = joined("front")
    door.write(1)
    link = HubLink(door.log_file, door.url, door.folder, now=lambda: clock.time + 70 * DAY_S)
    turns = [link.send_once() for _ in range(5)]
    link.disconnect()
    assert turns == [True, False, False, False, False]
    assert len(list(hub.records.query())) == 1


@EMBEDDED
def test_a_certificate_that_ran_out_ends_the_sending_and_nothing_else(hub, joined, clock) -> None:
    door = joined("front")
    clock.time += (DOOR_DAYS + 1) * DAY_S
    link = HubLink(door.log_file, door.url, door.folder, now=clock)
    with pytest.raises(HubError, match=r"ran out .* and the door works on"):
        link.send_once()
    with pytest.raises(HubError, match="does not count"):
        hub.doors.admit(f"{door.member.certificate.serial_number:x}")


@EMBEDDED
def test_a_hub_that_was_put_back_is_told_and_gets_it_again(hub, joined, caplog) -> None:
    door = joined("front")
    door.write(6)
    door.send_all()
    with hub.database.writing() as db:
        db.exec_driver_sql("DELETE FROM event WHERE number > 2")
        (digest,) = db.exec_driver_sql("SELECT hash FROM event WHERE number = 2").one()
        db.exec_driver_sql("UPDATE door SET mark_number = 2, head_number = NULL")

        db.execute(DOOR.update().values(mark_hash=digest))
    door.send_all()
    assert "and had signed for record 6" in caplog.text
    assert [one.number for one in hub.records.query()] == [1, 2, 3, 4, 5, 6]


@EMBEDDED
def test_a_receipt_of_another_key_counts_as_nothing(hub, joined, tmp_path) -> None:
    door = joined("front")
    door.write(1)
    file = door.folder / HUB_FILE
    another = new_key().public_key().public_bytes_raw().hex()
    known = door.member.hub.model_copy(update={"receipts": another})
    file.write_text(known.model_dump_json())
    with pytest.raises(HubError, match="signed its receipt with another key"):
        door.send_all()
    assert unsent_after(door.config) == 0


@EMBEDDED
def test_tls_is_never_older_than_1_3(hub, url: str) -> None:
    context = pinned(hub.authority.pem)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    with httpx.Client(verify=context) as old, pytest.raises(httpx.TransportError):
        old.get(f"{url}/healthz", extensions=BY_NAME)
