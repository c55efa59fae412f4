"""Who was let in nowhere for long, on either database."""

import json

import pytest
from sqlalchemy import select, update

from accessctl.errors import HubError, InputError, UnknownPersonError
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.expiry import PersonExpiry
from accessctl.hub.journal import JournalKind
from accessctl.hub.server import Minutes
from accessctl.hub.tables import DOOR, DORMANCY, JOURNAL, LAST_GRANT
from accessctl.policy.expiry import ExpiryStep, Fate, spans_of_days
from tests.hub.proposing import joined_door
from tests.hub.test_door_feed import enrol, told

DAY = 86400.0
EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


@pytest.fixture
def site(hub_config, clock):
    """A hub at which whoever stays away for 100 days is disabled, 30 days later removed. People
    were enrolled at second 100, which is day 0."""
    clock.time = 100.0
    spans = {"expire_after_days": 100, "remove_after_days": 30, "expire_warn_days": 10}
    with open_hub(hub_config.model_copy(update=spans), {}, now=clock) as opened:
        yield opened


def heard(hub: Hub, door: str, **values: object) -> None:
    """The hub has all of this door's log, as of now."""
    whole = {"seen": hub.now(), "mark_number": 5, "mark_hash": b"x", "head_number": 5}
    with hub.database.writing() as db:
        db.execute(update(DOOR).where(DOOR.c.id == door).values({**whole, **values}))


def let_in(hub: Hub, person: str, door: str, time: float) -> None:
    with hub.database.writing() as db:
        db.execute(LAST_GRANT.insert().values(person=person, time=time, door=door))


def steps(hub: Hub) -> list[tuple[str, str]]:
    query = select(JOURNAL.c.data).where(JOURNAL.c.kind == JournalKind.EXPIRY)
    with hub.database.reading() as db:
        told_ = [
            json.loads(data) for data in db.execute(query.order_by(JOURNAL.c.number)).scalars()
        ]
    return [(one["person"], one["step"]) for one in told_]


def judged(hub: Hub) -> dict[str, int]:
    return {step.value: count for step, count in hub.expiry.judge().items() if count}


def test_of_one_person_it_is_told_until_when_they_are_kept(site: Hub, clock) -> None:
    front = joined_door(site, "front")
    grace = enrol(site, "Grace")
    assert site.expiry.of(grace) == PersonExpiry(None, 100.0 + 100 * DAY, None, None)
    let_in(site, grace, front, 80 * DAY)
    assert site.expiry.of(grace) == PersonExpiry(80 * DAY, 180 * DAY, None, None)
    clock.time = 181 * DAY
    heard(site, front)
    site.expiry.judge()
    assert site.expiry.of(grace) == PersonExpiry(80 * DAY, 180 * DAY, 181 * DAY, 211 * DAY)
    with pytest.raises(UnknownPersonError):
        site.expiry.of("0" * 32)


def test_whoever_stays_away_is_listed_then_disabled_then_removed(site: Hub, clock) -> None:
    front = joined_door(site, "front")
    grace, ada = enrol(site, "Grace"), enrol(site, "Ada", 1)
    let_in(site, ada, front, 80 * DAY)
    seq = site.door_feed.changes_after(front, 0).head.seq
    for day, due in ((89, {}), (90.1, {"warn": 1}), (91, {}), (100.1, {"disable": 1}), (101, {})):
        clock.time = day * DAY
        heard(site, front)
        assert judged(site) == due, day
    assert told(site.door_feed.changes_after(front, seq)) == {grace: "gone"}
    (listed,) = site.expiry.state().people
    assert (listed.name, listed.is_disabled, listed.ends) == ("Grace", True, 130.1 * DAY)
    clock.time = 130.2 * DAY
    heard(site, front)
    assert judged(site) == {"remove": 1}
    (gone,) = site.door_feed.changes_after(front, seq).changes
    assert (gone.subject, gone.removed) == (grace, True)
    assert [person.name for person in site.people.people()] == ["Ada"]
    assert steps(site) == [(grace, "warn"), (grace, "disable"), (grace, "remove")]
    assert [one.person for one in site.removals.listed()] == [grace]
    with site.database.reading() as db:
        assert db.execute(select(DORMANCY)).all() == []


def test_nobody_is_absent_because_a_door_is(site: Hub, clock) -> None:
    front, back = joined_door(site, "front"), joined_door(site, "back")
    enrol(site, "Grace")
    clock.time = 80 * DAY
    heard(site, back)
    clock.time = 200 * DAY
    heard(site, front)
    assert judged(site) == {}
    assert (site.expiry.state().heard, site.expiry.state().behind) == (80 * DAY, ())
    # What the door signed is not all here.
    heard(site, back, head_number=6)
    assert judged(site) == {}
    assert (site.expiry.state().heard, site.expiry.state().behind) == (None, ("back",))
    heard(site, back)
    assert judged(site) == {"disable": 1}


def test_whoever_was_seen_after_all_is_enabled_again(site: Hub, clock) -> None:
    front = joined_door(site, "front")
    grace = enrol(site, "Grace")
    clock.time = 101 * DAY
    heard(site, front)
    assert judged(site) == {"disable": 1}
    seq = site.door_feed.changes_after(front, 0).head.seq
    let_in(site, grace, front, 50 * DAY)
    assert judged(site) == {"restore": 1}
    assert told(site.door_feed.changes_after(front, seq)) == {grace: "person"}
    assert site.expiry.judge()[ExpiryStep.RESTORE] == 0


def test_an_operator_keeps_somebody(site: Hub, clock) -> None:
    front = joined_door(site, "front")
    grace = enrol(site, "Grace")
    clock.time = 101 * DAY
    heard(site, front)
    judged(site)
    seq = site.door_feed.changes_after(front, 0).head.seq
    site.expiry.keep("grace", "ada")
    assert told(site.door_feed.changes_after(front, seq)) == {grace: "person"}
    clock.time = 190 * DAY
    heard(site, front)
    assert judged(site) == {}
    clock.time = 192 * DAY
    heard(site, front)
    assert judged(site) == {"warn": 1}
    assert steps(site)[1] == (grace, "kept")
    with pytest.raises(UnknownPersonError):
        site.expiry.keep("Nobody", "ada")


@EMBEDDED
def test_where_nobody_expires_nobody_is_judged(hub: Hub, clock) -> None:
    front = joined_door(hub, "front")
    enrol(hub, "Grace")
    clock.time += 4000 * DAY
    heard(hub, front)
    assert judged(hub) == {}
    assert hub.expiry.state().people == ()
    with pytest.raises(InputError, match="Nobody expires"):
        hub.expiry.keep("Grace", "ada")


@EMBEDDED
def test_the_hub_judges_at_its_start_and_once_a_day(site: Hub, clock, monkeypatch) -> None:
    calls: list[float] = []
    monkeypatch.setattr(type(site.expiry), "judge", lambda _: calls.append(clock.time))
    minutes = Minutes(site, site.authority.server_context(()))
    for step in (0.0, 60.0, DAY - 61.0, 1.0, 60.0, -5.0, DAY):
        clock.time += step
        minutes.turn()
    assert calls == [100.0, 100.0 + DAY, 100.0 + 2 * DAY + 55.0]


@EMBEDDED
def test_other_spans_are_foreseen_before_they_count(site: Hub, clock) -> None:
    front = joined_door(site, "front")
    grace, ada = enrol(site, "Grace"), enrol(site, "Ada", 1)
    clock.time = 60 * DAY
    heard(site, front)
    let_in(site, ada, front, 55 * DAY)
    now, wanted = clock.time, spans_of_days(50, 10, 5)
    told_ = [(one.name, one.fate, one.present.disabled) for one in site.expiry.foresee(wanted)]
    assert told_ == [
        ("Grace", Fate(now, now + 10 * DAY), 100.0 + 100 * DAY),
        ("Ada", Fate(105 * DAY, 115 * DAY), 155 * DAY),
    ]
    assert judged(site) == {}
    never = site.expiry.foresee(spans_of_days(None, 10, 5))
    assert [one.fate for one in never] == [Fate(None, None)] * 2
    present = site.expiry.settings.in_force().spans
    site.expiry.settings.set(wanted, "Ada", present)
    assert judged(site) == {"disable": 1}
    assert site.expiry.of(grace).removed == now + 10 * DAY


@EMBEDDED
def test_what_operators_set_counts_until_they_take_it_back(hub: Hub, clock) -> None:
    settings = hub.expiry.settings
    configured, wanted = settings.in_force().spans, spans_of_days(50, 10, 5)
    assert (configured.disable_after, settings.in_force().set_at) == (None, None)
    settings.set(wanted, "Ada", configured)
    assert (settings.in_force().spans, settings.in_force().set_at) == (wanted, clock.time)
    with pytest.raises(HubError, match="somebody else meanwhile"):
        settings.set(spans_of_days(60, 10, 5), "Bea", configured)
    settings.set(None, "Cleo", wanted)
    assert (settings.in_force().spans, settings.in_force().set_at) == (configured, None)
    query = select(JOURNAL.c.data).where(JOURNAL.c.kind == JournalKind.EXPIRY_SPANS)
    with hub.database.reading() as db:
        told_ = [json.loads(data) for data in db.execute(query).scalars()]
    assert [(one["operator"], one["set"], one["expire_after_days"]) for one in told_] == [
        ("Ada", True, 50),
        ("Cleo", False, None),
    ]
