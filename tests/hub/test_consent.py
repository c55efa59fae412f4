"""Consents at the hub: what is kept, what is sent to doors by it, and withdrawals."""

import hashlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from accessctl.errors import InputError, StoreError, UnknownPersonError
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.consent import MAX_TEXT_BYTES
from accessctl.hub.journal import JournalKind
from accessctl.hub.tables import CONSENT, JOURNAL, PERSON, REMOVAL
from accessctl.hub.verify import verify_site
from accessctl.policy.consent import ConsentWay, GivenConsent
from tests.hub.proposing import joined_door
from tests.hub.test_door_feed import enrol, told

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
TYPED = GivenConsent(ConsentWay.TYPED_NAME, "Grace Example")
DRAWN = GivenConsent(ConsentWay.DRAWN, strokes=b"\x89PNG strokes")
BASIS = GivenConsent(ConsentWay.OTHER_BASIS, "employment contract, section 4")
DAY = 86400.0


@pytest.fixture
def strict(hub_config, clock):
    """A hub that sends nobody to a door without a consent."""
    required = hub_config.model_copy(update={"consent": "required"})
    with open_hub(required, {}, now=clock) as opened:
        yield opened


def journal(hub: Hub, kind: JournalKind) -> list[dict]:
    query = select(JOURNAL.c.data).where(JOURNAL.c.kind == kind).order_by(JOURNAL.c.number)
    with hub.database.reading() as db:
        return [json.loads(data) for data in db.execute(query).scalars()]


def test_a_text_is_a_version_by_its_sha_256(hub: Hub) -> None:
    first = hub.consents.add_text(b"We keep your face.\n", "ada")
    assert (first.version, first.digest) == (1, hashlib.sha256(b"We keep your face.\n").digest())
    second = hub.consents.add_text("Wir behalten Ihr Gesicht, für länger.".encode(), "ada")
    assert hub.consents.texts() == [first, second]
    with pytest.raises(InputError, match="are version 1 already"):
        hub.consents.add_text(b"We keep your face.\n", "ada")
    assert [one["version"] for one in journal(hub, JournalKind.CONSENT_TEXT)] == [1, 2]


@EMBEDDED
@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"\xff\xfe", b"nul\x00", b"\x1b[2J", b"x" * (MAX_TEXT_BYTES + 1)],
    ids=["empty", "blank", "no-utf-8", "nul", "escape", "long"],
)
def test_what_is_no_text_is_refused(hub: Hub, content: bytes) -> None:
    with pytest.raises(InputError):
        hub.consents.add_text(content, "ada")
    assert hub.consents.texts() == []


@EMBEDDED
@given(content=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_a_text_or_refused(hub: Hub, content: bytes) -> None:
    before = hub.consents.texts()
    try:
        text = hub.consents.add_text(content, "ada")
    except InputError:
        assert hub.consents.texts() == before
    else:
        assert text.text.encode() == content
        assert hub.consents.texts() == [*before, text]


def test_each_way_to_consent_is_kept_and_only_the_hub_can_read_who_signed(hub: Hub) -> None:
    grace = enrol(hub, "Grace")
    hub.consents.add_text(b"version 1", "ada")
    for given_ in (TYPED, DRAWN, GivenConsent(ConsentWay.WITNESS, "Ada Example"), BASIS):
        hub.consents.give("grace", given_, "ada")
    kept = hub.consents.of(grace)
    assert [given_ for _, given_ in kept] == [
        TYPED,
        DRAWN,
        GivenConsent(ConsentWay.WITNESS, "Ada Example"),
        BASIS,
    ]
    assert [(record.number, record.version) for record, _ in kept] == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, None),
    ]
    with hub.database.reading() as db:
        rows = repr(db.execute(select(CONSENT)).all()) + repr(db.execute(select(JOURNAL)).all())
    assert "Example" not in rows
    assert "strokes" not in rows
    (listed,) = hub.consents.listed()
    assert (listed.name, listed.until) == ("Grace", None)
    assert listed.current == kept[-1][0]


def test_who_signed_can_be_read_after_the_site_has_a_new_key(hub: Hub) -> None:
    grace = enrol(hub, "Grace")
    hub.consents.add_text(b"version 1", "ada")
    hub.consents.give("Grace", DRAWN, "ada")
    joined_door(hub, "front")
    hub.doors.revoke("front")
    with hub.database.reading() as db:
        assert db.execute(select(CONSENT.c.generation)).scalars().all() == [2]
    assert [given_ for _, given_ in hub.consents.of(grace)] == [DRAWN]


@EMBEDDED
def test_what_cannot_be_consented_to(hub: Hub, clock) -> None:
    enrol(hub, "Grace")
    with pytest.raises(InputError, match="no text to consent to yet"):
        hub.consents.give("Grace", TYPED, "ada")
    hub.consents.add_text(b"version 1", "ada")
    with pytest.raises(InputError, match="no version 2"):
        hub.consents.give("Grace", TYPED, "ada", 2)
    with pytest.raises(UnknownPersonError):
        hub.consents.give("Nobody", TYPED, "ada")
    with pytest.raises(InputError, match="is past"):
        hub.consents.add_text(b"version 2", "ada", clock.time)
    hub.consents.add_text(b"version 2", "ada", clock.time + DAY)
    hub.consents.give("Grace", TYPED, "ada", 1)
    clock.time += DAY
    with pytest.raises(InputError, match="Version 1 of the text counts no more"):
        hub.consents.give("Grace", TYPED, "ada", 1)


def test_where_consents_are_only_recorded_doors_get_everybody(hub: Hub) -> None:
    front = joined_door(hub, "front")
    grace = enrol(hub, "Grace")
    assert told(hub.door_feed.changes_after(front, 0))[grace] == "person"
    assert hub.withholding.settle() == 0


def test_without_a_consent_nobody_goes_to_a_door_and_with_one_at_once(strict: Hub) -> None:
    front = joined_door(strict, "front")
    grace, ada = enrol(strict, "Grace"), enrol(strict, "Ada", 1)
    batch = strict.door_feed.changes_after(front, 0)
    # No door has ever had them, and none is told of them.
    assert not {grace, ada} & set(told(batch))
    strict.consents.add_text(b"version 1", "ada")
    strict.consents.give("Grace", TYPED, "ada")
    strict.consents.give("Ada", BASIS, "ada")
    later = strict.door_feed.changes_after(front, batch.head.seq)
    assert told(later) == {grace: "person", ada: "person"}
    assert [one["withheld"] for one in journal(strict, JournalKind.WITHHELD)] == [None, None]
    assert strict.people.mark().head != ""


def test_earlier_consents_end_by_the_day_that_was_stated(strict: Hub, clock) -> None:
    front = joined_door(strict, "front")
    grace, ada = enrol(strict, "Grace"), enrol(strict, "Ada", 1)
    strict.consents.add_text(b"version 1", "ada")
    strict.consents.give("Grace", TYPED, "ada")
    strict.consents.give("Ada", TYPED, "ada")
    seq = strict.door_feed.changes_after(front, 0).head.seq
    strict.consents.add_text(b"version 2", "ada", clock.time + 30 * DAY)
    assert {one.until for one in strict.consents.listed()} == {clock.time + 30 * DAY}
    strict.consents.give("Ada", DRAWN, "ada")
    clock.time += 30 * DAY - 1
    assert strict.withholding.settle() == 0
    assert strict.door_feed.changes_after(front, seq).changes == ()
    clock.time += 1
    assert strict.withholding.settle() == 1
    assert strict.withholding.settle() == 0
    assert told(strict.door_feed.changes_after(front, seq)) == {grace: "gone"}
    assert [one.name for one in strict.consents.listed() if one.current is None] == ["Grace"]
    assert ada in strict.people.everybody().people


def test_another_configuration_counts_when_it_is_settled(hub: Hub, hub_config, clock) -> None:
    front = joined_door(hub, "front")
    grace = enrol(hub, "Grace")
    seq = hub.door_feed.changes_after(front, 0).head.seq
    required = hub_config.model_copy(update={"consent": "required"})
    with open_hub(required, {}, now=clock) as strict:
        assert strict.withholding.settle() == 1
        batch = strict.door_feed.changes_after(front, seq)
        assert told(batch) == {grace: "gone"}
    assert hub.withholding.settle() == 1
    assert told(hub.door_feed.changes_after(front, batch.head.seq)) == {grace: "person"}


def test_a_withdrawal_removes_at_once_and_leaves_the_proof_without_the_name(
    strict: Hub, clock
) -> None:
    front = joined_door(strict, "front")
    grace = enrol(strict, "Grace")
    strict.consents.add_text(b"version 1", "ada")
    strict.consents.give("Grace", TYPED, "ada")
    seq = strict.door_feed.changes_after(front, 0).head.seq
    clock.time += 5
    assert strict.consents.withdraw("grace", "ada") == grace
    (gone,) = strict.door_feed.changes_after(front, seq).changes
    assert (gone.subject, gone.kind, gone.removed) == (grace, "gone", True)
    with strict.database.reading() as db:
        (row,) = db.execute(select(CONSENT)).all()
        assert db.execute(select(PERSON)).all() == []
        assert [one.person for one in db.execute(select(REMOVAL))] == [grace]
    assert (row.version, row.withdrawn, row.wrapped, row.sealed) == (1, clock.time, None, None)
    assert [given_ for _, given_ in strict.consents.of(grace)] == [None]
    assert [one["change"] for one in journal(strict, JournalKind.CONSENT)] == [
        "given",
        "withdrawn",
    ]
    assert [one["change"] for one in journal(strict, JournalKind.PERSON)] == ["removed"]
    assert verify_site(strict.database).is_sound


@EMBEDDED
def test_there_is_nothing_to_withdraw_where_nothing_was_given(hub: Hub) -> None:
    enrol(hub, "Grace")
    with pytest.raises(InputError, match="hub people remove"):
        hub.consents.withdraw("Grace", "ada")
    assert hub.people.person("Grace").name == "Grace"


@EMBEDDED
def test_a_change_that_cannot_be_recorded_is_none(hub: Hub, monkeypatch) -> None:
    enrol(hub, "Grace")
    hub.consents.add_text(b"version 1", "ada")

    def full(*_: object) -> int:
        raise StoreError("full")

    monkeypatch.setattr("accessctl.hub.consent.write_journal", full)
    with pytest.raises(StoreError, match="full"):
        hub.consents.give("Grace", TYPED, "ada")
    with pytest.raises(StoreError, match="full"):
        hub.consents.add_text(b"version 2", "ada")
    assert hub.consents.listed()[0].current is None
    assert len(hub.consents.texts()) == 1
