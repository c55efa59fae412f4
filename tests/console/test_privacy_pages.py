import io
import json
import os
import zipfile

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.hub.assembly import open_hub
from accessctl.hub.removal_certificate import read_certificate, verify_certificate
from accessctl.hub.tables import DORMANCY
from accessctl.policy.consent import ConsentWay, GivenConsent
from tests.console.sample_site import COLLINS, HOPPER, put_people
from tests.console.site_console import console_on, journal
from tests.hub.proposing import joined_door

ONE, NAME = f"/people/{COLLINS}", "Eileen Collins"
LOOK, ENROL, RULES = Capability.LOOK, Capability.ENROL, Capability.RULES
PRIVACY = Capability.PRIVACY
DAY = 86400.0


@pytest.fixture
def site(console: Console) -> Console:
    put_people(console.hub, console.now())
    return console


def with_text(site: Console) -> Console:
    site.hub.consents.add_text(b"We keep your face.\n", "tests")
    return site


def test_a_consent_on_paper_is_kept_with_its_witness(site, signed_in) -> None:
    client = signed_in(LOOK, ENROL, name="Ada")
    assert "The site has no text to consent to yet." in client.get(ONE).text
    with_text(site)
    page = client.get(ONE).text
    assert "No consent, and no other basis, is on record." in page
    assert 'name="version" value="1"' in page
    said = {"how": "witness", "words": "Grace", "version": "1"}
    answer = client.post(f"{ONE}/consent", data=said)
    assert (answer.status_code, answer.headers["location"]) == (303, ONE)
    ((record, given),) = site.hub.consents.of(COLLINS)
    assert (record.version, given) == (1, GivenConsent(ConsentWay.WITNESS, "Grace"))
    kind, told = journal(site)[-1]
    assert (kind, told["change"], told["operator"]) == ("consent", "given", "Ada")
    page = client.get(ONE).text
    assert "To version 1 of the text" in page
    assert "Who signed or witnessed shows to operators" in page
    assert ": Grace" not in page
    assert ": Grace" in signed_in(LOOK, PRIVACY).get(ONE).text


@pytest.mark.parametrize(
    "said",
    [
        {"how": "witness", "words": " ", "version": "1"},
        {"how": "witness", "words": "Grace", "version": "2"},
        {"how": "drawn", "words": "Grace", "version": "1"},
        {"how": "typed_name", "words": "Grace", "version": "1", "drawn": "<svg/>"},
        {"how": "typed_name", "words": "Grace", "version": "1", "drawn": "5,5"},
        {"how": "witness", "words": "Grace", "version": "1", "drawn": "0,0 90,90"},
        {"how": "nod", "words": "Grace"},
        {"how": "witness", "words": "x" * 301},
        {"words": "Grace"},
    ],
    ids=[
        "nobody",
        "no such version",
        "drawn",
        "no drawing",
        "a dot",
        "witness drew",
        "no way",
        "long",
        "unsaid",
    ],
)
def test_what_is_no_consent_is_refused(site, signed_in, said) -> None:
    with_text(site)
    assert signed_in(ENROL).post(f"{ONE}/consent", data=said).status_code == 400
    assert site.hub.consents.of(COLLINS) == []


def test_whoever_types_their_name_may_sign_beside_it(site, signed_in) -> None:
    with_text(site)
    client = signed_in(LOOK, ENROL, PRIVACY)
    said = {"how": "typed_name", "words": NAME, "version": "1", "drawn": "10,20 40,60 90,60"}
    assert client.post(f"{ONE}/consent", data=said).status_code == 303
    ((record, given),) = site.hub.consents.of(COLLINS)
    assert (record.how, given.words) == (ConsentWay.DRAWN, NAME)
    shown = client.get(f"{ONE}/consent/{record.number}")
    assert shown.headers["content-type"] == "image/svg+xml"
    assert 'd="M10 20L40 60L90 60"' in shown.text
    assert "script-src 'self'" in shown.headers["content-security-policy"]
    assert journal(site)[-1][0] == "shown"
    assert NAME not in str(journal(site))


def test_another_basis_is_for_those_who_may_give_out_data(site, signed_in) -> None:
    said = {"how": "other_basis", "words": "employment contract"}
    client = signed_in(LOOK, ENROL)
    assert "other_basis" not in client.get(ONE).text
    assert client.post(f"{ONE}/consent", data=said).status_code == 403
    assert journal(site)[-1][1]["needs"] == "privacy"
    assert signed_in(ENROL, PRIVACY).post(f"{ONE}/consent", data=said).status_code == 303
    assert site.hub.consents.of(COLLINS)[0][0].version is None


def test_a_withdrawal_takes_the_typed_name_and_removes_them(site, signed_in, clock) -> None:
    with_text(site).hub.consents.give(NAME, GivenConsent(ConsentWay.WITNESS, "Grace"), "tests")
    client = signed_in(LOOK, PRIVACY, name="Ada")
    path = f"{ONE}/consent/withdraw"
    assert client.post(path, data={"name": "Grace Hopper"}).status_code == 400
    assert journal(site)[-1][0] == "refused"
    clock.time += 301
    answer = client.post(path, data={"name": NAME})
    assert answer.headers["location"].startswith("/prove")
    assert len(site.hub.people.people()) == 2
    answer = signed_in(LOOK, PRIVACY, name="Bea").post(path, data={"name": NAME})
    assert (answer.status_code, answer.headers["location"]) == (303, "/removals")
    assert [one.id for one in site.hub.people.people()] == [HOPPER]
    assert site.hub.consents.of(COLLINS)[0][0].withdrawn == clock.time


def test_nothing_is_withdrawn_of_whom_nothing_is_kept(site, signed_in) -> None:
    client = signed_in(LOOK, PRIVACY)
    assert "/consent/withdraw" not in client.get(ONE).text
    assert client.post(f"{ONE}/consent/withdraw", data={"name": NAME}).status_code == 400
    assert len(site.hub.people.people()) == 2


@pytest.mark.parametrize(
    ("strokes", "kind"),
    [(b"\x89PNG\r\n\x1a\nx", "image/png"), (b"<html>", "application/octet-stream")],
)
def test_a_drawn_signature_is_shown_and_that_is_on_record(site, signed_in, strokes, kind) -> None:
    given = GivenConsent(ConsentWay.DRAWN, strokes=strokes)
    number = with_text(site).hub.consents.give(NAME, given, "tests").number
    client = signed_in(LOOK, PRIVACY, name="Ada")
    assert f'href="{ONE}/consent/{number}"' in client.get(ONE).text
    answer = client.get(f"{ONE}/consent/{number}")
    assert (answer.headers["content-type"], answer.content) == (kind, strokes)
    assert ("attachment" in answer.headers.get("content-disposition", "")) is (kind[0] == "a")
    shown, told = journal(site)[-1]
    assert (shown, told["operator"], told["person"]) == ("shown", "Ada", COLLINS)
    assert client.get(f"{ONE}/consent/{number + 1}").status_code == 404
    assert client.get(f"/people/{HOPPER}/consent/{number}").status_code == 404


def test_all_that_is_kept_of_somebody_comes_as_a_zip(site, signed_in, clock) -> None:
    client = signed_in(LOOK, PRIVACY, name="Ada")
    before = set(os.listdir(site.hub.config.folder))
    answer = client.post(f"{ONE}/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"] == f'attachment; filename="{COLLINS[:8]}.zip"'
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert json.loads(archive.read("person.json"))["name"] == NAME
        assert archive.testzip() is None
    assert set(os.listdir(site.hub.config.folder)) == before
    kind, told = journal(site)[-1]
    assert (kind, told) == ("exported", {"person": COLLINS, "operator": "Ada"})
    clock.time += 301
    assert client.post(f"{ONE}/export").headers["location"].startswith("/prove")
    assert journal(site)[-1][0] == "exported"


def test_nobody_has_no_copy(site, signed_in) -> None:
    assert signed_in(PRIVACY).post(f"/people/{'0' * 32}/export").status_code == 404


def test_a_removal_has_a_certificate_that_anybody_can_check(site, signed_in) -> None:
    joined_door(site.hub, "front")
    client = signed_in(LOOK, PRIVACY, name="Ada")
    assert client.post(f"/removals/{COLLINS}/certificate").status_code == 400
    site.hub.people.remove(NAME)
    page = client.get("/removals").text
    assert "1 removal waits for doors to sign." in page
    assert f'action="/removals/{COLLINS}/certificate"' in page
    answer = client.post(f"/removals/{COLLINS}/certificate")
    assert f"deletion-{COLLINS[:8]}.json" in answer.headers["content-disposition"]
    made = read_certificate(answer.content)
    assert verify_certificate(made) == site.hub.authority.fingerprint
    assert [(door.name, door.state) for door in made.facts.doors] == [("front", "owes")]
    kind, told = journal(site)[-1]
    assert (kind, told["operator"], told["owed"]) == ("certified", "Ada", 1)
    assert "/certificate" not in signed_in(LOOK).get("/removals").text


@pytest.fixture
def forgetful(config, clock, hub):
    """A site at which whoever stays away for 100 days is disabled."""
    spans = {"expire_after_days": 100, "folder": config.hub.folder.with_name("other")}
    changed = config.model_copy(update={"hub": config.hub.model_copy(update=spans)})
    with open_hub(changed.hub, {}, now=clock) as opened:
        console = console_on(opened, changed, clock)
        put_people(opened, clock.time)
        yield console


def test_a_page_says_until_when_somebody_is_kept(site, signed_in) -> None:
    page = signed_in(LOOK, RULES).get(ONE).text
    assert "Nobody expires at this site" in page
    assert f"{ONE}/keep" not in page
    assert signed_in(RULES).post(f"{ONE}/keep").status_code == 400


class TestWhereWhoeverStaysAwayExpires:
    @pytest.fixture
    def console(self, forgetful) -> Console:
        return forgetful

    def test_the_end_is_told_and_absence_is_counted_anew(self, console, signed_in, clock) -> None:
        with console.hub.database.writing() as db:
            db.execute(DORMANCY.insert().values(person=COLLINS, disabled=clock.time))
        client = signed_in(LOOK, RULES, name="Ada")
        assert "Disabled at all doors since" in client.get(ONE).text
        other = client.get(f"/people/{HOPPER}").text
        assert "Disabled, if they stay away, on" in other
        answer = client.post(f"{ONE}/keep")
        assert (answer.status_code, answer.headers["location"]) == (303, ONE)
        assert console.hub.expiry.of(COLLINS).ends == clock.time + 100 * DAY
        kinds = [(kind, told.get("operator")) for kind, told in journal(console)]
        assert ("expiry", "Ada") in kinds
        assert "Disabled at all doors since" not in client.get(ONE).text

    def test_who_is_near_the_end_is_listed_with_the_texts(self, console, signed_in, clock) -> None:
        clock.time += 95 * DAY
        page = signed_in(PRIVACY, RULES).get("/consent").text
        assert "is let in nowhere for 100 days" in page
        listed = page.partition("Who stays away")[2]
        assert listed.count("disabled on") == 2
        assert f'action="{ONE}/keep"' in listed
