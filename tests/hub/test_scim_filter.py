"""Filters as Entra ID and Okta send them, and whatever else somebody sends."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.hub.scim_filter import parsed_filter
from accessctl.hub.scim_resources import ScimError


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        # learn.microsoft.com, "Develop and plan provisioning for a SCIM endpoint": Get User
        ('userName eq "Test_User_dfeef4c5"', (("username", "Test_User_dfeef4c5"),)),
        ('externalId eq "jyoung"', (("externalid", "jyoung"),)),
        ('displayName eq "displayName"', (("displayname", "displayName"),)),
        # the same page, of members
        (
            'id eq "0a21f0f2" and members eq "8d2b31dc"',
            (("id", "0a21f0f2"), ("members", "8d2b31dc")),
        ),
        # developer.okta.com, "SCIM 2.0 Protocol Reference": Determine if the User already exists
        ('userName eq "test.user@okta.local"', (("username", "test.user@okta.local"),)),
        ('USERNAME EQ "a"', (("username", "a"),)),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a"', (("username", "a"),)),
        (r'userName eq "a\"b\\c"', (("username", 'a"b\\c'),)),
        ('userName eq " and "', (("username", " and "),)),
    ],
    ids=["user", "external", "group", "member", "okta", "case", "schema", "escaped", "and"],
)
def test_what_directories_ask(text: str, tests: tuple[tuple[str, str], ...]) -> None:
    assert parsed_filter(text) == tests


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        "userName eq",
        'userName eq "a',
        "userName eq a",
        "userName eq true",
        'userName co "a"',
        'userName eq "a" or userName eq "b"',
        'userName eq "a" and',
        'userName eq "a" andid eq "b"',
        'not (userName eq "a")',
        'userName eq "\n"',
        r'userName eq "\ud800"',
        r'userName eq "\x"',
        'userName eq "' + "a" * 1000 + '"',
    ],
    ids=range(15),
)
def test_another_filter_is_refused(text: str) -> None:
    with pytest.raises(ScimError) as refused:
        parsed_filter(text)
    assert (refused.value.kind, refused.value.status) == ("invalidFilter", 400)


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_value_comes_through_as_it_was_written(value: str) -> None:
    assert parsed_filter(f"externalId eq {json.dumps(value)}") == (("externalid", value),)


@given(st.text(alphabet='userName eq"\\and()[]\x00\u00e9', max_size=60))
def test_anything_is_understood_or_refused(text: str) -> None:
    try:
        is_told = bool(parsed_filter(text))
    except ScimError as error:
        is_told = error.kind == "invalidFilter"
    assert is_told
