import json

import pytest
from sqlalchemy import select, update

from accessctl.config import SITE_RULES, SITE_SETTINGS, Config, explain
from accessctl.errors import HubError, InputError, StoreError
from accessctl.hub.assembly import Hub
from accessctl.hub.site_settings import (
    RULES_SUBJECT,
    UnreadableRulesError,
    checked_rules,
    checked_settings,
)
from accessctl.hub.tables import CHANGE, JOURNAL
from accessctl.sync.feed_wire import ChangeKind, SiteAccess, SiteSettings
from tests.hub.proposing import joined_door
from tests.hub.test_door_feed import opened

RULES = {
    "timezone": "Europe/Berlin",
    "schedules": {"office": [{"days": ["mon", "fri"], "opens": "08:00", "closes": "18:00"}]},
    "groups": {"staff": {"schedule": "office"}, "board": {"second_factor": "pin"}},
    "holidays": ["2026-12-25"],
}


def told(hub: Hub, kind: str) -> list[dict]:
    with hub.database.reading() as db:
        rows = db.execute(select(JOURNAL.c.data).where(JOURNAL.c.kind == kind)).scalars()
        return [json.loads(data) for data in rows]


def sent(hub: Hub, door: str, kind: str) -> bytes:
    """The document of that kind, as a door gets it."""
    after = 0
    round_ = hub.door_feed.changes_after(door, after).round
    batch = hub.door_feed.changes_after(door, after, round_)
    (found,) = [change for change in batch.changes if change.kind == kind]
    assert found.subject == kind
    return opened(hub, found)


def test_the_rules_of_a_site_reach_its_doors_as_a_configuration_has_them(hub: Hub) -> None:
    front = joined_door(hub, "front")
    assert (hub.site.rules(), hub.site.access().groups) == ({}, {})
    kept = hub.site.set_rules(RULES, "operator")
    assert hub.site.rules() == kept
    assert set(kept) == set(SITE_RULES)
    access = SiteAccess.model_validate_json(sent(hub, front, "rules")).access
    assert Config.model_validate({"access": access}).access == hub.site.access()
    assert hub.site.access().schedules["office"][0].opens == 480
    (record,) = told(hub, "rules")
    assert (record["groups"], record["operator"]) == (["board", "staff"], "operator")


def test_rules_that_somebody_changed_meanwhile_are_not_replaced(hub: Hub) -> None:
    first = hub.site.set_rules(RULES, "Ada", instead_of={})
    with pytest.raises(HubError, match="changed by somebody else"):
        hub.site.set_rules({}, "Grace", instead_of={})
    assert hub.site.rules() == first
    assert hub.site.set_rules({}, "Grace", instead_of=first)["groups"] == {}
    assert [record["operator"] for record in told(hub, "rules")] == ["Ada", "Grace"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"door": "front"}, "'door' is none of a site's rules; those are timezone, schedules"),
        ({"groups": {"staff": {"schedule": "office"}}}, "names the schedule 'office', not there"),
        ({"holidays": ["2026-12-25"]}, "need access.timezone"),
        ({"timezone": "Nowhere/At all"}, "The rules cannot be used"),
        ({"groups": 7}, "The rules cannot be used: groups: "),
        ({3: 4}, "'3' is none of a site's rules"),
    ],
    ids=str,
)
def test_rules_that_no_door_could_have(given, why: str) -> None:
    with pytest.raises(InputError, match=why):
        checked_rules(given)


def test_a_setting_is_one_door_s_and_checked(hub: Hub) -> None:
    front, back = joined_door(hub, "front"), joined_door(hub, "back")
    kept = hub.site.set_setting(front, "policy.cooldown_s", "10", "operator")
    assert kept == {"policy.cooldown_s": 10.0}
    hub.site.set_setting(front, "policy.second_factor", "pin", "operator")
    expected = {"policy.cooldown_s": 10.0, "policy.second_factor": "pin"}
    assert hub.site.settings(front) == expected
    assert SiteSettings.model_validate_json(sent(hub, front, "settings")).settings == expected
    assert hub.site.settings(back) == {}
    hub.site.set_setting(front, "policy.cooldown_s", None, "operator")
    assert hub.site.settings(front) == {"policy.second_factor": "pin"}
    assert [(one["setting"], one["value"]) for one in told(hub, "settings")] == [
        ("policy.cooldown_s", 10.0),
        ("policy.second_factor", "pin"),
        ("policy.cooldown_s", None),
    ]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("actions.granted", "[]", "A hub may not set 'actions.granted' at a door"),
        ("policy", "{}", "A hub may not set 'policy' at a door"),
        ("policy.cooldown_s", "-1", "policy.cooldown_s: .*greater than or equal to 0"),
        ("policy.cooldown_s", "soon", "policy.cooldown_s: "),
        ("policy.several_faces", "all", "That cannot be set: policy.several_faces: "),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be(hub: Hub, name: str, value: str, why: str) -> None:
    front = joined_door(hub, "front")
    with pytest.raises(InputError, match=why):
        hub.site.set_setting(front, name, value, "operator")
    assert (hub.site.settings(front), told(hub, "settings")) == ({}, [])


def test_every_setting_of_the_list_is_one_and_none_runs_or_opens_anything() -> None:
    known = {name: value for name, value, _ in explain(Config())}
    assert set(SITE_SETTINGS) <= known.keys()
    assert not any(name.split(".")[0] in {"actions", "doorway", "mqtt"} for name in SITE_SETTINGS)
    given = {name: known[name] for name in SITE_SETTINGS}
    assert checked_settings(given) == given
    assert checked_settings({"access.anti_passback": "hard"}) == {"access.anti_passback": "hard"}


def test_a_door_s_part_in_people(hub: Hub) -> None:
    front = joined_door(hub, "front")
    assert hub.site.scope(front).groups is None
    hub.site.set_scope(front, ["staff", " board", "staff"], "operator")
    assert hub.site.scope(front).groups == ("staff", "board")
    hub.site.set_scope(front, None, "operator")
    assert hub.site.scope(front).groups is None
    assert [one["groups"] for one in told(hub, "scope")] == [["staff", "board"], None]
    for bad in ([], [""], ["g" * 65], [f"group {number}" for number in range(65)]):
        with pytest.raises(InputError):
            hub.site.set_scope(front, bad, "operator")


def test_of_a_revoked_door_nothing_is_set(hub: Hub) -> None:
    front = joined_door(hub, "front")
    hub.doors.revoke("front")
    with pytest.raises(HubError, match="does not count, or no more"):
        hub.site.set_scope(front, ["staff"], "operator")
    with pytest.raises(HubError, match="does not count, or no more"):
        hub.site.set_setting(front, "policy.cooldown_s", "10", "operator")


def store(hub: Hub, subject: str, kind: ChangeKind, content: bytes) -> None:
    with hub.database.writing() as db:
        hub.feed.lock(db)
        hub.feed.put(db, subject, kind, content)


def spoil(hub: Hub, kind: ChangeKind) -> None:
    """A bit of what is stored of that kind falls over."""
    with hub.database.writing() as db:
        row = db.execute(select(CHANGE).where(CHANGE.c.kind == kind)).one()
        sealed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
        db.execute(update(CHANGE).where(CHANGE.c.subject == row.subject).values(sealed=sealed))


@pytest.mark.parametrize(
    "content",
    [
        b"no JSON",
        b'{"access": {"groups": {"staff": {"escorted": true}}}}',
        b'{"access": {"groups": {"staff": {"schedule": "none"}}}}',
        None,
    ],
    ids=["no JSON", "of a later release", "impossible", "damaged"],
)
def test_rules_that_cannot_be_read_are_said_in_a_sentence_and_can_be_set_anew(
    hub: Hub, content: bytes | None
) -> None:
    if content is None:
        hub.site.set_rules(RULES, "operator")
        spoil(hub, ChangeKind.RULES)
    else:
        store(hub, RULES_SUBJECT, ChangeKind.RULES, content)
    for read in (hub.site.rules, hub.site.access):
        with pytest.raises(UnreadableRulesError, match="hub rules set FILE"):
            read()
    with pytest.raises(UnreadableRulesError):
        hub.site.set_rules({}, "operator", instead_of={})
    kept = hub.site.set_rules(RULES, "operator")
    assert hub.site.rules() == kept


def test_settings_that_cannot_be_read_are_said_in_a_sentence(hub: Hub) -> None:
    front = joined_door(hub, "front")
    hub.site.set_setting(front, "policy.cooldown_s", 60, "operator")
    spoil(hub, ChangeKind.SETTINGS)
    for work in (
        lambda: hub.site.settings(front),
        lambda: hub.site.set_setting(front, "policy.cooldown_s", 90, "operator"),
    ):
        with pytest.raises(StoreError, match="that door's settings cannot be read; revoke"):
            work()
