"""PATCH as Entra ID and Okta document it, and whatever else somebody sends."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.hub.scim_patch import operations_of, patched_group, patched_user
from accessctl.hub.scim_resources import DirectoryUser, ScimError, ScimGroup

GRACE = DirectoryUser("grace@corp.example", "x1", "Grace Hopper", None, "Grace", "Hopper")
STAFF = ScimGroup("staff", "g1", frozenset({"a", "b"}))
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def user_after(*operations: dict[str, Any]) -> DirectoryUser:
    return patched_user(GRACE, operations_of({"Operations": list(operations)}))


def group_after(*operations: dict[str, Any]) -> ScimGroup:
    return patched_group(STAFF, operations_of({"Operations": list(operations)}))


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        # learn.microsoft.com, "Develop and plan provisioning for a SCIM endpoint": Update User
        # [Single-valued properties], and Disable User
        (
            {"op": "Replace", "path": "userName", "value": "new@corp.example"},
            {"user_name": "new@corp.example"},
        ),
        ({"op": "Replace", "path": "active", "value": False}, {"active": False}),
        # the same, "Known issues and resolutions with SCIM 2.0 protocol compliance": flags as words
        ({"op": "Replace", "path": "active", "value": "False"}, {"active": False}),
        ({"op": "Add", "path": "name.givenName", "value": "G."}, {"given_name": "G."}),
        (
            {"op": "Replace", "value": {"displayName": "Bjfe", "name.familyName": "L"}},
            {"display_name": "Bjfe", "family_name": "L"},
        ),
        ({"op": "Replace", "path": 'emails[type eq "work"].value', "value": "u@corp.example"}, {}),
        ({"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Navy"}, {}),
        # developer.okta.com, "SCIM 2.0 Protocol Reference": Update a specific User (PATCH)
        # as older jobs of Entra ID wrote what has one value
        ({"op": "Replace", "path": "active", "value": [{"value": "False"}]}, {"active": False}),
        (
            {"op": "Add", "path": "displayName", "value": [{"$ref": None, "Value": "G"}]},
            {"display_name": "G"},
        ),
        ({"op": "Replace", "path": "externalId", "value": ["x2"]}, {"external_id": "x2"}),
        ({"op": "replace", "value": {"active": False}}, {"active": False}),
        ({"op": "replace", "path": f"{CORE}:name.givenName", "value": "H"}, {"given_name": "H"}),
        ({"op": "replace", "path": "name", "value": {"familyName": "M"}}, {"family_name": "M"}),
        ({"op": "remove", "path": "displayName"}, {"display_name": None}),
        ({"op": "remove", "path": "name"}, {"given_name": None, "family_name": None}),
        ({"OP": "REMOVE", "Path": "externalid"}, {"external_id": None}),
    ],
    ids=range(16),
)
def test_a_user_s_attributes(operation: dict[str, Any], changes: dict[str, Any]) -> None:
    assert user_after(operation) == replace(GRACE, **changes)


def test_the_operations_are_read_in_either_case_and_one_after_the_other() -> None:
    operations = [
        {"op": "replace", "path": "active", "value": False},
        {"op": "add", "path": "active", "value": True},
        {"op": "replace", "path": "displayName", "value": "G"},
    ]
    for word in ("Operations", "operations", "OPERATIONS"):
        after = patched_user(GRACE, operations_of({"schemas": [], word: operations}))
        assert after == replace(GRACE, display_name="G")


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        # learn.microsoft.com, as above: Update Group [Add Members], [Remove Members]
        ({"op": "Add", "path": "members", "value": [{"$ref": None, "value": "c"}]}, "abc"),
        ({"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "a"}]}, "b"),
        # developer.okta.com, as above: Update a specific Group name or membership
        ({"op": "remove", "path": 'members[value eq "a"]'}, "b"),
        ({"op": "add", "path": "members", "value": [{"value": "c", "display": "x"}]}, "abc"),
        ({"op": "replace", "path": "members", "value": [{"value": "c"}, {"value": "d"}]}, "cd"),
        ({"op": "replace", "value": {"members": [{"value": "d"}]}}, "d"),
        ({"op": "add", "path": "members", "value": {"value": "c"}}, "abc"),
        ({"op": "add", "path": "members", "value": []}, "ab"),
        ({"op": "replace", "path": "members", "value": []}, ""),
        ({"op": "remove", "path": "members"}, ""),
        ({"op": "remove", "path": 'members[value eq "z"]'}, "ab"),
    ],
    ids=range(11),
)
def test_a_group_s_members(operation: dict[str, Any], members: str) -> None:
    assert group_after(operation) == replace(STAFF, members=frozenset(members))


def test_a_group_s_name() -> None:
    # developer.okta.com, as above: the id comes with it
    said = {"op": "replace", "value": {"id": "1", "displayName": "crew"}}
    assert group_after(said) == replace(STAFF, display_name="crew")


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "move", "path": "active"}, "invalidSyntax"),
        ({"path": "active", "value": True}, "invalidSyntax"),
        ("replace", "invalidSyntax"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "value": True}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": 1}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": None}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": [True, False]}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": [[False]]}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": {"display": False}}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": ""}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": "a\x00"}, "invalidValue"),
        ({"op": "replace", "path": "displayName", "value": "a" * 201}, "invalidValue"),
        ({"op": "replace", "path": "name", "value": "Grace"}, "invalidValue"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "remove", "path": "active"}, "mutability"),
        ({"op": "replace", "path": "active[", "value": True}, "invalidPath"),
        ({"op": "replace", "path": 7, "value": True}, "invalidPath"),
        ({"op": "replace", "path": 'userName[a eq "b"]', "value": "x"}, "invalidPath"),
    ],
    ids=range(20),
)
def test_what_is_no_change_of_a_user(operation: Any, kind: str) -> None:
    with pytest.raises(ScimError) as refused:
        user_after(operation)
    assert refused.value.kind == kind


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "add", "path": "members", "value": [{"display": "a"}]}, "invalidValue"),
        ({"op": "add", "path": "members", "value": [[]]}, "invalidValue"),
        ({"op": "add", "path": 'members[value eq "a"]', "value": "a"}, "invalidPath"),
        ({"op": "remove", "path": 'members[display eq "a"]'}, "invalidPath"),
        ({"op": "remove", "path": "members[value]"}, "invalidFilter"),
        ({"op": "remove", "path": "displayName"}, "mutability"),
        ({"op": "replace", "path": "displayName", "value": "g" * 65}, "invalidValue"),
    ],
    ids=range(7),
)
def test_what_is_no_change_of_a_group(operation: Any, kind: str) -> None:
    with pytest.raises(ScimError) as refused:
        group_after(operation)
    assert refused.value.kind == kind


@pytest.mark.parametrize("body", [{}, {"Operations": []}, {"Operations": {}}], ids=range(3))
def test_a_request_without_operations(body: dict[str, Any]) -> None:
    with pytest.raises(ScimError):
        operations_of(body)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "active", "name", "members", "displayName", ""]), inner
        )
    ),
    max_leaves=8,
)
PATHS = st.sampled_from(
    ["active", "name", "name.givenName", "members", 'members[value eq "a"]', "userName", None]
) | st.text(max_size=30)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "REMOVE", "x"])},
    optional={"path": PATHS, "value": VALUES},
)


@given(st.lists(OPERATIONS | VALUES, max_size=4))
def test_anything_leaves_a_user_and_a_group_that_can_be_kept_or_is_refused(given: Any) -> None:
    try:
        operations = operations_of({"Operations": given})
        user, group = patched_user(GRACE, operations), patched_group(STAFF, operations)
    except ScimError as error:
        is_told = error.status == 400 and str(error)
    else:
        is_told = isinstance(user.active, bool)
        assert 0 < len(user.user_name) <= 200
        assert 0 < len(group.display_name) <= 64
        assert all(isinstance(member, str) for member in group.members)
    assert is_told
