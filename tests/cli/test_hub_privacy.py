"""Consents at the command line of a hub."""

import json
from collections.abc import Iterator

import pytest

from accessctl.config import load_config
from accessctl.hub.assembly import Hub, open_hub
from tests.hub.made_tables import with_tables
from tests.hub.test_door_feed import enrol


@pytest.fixture
def hub(site) -> Iterator[Hub]:
    site.configure(hub={"host": "127.0.0.1", "expire_after_days": 100})
    with open_hub(with_tables(load_config(site.config).hub), {}) as opened:
        yield opened


@pytest.fixture
def text(site, hub: Hub):
    """The first version of the text, at the hub."""
    file = site.folder / "consent.txt"
    file.write_text("We keep your face.\n")
    said = site("hub", "consent", "text", str(file))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Version 1 of the text of consent; SHA-256 ")
    return file


def test_a_consent_is_given_listed_and_withdrawn(site, hub: Hub, text) -> None:
    grace = enrol(hub, "Grace")
    assert site("hub", "consent", "text").out == "We keep your face.\n"
    assert site("hub", "consent").out.splitlines()[1].split() == ["Grace", "none", "-", "-", "-"]
    said = site("hub", "consent", "give", "grace", "--typed", "Grace Example")
    assert said.out == "On record for grace: version 1, typed_name.\n"
    (listed,) = [json.loads(line) for line in site("hub", "consent", "--json").out.splitlines()]
    assert (listed["person"], listed["how"], listed["version"], listed["until"]) == (
        "Grace",
        "typed_name",
        1,
        None,
    )
    said = site("hub", "consent", "withdraw", "Grace")
    assert f"accessctl hub removal {grace} --certificate FILE" in said.out
    assert hub.people.people() == []
    assert site("hub", "consent").out == "Nobody is enrolled at this site.\n"


def test_each_way_and_only_one_at_a_time(site, hub: Hub, text) -> None:
    grace = enrol(hub, "Grace")
    drawn = site.folder / "signature.png"
    drawn.write_bytes(b"\x89PNG")
    give = ("hub", "consent", "give", "Grace")
    assert site(*give, "--witness", "Ada Example").code == 0
    assert site(*give, "--basis", "employment contract").out.endswith("other_basis.\n")
    assert site(*give, "--drawn", str(drawn)).code == 0
    ways = [record.how.value for record, _ in hub.consents.of(grace)]
    assert ways == ["witness", "other_basis", "drawn"]
    for words in ((), ("--typed", "a", "--witness", "b")):
        said = site(*give, *words)
        assert said.code == 2
        assert "Name one of --typed, --drawn, --witness and --basis." in said.err
    drawn.write_bytes(b"x" * (3 << 20))
    assert "at most 65536 bytes" in site(*give, "--drawn", str(drawn)).err
    assert site(*give, "--drawn", str(site.folder)).code == 2
    assert len(hub.consents.of(grace)) == 3


def test_everybody_is_asked_anew_by_a_day(site, hub: Hub, text) -> None:
    text.write_text("We keep your face for longer.\n")
    new = ("hub", "consent", "text", str(text))
    for words in (("--again",), ("--until", "2999-12-31")):
        assert "--again goes with --until" in site(*new, *words).err
    assert site(*new, "--again", "--until", "2020-01-01").code == 2
    assert site(*new, "--again", "--until", "soon").code == 2
    assert site("hub", "consent", "text", "--again", "--until", "2999-12-31").code == 2
    assert len(hub.consents.texts()) == 1
    said = site(*new, "--again", "--until", "2999-12-31")
    assert said.out.endswith("Consents to earlier versions count until 3000-01-01 00:00.\n")
    text.write_bytes(b"\xff")
    assert "text file in UTF-8" in site(*new).err


def test_who_will_be_disabled_is_listed_and_can_be_kept(site, hub: Hub) -> None:
    # They were enrolled in 1970.
    enrol(hub, "Grace")
    lines = site("hub", "people", "--expiring").out.splitlines()
    assert lines[1].split()[0] == "Grace"
    assert "is disabled" in lines[1]
    (told,) = [
        json.loads(one) for one in site("hub", "people", "--expiring", "--json").out.splitlines()
    ]
    assert (told["person"], told["disabled"]) == ("Grace", False)
    said = site("hub", "keep", "Grace")
    assert said.out == "Grace is kept: their absence counts from now on.\n"
    said = site("hub", "people", "--expiring")
    assert said.out == "Nobody is near the end of hub.expire_after_days.\n"
    assert site("hub", "keep", "Nobody").code != 0
