"""What somebody is allowed, kept in every gallery alike."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonId, PersonRules
from accessctl.errors import InputError, StoreError, UnknownPersonError
from accessctl.gallery.people import People
from accessctl.gallery.person import rules_from_bytes, rules_to_bytes
from tests.gallery.conftest import SITE_TABLES
from tests.gallery.enrolled import enrol

GUEST = PersonRules(("staff", "Gäste"), 100.0, 200.5, True, True)


def test_nobody_has_rules_at_first(gallery: People) -> None:
    enrol(gallery)
    assert gallery.rules() == {}


def test_rules_are_kept_replaced_and_go_with_the_person(gallery: People) -> None:
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    before = gallery.revision()
    gallery.set_rules(grace, GUEST)
    gallery.set_rules(alan, PersonRules(disabled=True))
    assert gallery.revision() == before + 2
    assert gallery.rules() == {grace: GUEST, alan: PersonRules(disabled=True)}
    gallery.set_rules(grace, PersonRules())
    assert gallery.rules()[grace] == PersonRules()
    gallery.rename("Alan", "Alan T")
    assert gallery.rules()[alan] == PersonRules(disabled=True)
    gallery.remove("Alan T")
    assert gallery.rules().keys() == {grace}


def test_rules_for_nobody(gallery: People) -> None:
    with pytest.raises(UnknownPersonError, match="not enrolled any more"):
        gallery.set_rules(PersonId("0" * 32), GUEST)
    assert gallery.rules() == {}


@pytest.mark.parametrize(
    "rules",
    [
        PersonRules(valid_from=2.0, valid_until=1.0),
        PersonRules(valid_from=1.0, valid_until=1.0),
        PersonRules(valid_from=math.nan),
        PersonRules(valid_until=math.inf),
        PersonRules(groups=("",)),
        PersonRules(groups=("x" * 65,)),
        PersonRules(groups=("x",) * 65),
    ],
)
def test_what_cannot_be_meant_changes_nothing(gallery: People, rules: PersonRules) -> None:
    grace = enrol(gallery)
    with pytest.raises(InputError):
        gallery.set_rules(grace, rules)
    assert gallery.rules() == {}


def test_they_survive_reopening_and_are_sealed(open_at, folder) -> None:
    first = open_at()
    grace = enrol(first)
    first.set_rules(grace, GUEST)
    first.close()
    content = b"".join(file.read_bytes() for file in folder.iterdir())
    assert b"staff" not in content
    assert open_at().rules() == {grace: GUEST}


def test_rules_moved_to_another_person_are_refused(open_at) -> None:
    gallery = open_at()
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    gallery.set_rules(grace, GUEST)
    with gallery._database.writing() as db:
        db.execute("INSERT INTO person_rules SELECT ?, sealed FROM person_rules", (alan,))
    with pytest.raises(StoreError, match="altered"):
        gallery.rules()


def test_a_gallery_without_rules_is_brought_up_to_date(open_at) -> None:
    gallery = open_at()
    grace = enrol(gallery)
    db = gallery._database._db
    older = ("person_controller_number", "history", "badge", "person_pin", "person_rules")
    for table in (*SITE_TABLES, *older):
        db.execute(f"DROP TABLE {table}")
    db.execute("DROP INDEX photo_listed")
    db.execute("ALTER TABLE photo DROP COLUMN skipped_by")
    db.execute("PRAGMA user_version = 1")
    gallery.close()
    newer = open_at()
    assert [person.id for person in newer.people()] == [grace]
    newer.set_rules(grace, GUEST)
    assert newer.rules() == {grace: GUEST}


moments = st.none() | st.floats(0, 4e9)


@given(
    st.builds(
        PersonRules,
        groups=st.lists(st.text(min_size=1, max_size=64), max_size=5).map(tuple),
        valid_from=moments,
        disabled=st.booleans(),
        life_by_pin=st.booleans(),
    )
)
def test_bytes_give_the_rules_back(rules: PersonRules) -> None:
    assert rules_from_bytes(rules_to_bytes(rules)) == rules


def test_rules_that_an_older_version_kept_let_no_pin_stand_in_for_life() -> None:
    older = b'{"groups": ["staff"], "valid_from": null, "valid_until": 9.5, "disabled": false}'
    assert rules_from_bytes(older) == PersonRules(("staff",), None, 9.5, disabled=False)
    assert rules_from_bytes(older).life_by_pin is False


ENDLESS = json.dumps(
    {"groups": [], "valid_from": 10**400, "valid_until": None, "disabled": False}
).encode()

PERHAPS = json.dumps(
    {
        "groups": [],
        "valid_from": None,
        "valid_until": None,
        "disabled": False,
        "life_by_pin": "perhaps",
    }
).encode()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff", b'{"groups": 1}', b"[" * 100_000, ENDLESS, PERHAPS],
)
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(StoreError, match="set them again"):
        rules_from_bytes(content)
