"""Whoever is taken out of a group, or disabled, is so whatever else the request holds."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonRules
from accessctl.hub.assembly import Hub
from accessctl.hub.directory_tables import DIRECTORY_GROUP
from accessctl.hub.scim_removals import (
    is_disabled_by_patch,
    is_disabled_by_put,
    left_by_patch,
    left_by_put,
)
from tests.hub.feeding import enrol
from tests.hub.test_directory import journal
from tests.hub.test_feed_api import EMBEDDED
from tests.hub.test_scim_api import client, patch
from tests.hub.test_scim_patch import OPERATIONS, VALUES
from tests.hub.test_scim_vendors import is_refused, made_user

__all__ = ["client"]

A_AND_B = frozenset({"a", "b"})


@pytest.mark.parametrize(
    ("operations", "left"),
    [
        ([{"op": "remove", "path": 'members[value eq "a"]'}], "b"),
        ([{"op": "remove", "path": "members", "value": [{"value": "a"}]}], "b"),
        ([{"op": "remove", "path": "members"}], ""),
        ([{"op": "replace", "path": "members", "value": []}], ""),
        ([{"op": "replace", "path": "members", "value": [{"value": "a"}, {"value": "z"}]}], "a"),
        ([{"op": "replace", "value": {"members": [{"value": "b"}], "displayName": 7}}], "b"),
        # The last word counts.
        (
            [
                {"op": "remove", "path": 'members[value eq "a"]'},
                {"op": "add", "path": "members", "value": [{"value": "a"}, {"value": "z"}]},
            ],
            "ab",
        ),
        ([{"op": "add", "path": "members", "value": [{"value": "z"}]}], "ab"),
        # What cannot be read is passed over.
        (
            [
                {"op": "x"},
                {"op": "replace", "path": "[", "value": 1},
                7,
                {"op": "remove", "path": 'members[value eq "a"]'},
                {"op": "remove", "path": 'members[type eq "b"]'},
                {"op": "replace", "path": "displayName", "value": 7},
            ],
            "b",
        ),
        ([{"op": "remove", "path": "members", "value": [{"value": 7}, {"value": "a"}]}], "b"),
        # Who is meant by a member that cannot be read nobody knows.
        ([{"op": "replace", "path": "members", "value": [{"value": "a"}, {"ref": "b"}]}], "ab"),
        # More than may be in one request.
        ([{"op": "remove", "path": 'members[value eq "a"]'}] * 1001, "b"),
        (
            [
                {
                    "op": "replace",
                    "path": "members",
                    "value": [{"value": f"u{n}"} for n in range(5001)],
                }
            ],
            "",
        ),
    ],
    ids=range(13),
)
def test_who_is_left_of_a_group_by_a_patch(operations: list[Any], left: str) -> None:
    assert left_by_patch(A_AND_B, {"Operations": operations}) == set(left)


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"displayName": 7, "members": [{"value": "b"}, {"value": "z"}]}, "b"),
        ({"Members": {"value": "b"}}, "b"),
        ({"members": []}, ""),
        # A PUT says all that there is (RFC 7644, section 3.5.1), and null is nobody.
        ({"displayName": "x"}, ""),
        ({"members": None}, ""),
        ({"members": [{"value": "b"}, {}]}, "ab"),
    ],
    ids=range(6),
)
def test_who_is_left_of_a_group_by_a_put(body: dict[str, Any], left: str) -> None:
    assert left_by_put(A_AND_B, body) == set(left)


@pytest.mark.parametrize(
    ("operations", "is_disabled"),
    [
        ([{"op": "replace", "path": "active", "value": False}, {"op": "x"}], True),
        ([{"op": "Replace", "path": "active", "value": "False"}], True),
        ([{"op": "replace", "value": {"active": False, "name": 7}}], True),
        ([{"op": "replace", "value": {"active": [{"value": "False"}]}}], True),
        (
            [
                {"op": "replace", "path": "active", "value": False},
                {"op": "replace", "path": "active", "value": True},
            ],
            False,
        ),
        ([{"op": "replace", "path": "active", "value": 7}], False),
        ([{"op": "remove", "path": "active"}], False),
        ([{"op": "replace", "path": "displayName", "value": "x"}], False),
    ],
    ids=range(8),
)
def test_who_is_disabled_by_a_patch(operations: list[Any], is_disabled: bool) -> None:
    assert is_disabled_by_patch({"Operations": operations}) is is_disabled


@pytest.mark.parametrize(
    ("body", "is_disabled"),
    [
        ({"ACTIVE": "false", "userName": 7}, True),
        ({"active": True}, False),
        ({"active": None}, False),
        ({"userName": "x"}, False),
        ({"active": "perhaps"}, False),
    ],
    ids=range(5),
)
def test_who_is_disabled_by_a_put(body: dict[str, Any], is_disabled: bool) -> None:
    assert is_disabled_by_put(body) is is_disabled


@given(st.lists(OPERATIONS | VALUES, max_size=4) | VALUES)
def test_nothing_that_can_be_sent_puts_anybody_in(operations: Any) -> None:
    assert left_by_patch(A_AND_B, {"Operations": operations}) <= A_AND_B
    assert left_by_put(A_AND_B, {"members": operations}) <= A_AND_B
    assert is_disabled_by_patch({"Operations": operations}) in (True, False)


@EMBEDDED
@pytest.mark.parametrize("by", ["patch", "put", "name"])
def test_whoever_leaves_a_group_is_out_of_it_whoever_is_to_come(
    hub: Hub, client: httpx.Client, by: str
) -> None:
    ada, eve = made_user(client, "ada"), made_user(client, "eve")
    people = {
        user: enrol(hub, name, kind)
        for kind, (user, name) in enumerate(((ada, "ada"), (eve, "eve")))
    }
    members = [{"value": ada}, {"value": eve}]
    made = client.post("/Groups", json={"displayName": "crew", "members": members})
    own = f"/Groups/{made.json()['id']}"
    unknown = {"value": "f" * 32}
    out = {"op": "remove", "path": f'members[value eq "{ada}"]'}
    if by == "patch":
        add = {"op": "add", "path": "members", "value": [unknown]}
        said = client.patch(own, json=patch(add, out))
        is_refused(said, 400, "invalidValue")
    elif by == "put":
        left = {"displayName": "crew", "members": [{"value": eve}, unknown]}
        said = client.put(own, json=left)
        is_refused(said, 400, "invalidValue")
    else:
        client.post("/Groups", json={"displayName": "taken"})
        renamed = {"op": "replace", "path": "displayName", "value": "Taken"}
        said = client.patch(own, json=patch(renamed, out))
        is_refused(said, 409, "uniqueness")
    assert "out of it; nothing else" in said.json()["detail"]
    crew = client.get(own).json()
    assert (crew["displayName"], [one["value"] for one in crew["members"]]) == ("crew", [eve])
    rules = hub.people.rules()
    assert rules[people[ada]].groups == ("directory",)
    assert rules[people[eve]].groups == ("directory", "crew")
    told = journal(hub, "directory")[-1]
    assert (told["change"], told["members"]) == ("group_changed", 1)


@EMBEDDED
def test_what_takes_nobody_out_is_refused_whole(hub: Hub, client: httpx.Client) -> None:
    ada = made_user(client, "ada")
    made = client.post("/Groups", json={"displayName": "crew", "members": [{"value": ada}]})
    own = f"/Groups/{made.json()['id']}"
    told = len(journal(hub, "directory"))
    add = {"op": "add", "path": "members", "value": [{"value": "f" * 32}]}
    said = client.patch(own, json=patch(add))
    is_refused(said, 400, "invalidValue")
    assert "nothing else" not in said.json()["detail"]
    assert len(journal(hub, "directory")) == told
    is_refused(client.patch("/Groups/" + "f" * 32, json=patch(add)), 404)


@EMBEDDED
def test_a_group_whose_name_another_has_by_an_older_hub_loses_members_all_the_same(
    hub: Hub, client: httpx.Client
) -> None:
    ada = made_user(client, "ada")
    made = client.post("/Groups", json={"displayName": "crew", "members": [{"value": ada}]})
    own = f"/Groups/{made.json()['id']}"
    with hub.database.writing() as db:
        other = {"id": "a" * 32, "name": "Crew", "created": 1.0, "modified": 1.0}
        db.execute(DIRECTORY_GROUP.insert().values(other))
    said = client.patch(own, json=patch({"op": "remove", "path": "members"}))
    assert (said.status_code, said.json()["members"]) == (200, [])


@EMBEDDED
@pytest.mark.parametrize("by", ["patch", "put", "person"])
def test_whoever_is_disabled_is_so_whatever_name_they_are_to_have(
    hub: Hub, client: httpx.Client, by: str
) -> None:
    ada = made_user(client, "ada")
    person = enrol(hub, "ada")
    made_user(client, "eve")
    enrol(hub, "eve", 1)
    own = f"/Users/{ada}"
    out = {"op": "replace", "path": "active", "value": False}
    if by == "patch":
        taken = {"op": "replace", "path": "userName", "value": "EVE@corp.example"}
        said = client.patch(own, json=patch(taken, out))
    elif by == "put":
        said = client.put(own, json={"userName": "eve@corp.example", "active": False})
    else:
        # Of whom is enrolled somebody else has the name.
        taken = {"op": "replace", "path": "displayName", "value": "eve"}
        said = client.patch(own, json=patch(taken, out))
    is_refused(said, 409, "uniqueness")
    assert "not active any more; nothing else" in said.json()["detail"]
    now = client.get(own).json()
    assert (now["userName"], now["displayName"]) == ("ada@corp.example", "ada")
    assert now["active"] is False
    assert hub.people.rules()[person] == PersonRules(("directory",), disabled=True)
    # A second one finds nothing left to take away.
    again = client.put(own, json={"userName": "eve@corp.example", "active": False})
    is_refused(again, 409, "uniqueness")
    assert "nothing else" not in again.json()["detail"]
