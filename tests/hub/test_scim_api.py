"""SCIM over a real socket, as Entra ID and Okta document that they ask, and as nobody should."""

import json
import os
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.domain import PersonRules
from accessctl.hub.assembly import Hub
from accessctl.hub.scim_answers import SCIM
from accessctl.sync.feed_wire import ChangeBatch
from accessctl.sync.wire import API
from tests.hub.test_directory import journal
from tests.hub.test_door_feed import enrol
from tests.hub.test_feed_api import EMBEDDED, asking, get

EXAMPLES = int(os.environ.get("ACCESSCTL_FUZZ", "60"))
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"
# learn.microsoft.com, "Develop and plan provisioning for a SCIM endpoint": Create User.
ENTRA_USER = {
    "schemas": [f"{CORE}User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "Test_User_ab6490ee-1e48-479e-a20b-2d77186b5dd1",
    "active": True,
    "emails": [{"primary": True, "type": "work", "value": "test@corp.example"}],
    "meta": {"resourceType": "User"},
    "name": {
        "formatted": "givenName familyName",
        "familyName": "familyName",
        "givenName": "givenName",
    },
    "roles": [],
}
# developer.okta.com, "SCIM 2.0 Protocol Reference": Create the User.
OKTA_USER = {
    "schemas": [f"{CORE}User"],
    "userName": "test.user@okta.local",
    "name": {"givenName": "Test", "familyName": "User"},
    "emails": [{"primary": True, "value": "test.user@okta.local", "type": "work"}],
    "displayName": "Test User",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [f"{MESSAGES}PatchOp"], "Operations": list(operations)}


@pytest.fixture
def client(hub: Hub, url: str) -> Iterator[httpx.Client]:
    headers = {
        "authorization": f"Bearer {hub.tokens.make('olive')}",
        "content-type": "application/scim+json",
    }

    context = ssl.create_default_context(cadata=hub.authority.pem)
    context.check_hostname = False
    with httpx.Client(base_url=url + SCIM, verify=context, headers=headers, timeout=30) as made:
        yield made


def test_what_it_says_of_itself(client: httpx.Client) -> None:
    config = client.get("/ServiceProviderConfig")
    assert config.headers["content-type"] == "application/scim+json"
    assert config.json()["patch"] == {"supported": True}
    types = client.get("/ResourceTypes").json()["Resources"]
    assert [(one["id"], one["endpoint"]) for one in types] == [
        ("User", "/Users"),
        ("Group", "/Groups"),
    ]
    schemas = client.get("/Schemas").json()
    assert schemas["totalResults"] == 2
    one = client.get(f"/Schemas/{CORE}User").json()
    assert "userName" in [attribute["name"] for attribute in one["attributes"]]
    assert client.get("/ResourceTypes/Robot").status_code == 404


def test_entra_s_user_comes_is_found_changes_and_goes(hub: Hub, client: httpx.Client) -> None:
    name = ENTRA_USER["userName"]
    asked = {"filter": f'userName eq "{name}"'}
    none = client.get("/Users", params=asked).json()
    assert (none["totalResults"], none["Resources"]) == (0, [])
    made = client.post("/Users", json=ENTRA_USER)
    said = made.json()
    assert (made.status_code, made.headers["location"]) == (201, said["meta"]["location"])
    assert said["name"]["formatted"] == "givenName familyName"
    assert "emails" not in said
    assert client.post("/Users", json=ENTRA_USER).json()["scimType"] == "uniqueness"
    assert client.get("/Users", params=asked).json()["Resources"] == [said]
    path = f"/Users/{said['id']}"
    assert client.get(path).json() == said
    person = enrol(hub, "givenName familyName")
    # The same page: Disable User; then Delete User.
    disable = patch({"op": "Replace", "path": "active", "value": False})
    assert client.patch(path, json=disable).json()["active"] is False
    assert hub.people.rules()[person] == PersonRules(("directory",), disabled=True)
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    assert hub.people.people() == []
    changes = [one["change"] for one in journal(hub, "directory")]
    assert changes == ["token_made", "user_added", "linked", "user_changed", "user_removed"]


def test_okta_s_user_and_group(hub: Hub, client: httpx.Client) -> None:
    user = client.post("/Users", json=OKTA_USER).json()["id"]
    person = enrol(hub, "Test User")
    assert "1mz050nq" not in client.get(f"/Users/{user}").text
    # The same page: Create Groups, Update a specific Group membership, and Deactivate a User.
    group = client.post(
        "/Groups", json={"schemas": [f"{CORE}Group"], "displayName": "staff", "members": []}
    )
    path = f"/Groups/{group.json()['id']}"
    added = {"op": "add", "path": "members", "value": [{"value": user, "display": "Test User"}]}
    members = client.patch(path, json=patch(added)).json()["members"]
    assert [one["value"] for one in members] == [user]
    assert hub.people.rules()[person].groups == ("directory", "staff")
    assert client.get(f"/Users/{user}").json()["groups"][0]["display"] == "staff"
    out = patch({"op": "remove", "path": f'members[value eq "{user}"]'})
    assert client.patch(path, json=out).json()["members"] == []
    put = client.put(f"/Users/{user}", json={**OKTA_USER, "active": False})
    assert put.json()["active"] is False
    less = {key: value for key, value in OKTA_USER.items() if key != "active"}
    assert client.put(f"/Users/{user}", json=less).json()["active"] is False
    assert hub.people.rules()[person] == PersonRules(("directory",), disabled=True)
    found = client.get("/Groups", params={"filter": 'displayName eq "staff"'}).json()
    assert found["totalResults"] == 1
    assert client.delete(path).status_code == 204


@EMBEDDED
def test_what_is_not_asked_for_is_not_sent(client: httpx.Client) -> None:
    user = client.post("/Users", json=OKTA_USER).json()["id"]
    body = {"displayName": "staff", "externalId": "x", "members": [{"value": user}]}
    group = client.post("/Groups", json=body).json()["id"]
    # learn.microsoft.com, as above: Get Group, and Get Group by displayName
    asked = {"excludedAttributes": "members"}
    one = client.get(f"/Groups/{group}", params=asked).json()
    assert set(one) == {"schemas", "id", "externalId", "displayName", "meta"}
    found = client.get("/Groups", params={**asked, "filter": 'displayName eq "staff"'}).json()
    assert found["Resources"] == [one]
    # RFC 7644, sections 3.4.2.5 and 3.9: names whatever their case, `id` in any case
    only = client.get(f"/Users/{user}", params={"attributes": "USERNAME, name.familyName"}).json()
    assert only == {
        "schemas": [f"{CORE}User"],
        "id": user,
        "userName": OKTA_USER["userName"],
        "name": OKTA_USER["name"],
    }
    out = patch({"op": "remove", "path": "members"})
    changed = client.patch(f"/Groups/{group}", params=asked, json=out).json()
    assert (changed["displayName"], "members" in changed) == ("staff", False)
    excluded = f"{CORE}User:userName,id"
    rest = client.get(f"/Users/{user}", params={"excludedAttributes": excluded}).json()
    assert ("userName" in rest, rest["id"]) == (False, user)


@EMBEDDED
def test_what_is_null_was_left_out(client: httpx.Client) -> None:
    made = client.post("/Users", json={**OKTA_USER, "active": None})
    assert (made.status_code, made.json()["active"]) == (201, True)
    path = f"/Users/{made.json()['id']}"
    client.patch(path, json=patch({"op": "replace", "path": "active", "value": "False"}))
    put = client.put(path, json={**OKTA_USER, "active": None, "name": None})
    assert (put.status_code, put.json()["active"]) == (200, False)
    none = client.patch(path, json=patch({"op": "replace", "path": "active", "value": None}))
    assert (none.status_code, none.json()["scimType"]) == (400, "invalidValue")


def test_a_door_hears_of_it_with_its_next_question(hub: Hub, client, joined) -> None:
    front = joined("front")
    person = enrol(hub, "Test User")
    user = client.post("/Users", json=OKTA_USER).json()["id"]
    with asking(front) as door:
        batch = ChangeBatch.model_validate_json(get(door, "/changes?after=0").content)
        before = batch.changes[-1].seq
        off = patch({"op": "replace", "value": {"active": False}})
        assert client.patch(f"/Users/{user}", json=off).status_code == 200
        assert get(door, f"/wait?after={before}&crossing=0").json()["changes"] is True
        batch = ChangeBatch.model_validate_json(get(door, f"/changes?after={before}").content)
    assert [change.subject for change in batch.changes] == [person]


def test_pages(client: httpx.Client) -> None:
    for number in range(5):
        client.post("/Users", json={"userName": f"user{number}"})
    said = client.get("/Users", params={"startIndex": 2, "count": 2}).json()
    assert (said["totalResults"], said["startIndex"], said["itemsPerPage"]) == (5, 2, 2)
    rest = client.get("/Users", params={"startIndex": 4}).json()
    first = client.get("/Users", params={"startIndex": -7, "count": 1}).json()
    names = [one["userName"] for part in (first, said, rest) for one in part["Resources"]]
    assert sorted(names) == [f"user{number}" for number in range(5)]
    assert client.get("/Users", params={"count": 0}).json()["Resources"] == []
    assert client.get("/Users", params={"count": -1}).json()["itemsPerPage"] == 0
    assert client.get("/Users", params={"startIndex": 99}).json()["Resources"] == []


def test_while_there_is_no_token_there_is_no_such_interface(hub: Hub, client) -> None:
    assert client.get("/Users").status_code == 200
    assert hub.tokens.forget("olive")
    refused = client.get("/Users")
    assert (refused.status_code, refused.json()["schemas"]) == (404, [f"{MESSAGES}Error"])


def test_another_token_is_refused_and_a_new_one_ends_the_old(hub: Hub, client) -> None:
    for header in ({"authorization": ""}, {"authorization": "Bearer \u00e9"}):
        sent = {key: value.encode("latin-1") for key, value in header.items()}
        refused = client.get("/Users", headers=sent)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
    token = hub.tokens.make("olive")
    assert client.get("/Users").status_code == 401
    client.headers["authorization"] = f"bearer {token}"
    assert client.get("/Users").status_code == 200


@EMBEDDED
def test_whoever_guesses_waits(client: httpx.Client) -> None:
    wrong = {"authorization": "Bearer guess"}
    assert [client.get("/Users", headers=wrong).status_code for _ in range(10)] == [401] * 10
    refused = client.get("/Users")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")


@EMBEDDED
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 20_000,
        b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
        b'{"userName": NaN}',
        b'{"userName": ' + b"9" * 5_000 + b"}",
        b'{"userName": null}',
        b'{"userName": "\\u0000"}',
        b'{"userName": "\\ud800"}',
        b'{"userName": "a", "name": []}',
        b'{"userName": "a", "active": []}',
    ],
    ids=range(14),
)
def test_a_hostile_body_is_refused_in_one_sentence(
    hub: Hub, client: httpx.Client, content: bytes
) -> None:
    refused = client.post("/Users", content=content)
    said = refused.json()
    assert (refused.status_code, said["status"]) == (400, "400")
    assert len(said["detail"]) < 200
    assert hub.directory.found((), 0, 9)[0] == 0


@EMBEDDED
def test_a_body_is_bounded(client: httpx.Client) -> None:
    assert client.post("/Users", content=b" " * ((1 << 20) + 1)).status_code == 413


@EMBEDDED
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/Users/..%2f..", 404),
        ("/Users/%00", 404),
        ("/Users/%C3%A9", 404),
        ("/Users/" + "a" * 5000, 404),
        ("/Nothing", 404),
        ("/Users?count=many", 400),
        ("/Users?filter=userName", 400),
        ("/Users?filter=id%20eq%20%22%00%22", 400),
        ("/Users?filter=id%20eq%20%22%5Cu0000%22", 200),
        ("/Groups?filter=displayName%20eq%20%22%5Cu0000%22", 200),
        ("/Users?filter=password%20eq%20%22a%22", 400),
    ],
    ids=range(11),
)
def test_hostile_addresses(client: httpx.Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["userName", "active", "name", "members", "displayName", "Operations", "op", "path"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@EMBEDDED
@pytest.mark.timeout(300 + EXAMPLES)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(BODIES, st.sampled_from(["POST", "PUT", "PATCH"]), st.sampled_from(["/Users", "/Groups"]))
def test_any_body_is_taken_or_refused_and_never_a_fault(
    client: httpx.Client, body: Any, method: str, place: str
) -> None:
    first = client.get(place, params={"count": 1}).json()["Resources"]
    path = place if method == "POST" or not first else f"{place}/{first[0]['id']}"
    said = client.request(method, path, content=json.dumps(body).encode())
    assert said.status_code in {200, 201, 400, 405, 409}


def test_the_doors_interface_is_as_it_was(hub: Hub, client: httpx.Client, url: str) -> None:
    assert client.get(f"{url}{API}/changes?after=0").status_code == 401
