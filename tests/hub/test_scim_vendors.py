"""Whole runs of a directory as Entra ID and Okta describe them, request by request.

Entra ID: "Known issues and resolutions with SCIM 2.0 protocol compliance" (Microsoft Learn), with
its flag `aadOptscim062020` and without. Okta: its "SCIM 2.0 SPEC Test" of 2024-05-13, and the group
push of the "SCIM 2.0 Protocol Reference". The bodies are of the same shape, not theirs.
"""

import socket
import ssl
from typing import Any

import httpx
import pytest

from accessctl.domain import PersonRules
from accessctl.hub.assembly import Hub
from accessctl.hub.scim_answers import SCIM
from tests.hub.feeding import enrol
from tests.hub.test_feed_api import EMBEDDED
from tests.hub.test_scim_api import CORE, MESSAGES, client, patch

__all__ = ["client"]

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
WORK = 'emails[type eq "work"].value'


def is_refused(answer: httpx.Response, status: int, kind: str | None = None) -> None:
    said = answer.json()
    assert (answer.status_code, said["schemas"]) == (status, [f"{MESSAGES}Error"])
    assert (said["status"], said.get("scimType")) == (str(status), kind)
    assert said["detail"]


def asked(client: httpx.Client, place: str, test: str, **more: Any) -> dict[str, Any]:
    answer = client.get(place, params={"filter": test, **more})
    assert answer.status_code == 200
    return answer.json()


def made_user(client: httpx.Client, name: str, **more: Any) -> str:
    body = {
        "schemas": [f"{CORE}User", ENTERPRISE],
        "externalId": f"id of {name}",
        "userName": f"{name}@corp.example",
        "active": True,
        "displayName": name,
        "name": {"givenName": name, "familyName": "Corp"},
        "emails": [{"primary": True, "type": "work", "value": f"{name}@corp.example"}],
        "roles": [],
        ENTERPRISE: {"department": "Navy", "manager": {"value": "boss"}},
        **more,
    }
    made = client.post("/Users", json=body)
    assert made.status_code == 201
    return str(made.json()["id"])


@EMBEDDED
@pytest.mark.parametrize("is_compliant", [False, True], ids=["as it is", "aadOptscim062020"])
def test_a_run_of_entra_id(hub: Hub, client: httpx.Client, is_compliant: bool) -> None:
    def words(op: str) -> str:
        return op if is_compliant else op.capitalize()

    # "Test connection": somebody whom there is not.
    assert asked(client, "/Users", 'userName eq "6b4f0e5c"')["Resources"] == []
    user = made_user(client, "grace")
    person = enrol(hub, "grace")
    own = f"/Users/{user}"
    found = asked(client, "/Users", 'userName eq "GRACE@corp.example"')
    assert [one["id"] for one in found["Resources"]] == [user]
    several = {"displayName": "Grace", "name.givenName": "G", "externalId": "x"}
    replaced = (
        [{"op": "replace", "value": {**several, f"{ENTERPRISE}:employeeNumber": "7"}}]
        if is_compliant
        else [
            *({"op": "Replace", "path": path, "value": to} for path, to in several.items()),
            {"op": "Replace", "path": f"{ENTERPRISE}:employeeNumber", "value": "7"},
        ]
    )
    others = [
        {"op": words("replace"), "path": WORK, "value": "g@corp.example"},
        {"op": words("add"), "path": "nickName", "value": "G"},
        {"op": words("add"), "path": 'roles[primary eq "True"].value', "value": "admin"},
        {"op": words("add"), "path": f"{ENTERPRISE}:manager", "value": "boss"},
        {"op": words("replace"), "path": 'addresses[type eq "work"].formatted', "value": "1 A St"},
    ]
    said = client.patch(own, json=patch(*others, *replaced))
    assert said.status_code == 200
    assert (said.json()["displayName"], said.json()["externalId"]) == ("Grace", "x")
    assert said.json()["name"] == {"givenName": "G", "familyName": "Corp"}
    # Groups come without their members, and those one by one.
    without = {"excludedAttributes": "members"}
    assert asked(client, "/Groups", 'displayName eq "Staff"', **without)["totalResults"] == 0
    body = {"schemas": [f"{CORE}Group"], "externalId": "g", "displayName": "Staff", "members": []}
    staff = f"/Groups/{client.post('/Groups', json=body).json()['id']}"
    found = asked(client, "/Groups", 'displayName eq "staff"', **without)
    assert [one["displayName"] for one in found["Resources"]] == ["Staff"]
    assert "members" not in found["Resources"][0]
    member = {"op": words("add"), "path": "members", "value": [{"$ref": None, "value": user}]}
    for _ in range(2):
        # Somebody who is in it already is no fault.
        assert client.patch(staff, json=patch(member)).status_code == 200
        assert hub.people.rules()[person].groups == ("directory", "Staff")
    gone = (
        {"op": "remove", "path": f'members[value eq "{user}"]'}
        if is_compliant
        else {"op": "Remove", "path": "members", "value": [{"value": user}]}
    )
    assert client.patch(staff, json=patch(gone)).json()["members"] == []
    assert hub.people.rules()[person].groups == ("directory",)
    # Disabled, enabled, disabled; then removed for good, once.
    for active in (False, True, False):
        value = active if is_compliant else str(active)
        out = {"op": words("replace"), "path": "active", "value": value}
        assert client.patch(own, json=patch(out)).json()["active"] is active
        assert hub.people.rules()[person] == PersonRules(("directory",), disabled=not active)
    assert client.delete(own).status_code == 204
    assert hub.people.people() == []
    is_refused(client.get(own), 404)
    is_refused(client.delete(own), 404)
    is_refused(client.patch(own, json=patch(out)), 404)
    assert client.delete(staff).status_code == 204


@EMBEDDED
def test_okta_s_test_of_an_interface(client: httpx.Client) -> None:
    user = made_user(client, "ada", locale="en-US", groups=[], password="not kept")
    page = client.get("/Users", params={"count": 1, "startIndex": 1})
    said = page.json()
    assert page.headers["content-type"] == "application/scim+json"
    assert said["schemas"] == [f"{MESSAGES}ListResponse"]
    assert (said["totalResults"], said["itemsPerPage"], said["startIndex"]) == (1, 1, 1)
    (first,) = said["Resources"]
    assert first["name"] == {"givenName": "ada", "familyName": "Corp"}
    assert (first["id"], first["userName"], first["active"]) == (user, "ada@corp.example", True)
    # What it looks for besides, an address, is not kept here.
    assert "emails" not in first
    nobody = asked(client, "/Users", 'userName eq "nobody@corp.example"', startIndex=1, count=100)
    assert (nobody["totalResults"], nobody["Resources"]) == (0, [])
    is_refused(client.get("/Users/010101001010101011001010101011"), 404)
    again = {"schemas": [f"{CORE}User"], "userName": "ADA@corp.example", "active": True}
    is_refused(client.post("/Users", json=again), 409, "uniqueness")
    past = client.get("/Users", params={"startIndex": 9, "count": 100}).json()
    assert (past["totalResults"], past["itemsPerPage"], past["Resources"]) == (1, 0, [])
    groups = client.get("/Groups", params={"startIndex": 1, "count": 100}).json()
    assert (groups["totalResults"], groups["Resources"]) == (0, [])
    # A profile is pushed whole, and somebody deactivated without a path.
    whole = {**again, "id": user, "name": {"givenName": "A", "familyName": "L"}, "password": "x"}
    assert client.put(f"/Users/{user}", json=whole).json()["name"]["givenName"] == "A"
    out = patch({"op": "replace", "value": {"active": False}})
    assert client.patch(f"/Users/{user}", json=out).json()["active"] is False


@EMBEDDED
def test_a_group_is_pushed_by_okta(hub: Hub, client: httpx.Client) -> None:
    ada, eve, zoe = (made_user(client, name) for name in ("ada", "eve", "zoe"))
    group = {
        "schemas": [f"{CORE}Group"],
        "displayName": "crew",
        "members": [{"value": ada, "display": "ada@corp.example"}],
    }
    made = client.post("/Groups", json=group)
    assert made.status_code == 201
    own = f"/Groups/{made.json()['id']}"

    def members() -> set[str]:
        return {one["value"] for one in client.get(own).json()["members"]}

    renamed = patch({"op": "replace", "value": {"id": made.json()["id"], "displayName": "Crew"}})
    assert client.patch(own, json=renamed).json()["displayName"] == "Crew"
    several = [{"value": one, "display": "x"} for one in (eve, zoe)]
    out = {"op": "remove", "path": f'members[value eq "{ada}"]'}
    added = {"op": "add", "path": "members", "value": several}
    assert client.patch(own, json=patch(out, added)).status_code == 200
    assert members() == {eve, zoe}
    whole = {**group, "id": made.json()["id"], "displayName": "Crew"}
    assert client.put(own, json=whole).status_code == 200
    assert members() == {ada}
    empty = patch({"op": "replace", "path": "members", "value": []})
    assert client.patch(own, json=empty).status_code == 200
    assert members() == set()


@EMBEDDED
def test_names_of_groups_are_the_same_in_either_case(client: httpx.Client) -> None:
    staff = client.post("/Groups", json={"displayName": "Stra\u00dfe"}).json()["id"]
    for name in ("Stra\u00dfe", "STRASSE"):
        found = asked(client, "/Groups", f'displayName eq "{name}"')
        assert [one["id"] for one in found["Resources"]] == [staff]
        is_refused(client.post("/Groups", json={"displayName": name}), 409, "uniqueness")
    # Its own name in another case is no other group's.
    renamed = patch({"op": "replace", "path": "displayName", "value": "strasse"})
    assert client.patch(f"/Groups/{staff}", json=renamed).json()["displayName"] == "strasse"


@EMBEDDED
def test_a_large_group_comes_in_one_request(hub: Hub, client: httpx.Client) -> None:
    users = [made_user(client, f"user {number}") for number in range(3)]
    own = f"/Groups/{client.post('/Groups', json={'displayName': 'all'}).json()['id']}"
    # As long as one of a thousand members.
    members = [{"value": user, "display": "x" * 30_000} for user in users]
    said = client.patch(own, json=patch({"op": "add", "path": "members", "value": members}))
    assert said.status_code == 200
    assert len(said.json()["members"]) == 3


@EMBEDDED
def test_nobody_s_body_is_waited_for_who_shows_no_token(hub: Hub, client: httpx.Client) -> None:
    context = ssl.create_default_context(cadata=hub.authority.pem)
    context.check_hostname = False
    port = client.base_url.port
    assert port is not None
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain) as line,
    ):
        head = f"POST {SCIM}/Users HTTP/1.1\r\nhost: hub\r\ncontent-length: 1000000\r\n\r\n"
        line.sendall(head.encode())
        assert line.recv(12) == b"HTTP/1.1 401"
