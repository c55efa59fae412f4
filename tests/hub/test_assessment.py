"""An assessment's figures are those of the hub, and nothing in it is typed."""

import pytest

from accessctl.audit.log import EventLog
from accessctl.config import Config, EncoderConfig
from accessctl.domain import Event, EventKind
from accessctl.hub.assessment import TO_FILL, assessment
from accessctl.hub.assessment_facts import site_figures
from accessctl.hub.tables import EVENT
from accessctl.policy.consent import ConsentWay, GivenConsent
from tests.hub.test_door_feed import enrol


@pytest.fixture
def config(hub_config, tmp_path) -> Config:
    return Config(hub=hub_config, encoder=EncoderConfig(folder=tmp_path / "no-encoder"))


def decided(time: float, decision: str, reason: str) -> Event:
    data = {"decision": decision, "reason": reason, "visit": f"v{time:g}"}
    return Event(time, EventKind.DECISION, data)


@pytest.fixture
def site(hub, joined, clock):
    front = joined("front")
    joined("back")
    hub.doors.revoke("back")
    enrol(hub, "Grace", groups=("staff",))
    enrol(hub, "Ada", 1)
    removed = enrol(hub, "Eve", 2)
    hub.consents.add_text(b"version 1", "ada")
    hub.consents.give("Grace", GivenConsent(ConsentWay.WITNESS, "Ada"), "ada")
    clock.time += 10
    hub.people.remove("Eve")
    with EventLog(front.log_file) as log:
        started = {"state": "started", "door": "front", "encoder": "e" * 64, "calibration": "c1"}
        log.append(Event(100.0, EventKind.SERVICE, started))
        log.append(decided(110.0, "granted", "matched"))
        log.append(decided(120.0, "denied", "not_live"))
        log.append(decided(130.0, "denied", "not_live"))
        log.append(decided(140.0, "unknown", "no_match"))
    front.send_all()
    assert removed
    return hub


def test_what_is_counted(site, config) -> None:
    figures = site_figures(site, config)
    assert (figures.people, figures.photos, figures.pictures) == (2, 2, 2)
    assert figures.templates == {"e1": 2}
    assert figures.consents == {"witness": 1, "none": 1}
    assert (figures.text_version, figures.withheld) == (1, {})
    assert (figures.removals, figures.owing, figures.lost) == (
        1,
        {site.removals.listed()[0].person: 1},
        0,
    )
    assert (figures.generations, figures.backups) == (2, 0)
    assert figures.audit.is_sound
    back, front = figures.doors
    assert (back.name, back.is_joined, back.records) == ("back", False, 0)
    assert (front.name, front.is_joined, front.records, front.oldest) == ("front", True, 5, 100.0)
    assert front.outcomes == {"granted": 1, "denied": 2, "unknown": 1}
    assert front.liveness == {"not_live": 2, "liveness_undecided": 0, "no_gesture": 0}
    assert front.encoders == ("e" * 64,)
    # That record has no evidence: it says nothing of how near a stranger came.
    assert front.seen_here == "no unknown visit is on record with this encoder"


def test_it_is_written_in_words_and_says_what_to_look_at(site, config) -> None:
    text = assessment(site_figures(site, config), config)
    for said in (
        "| people enrolled | 2 |",
        "| people by how consent was given | none 1, witness 1 |",
        "| attempts by outcome | denied 2, granted 1, unknown 1 |",
        "- 1 people have no consent and no other legal basis on record.",
        "- Nobody who stays away is ever removed.",
        "- 1 removals are not signed for by every door.",
        "no-encoder, whose card is not on the hub's machine.",
        site.authority.fingerprint,
    ):
        assert said in text
    assert text.count(TO_FILL) == 8
    assert "Grace" not in text


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_a_log_that_was_tampered_with_is_told(site, config) -> None:
    with site.database.writing() as db:
        db.execute(EVENT.delete().where(EVENT.c.number == 2))
    text = assessment(site_figures(site, config), config)
    assert "NOT sound: accessctl hub verify" in text
    assert "- The logs are not sound, or an alarm was raised." in text


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_of_an_empty_hub(hub, config) -> None:
    text = assessment(site_figures(hub, config), config)
    assert "No door has joined yet." in text
    assert "- There is no text of consent." in text


def test_the_card_s_rates_are_stated(hub_config) -> None:
    from accessctl.hub.assessment import _card

    said = _card(Config(encoder=EncoderConfig(folder="models/encoder")))
    assert "Its card states false-match rates from 10^" in said
