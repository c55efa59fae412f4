import json
import re
from importlib.metadata import version

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import ALARM, DOOR, EVENT
from tests.clocks import HandClock
from tests.console.sample_site import BACK, LAB, put_events, put_site, service
from tests.console.site_console import SignIn, journal

DOOR_ID = "d" * 32


def a_door(console: Console, name: str = "front") -> None:
    with console.hub.database.writing() as db:
        db.execute(DOOR.insert().values(id=DOOR_ID, name=name, state="joined", joined=1.0))


def test_a_door_is_invited_with_code_and_fingerprint(console: Console, signed_in: SignIn) -> None:
    page = signed_in(Capability.SITE, name="Ada").post("/site/invite", data={"door": " front "})
    assert page.status_code == 200
    assert console.hub.authority.fingerprint in page.text
    assert re.search(r"<code>[A-Z2-9]{5}(-[A-Z2-9]{5}){3}</code>", page.text)
    (act, told), (kind, _) = journal(console)[-2:]
    assert (act, told["operator"], told["what"]) == ("act", "Ada", "invite door")
    assert kind == "invited"


def test_a_door_is_revoked_and_who_did_it_is_on_record_first(
    console: Console, signed_in: SignIn
) -> None:
    a_door(console)
    client = signed_in(Capability.SITE, name="Ada")
    assert "front" in client.get("/site").text
    assert client.post("/site/revoke", data={"door": "front"}).status_code == 303
    assert console.hub.doors.listed()[0].state == "revoked"
    assert [kind for kind, _ in journal(console)[-3:]] == ["act", "site_key", "revoked"]


def test_what_fails_is_on_record_too(console: Console, signed_in: SignIn) -> None:
    answer = signed_in().post("/site/revoke", data={"door": "nowhere"})
    assert answer.status_code == 400
    assert [kind for kind, _ in journal(console)[-2:]] == ["act", "refused"]
    assert journal(console)[-1][1]["why"] == "InputError"


def test_the_check_of_all_records_tells_what_is_broken(console: Console, signed_in: SignIn) -> None:
    client = signed_in(Capability.SITE)
    assert "All chains are whole" in client.post("/site/verify").text
    a_door(console)
    with console.hub.database.writing() as db:
        db.execute(DOOR.update().values(mark_number=3, mark_hash=b"x" * 32))
    broken = client.post("/site/verify").text
    assert "All chains are whole" not in broken
    assert "Record 1 of front: it is missing; there were 3 records" in broken
    german = client.post("/site/verify", headers={"accept-language": "de"}).text
    assert "Eintrag 1 von front: fehlt; es waren 3 Einträge" in german


def test_alarms_that_are_not_listed_are_counted(console: Console, signed_in: SignIn) -> None:
    a_door(console)
    with console.hub.database.writing() as db:
        for number in range(102):
            raised = {"door": DOOR_ID, "kind": "missing", "number": number, "problem": "-"}
            db.execute(ALARM.insert().values(time=console.now(), **raised))
    page = signed_in(Capability.SITE).get("/site").text
    assert "2 older alarms are not listed" in page
    assert "(101)" in page
    assert "(1)" not in page


def test_alarms_and_backups_are_listed(console: Console, signed_in: SignIn) -> None:
    a_door(console)
    now = console.now()
    with console.hub.database.writing() as db:
        db.execute(
            ALARM.insert().values(
                door=DOOR_ID, kind="missing", number=7, time=now, problem="<it> is missing"
            )
        )
        for number, state in ((1, "audit_backed_up"), (2, "started")):
            text = json.dumps({"state": state})
            record = json.dumps([number, now, "service", None, text]).encode()
            db.execute(
                EVENT.insert().values(
                    door=DOOR_ID,
                    number=number,
                    previous=b"",
                    hash=b"",
                    record=record,
                    time=now,
                    kind="service",
                    received=now,
                )
            )
        gap = {"door": DOOR_ID, "kind": "gap", "number": 8, "time": now, "problem": "English"}
        db.execute(ALARM.insert().values(gap))
    client = signed_in(Capability.SITE)
    page = client.get("/site").text
    assert "&lt;it&gt; is missing (7)" in page
    assert "records are missing (8)" in page
    assert "Einträge fehlen (8)" in client.get("/site", headers={"accept-language": "de"}).text
    backups = page.partition("<h2>Backups of doors</h2>")[2]
    assert backups.count("<li>") == 1
    assert "front" in backups


def test_a_door_says_its_software_and_encoder_and_another_version_is_marked(
    console: Console, signed_in: SignIn
) -> None:
    put_site(console.hub.database, console.now())
    own = version("accessctl")
    starts = [
        service("started", console.now() - 9, software="0.1.0", encoder="e" * 64),
        service("camera_dark", console.now() - 8),
    ]
    put_events(console.hub.database, BACK, starts)
    put_events(console.hub.database, LAB, [service("started", console.now() - 9, software=own)])
    client = signed_in(Capability.SITE)
    page = client.get("/site").text
    assert f"The hub runs accessctl {own}." in page
    rows = {name: row_of(page, name) for name in ("front-door", "back-door", "laboratory")}
    assert "not said" in rows["front-door"]
    assert re.search(r'class="sign trouble">.*?0\.1\.0', rows["back-door"])
    assert f"<code>{'e' * 12}</code>" in rows["back-door"]
    assert own in rows["laboratory"]
    assert re.search(r'class="sign trouble">.*?1 h', rows["laboratory"])
    newer = service("started", console.now() - 1, software=own)
    put_events(console.hub.database, BACK, [newer])
    assert "0.1.0" not in row_of(client.get("/site").text, "back-door")


def row_of(page: str, door: str) -> str:
    return page.partition(f'<th scope="row">{door}</th>')[2].partition("</tr>")[0]


def test_backups_of_the_hub_are_listed_with_their_files(
    console: Console, signed_in: SignIn
) -> None:
    client = signed_in(Capability.SITE)
    assert "None was ever made" in client.get("/site").text
    with console.hub.database.writing() as db:
        for file in ("/mnt/one.backup", "/mnt/<two>.backup"):
            told = {"file": file}
            write_journal(console.hub.database, db, JournalKind.BACKED_UP, console.now(), told)
    page = client.get("/site").text
    assert page.index("/mnt/&lt;two&gt;.backup") < page.index("/mnt/one.backup")
    assert "None was ever made" not in page


def test_the_code_of_an_invitation_is_shown_once(console: Console, signed_in: SignIn) -> None:
    client = signed_in(Capability.SITE)
    page = client.post("/site/invite", data={"door": "front"}).text
    assert f"accessctl join https://localhost:{console.hub.config.port} --fingerprint" in page
    code = re.search(r"<code>([A-Z2-9]{5}(?:-[A-Z2-9]{5}){3})</code>", page)
    assert code is not None
    assert code[1] not in client.get("/site").text


def test_letting_a_door_join_and_revoking_it_ask_again_who_it_is(
    console: Console, signed_in: SignIn, clock: HandClock
) -> None:
    a_door(console)
    client = signed_in(Capability.SITE)
    clock.time += 301
    for path in ("/site/invite", "/site/revoke"):
        answer = client.post(path, data={"door": "front"})
        assert answer.headers["location"].startswith("/prove"), path
    assert console.hub.doors.listed()[0].state == "joined"
