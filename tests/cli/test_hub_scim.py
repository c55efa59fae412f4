"""A directory's token at the hub, and whom it expects."""

from collections.abc import Iterator

import pytest

from accessctl.config import load_config
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.scim_resources import DirectoryUser, ScimGroup
from tests.cli.test_hub_people import put
from tests.hub.made_tables import with_tables


@pytest.fixture
def hub(site) -> Iterator[Hub]:
    with open_hub(with_tables(load_config(site.config).hub), {}) as opened:
        yield opened


def test_a_token_is_shown_once_and_the_one_before_counts_no_more(site, hub) -> None:
    assert site("hub", "scim", "status").out == "No directory is let in.\n"
    said = site("hub", "scim", "token").out.splitlines()
    assert said[0].startswith("URL: https://")
    assert said[0].endswith("/scim/v2")
    first = said[1].rpartition(" ")[2]
    assert (len(first), hub.tokens.counts(first)) == (len("accessctl-scim-") + 43, True)
    second = site("hub", "scim", "token").out.splitlines()[1].rpartition(" ")[2]
    assert [hub.tokens.counts(token) for token in (first, second)] == [False, True]
    status = site("hub", "scim", "status").out
    assert status.startswith("A token counts since ")
    assert second not in status
    assert site("hub", "scim", "off").out.startswith("No directory is let in any more")
    assert hub.tokens.counts(second) is None
    assert site("hub", "scim", "off").out == "No directory was let in.\n"


def test_whom_it_expects(site, hub) -> None:
    user = hub.directory.add(DirectoryUser("grace@corp.example", display_name="Grace"))
    hub.directory.add(DirectoryUser("ada@corp.example", active=False))
    hub.directory_groups.add(ScimGroup("staff", members=frozenset({user.id})))
    put(hub, "Grace")
    said = site("hub", "scim", "status", "--json").lines
    assert sorted(said, key=lambda one: str(one["user"])) == [
        {"user": "ada@corp.example", "person": None, "active": False, "groups": []},
        {"user": "grace@corp.example", "person": "Grace", "active": True, "groups": ["staff"]},
    ]
    assert "not enrolled" in site("hub", "scim", "status").out
