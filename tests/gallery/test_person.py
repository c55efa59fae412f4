"""What every gallery does, the one in SQLite and the one in memory alike."""

import hashlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Person, PersonId, PersonRules
from accessctl.errors import BadNameError, InputError, StoreError, UnknownPersonError
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.people import NewPhoto, People
from accessctl.gallery.person import (
    ControllerNumber,
    PinHash,
    clean_name,
    close_names,
    controller_number,
    hash_pin,
    is_pin,
    name_key,
    number_from_bytes,
    number_to_bytes,
    person_of,
    pin_from_bytes,
    pin_matches,
    pin_to_bytes,
    rules_from_bytes,
    rules_to_bytes,
)
from tests.gallery.conftest import SITE_TABLES

SALT = bytes(range(16))
RULES = PersonRules(disabled=True)
KEPT = hash_pin("270818", lambda count: SALT[:count])


@pytest.fixture(params=["sqlite", "memory"])
def gallery(request: pytest.FixtureRequest) -> People:
    if request.param == "memory":
        return MemoryGallery()
    return request.getfixturevalue("open_at")()


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("  Grace Hopper ", "Grace Hopper"),
        ("Grace   Hopper", "Grace Hopper"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("\u674e\u5c0f\u9f99", "\u674e\u5c0f\u9f99"),
        ("x" * 100, "x" * 100),
    ],
)
def test_names_as_they_are_kept(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("\u00a0\u2003", "empty"),
        ("x" * 101, "101 characters; use at most 100"),
        ("a\nb", "control characters"),
        ("a\x00", "control characters"),
        ("a\tb", "control characters"),
        ("\u202eecarg", "control characters"),
        ("a\u2028b", "control characters"),
        ("\udcff", "control characters"),
    ],
)
def test_names_refused(name: str, complaint: str) -> None:
    with pytest.raises(BadNameError, match=complaint):
        clean_name(name)


def test_a_refused_name_can_be_printed() -> None:
    with pytest.raises(BadNameError) as caught:
        clean_name("\udcff")
    str(caught.value).encode("utf-8")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "aNN"),
        ("STRASSE", "stra\u00dfe"),
        ("Zo\u00eb", "ZOE\u0308"),
        ("\u0391\u03a3", "\u03b1\u03c2"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_different_names() -> None:
    assert name_key("Ann") != name_key("Anne")


@given(st.text(max_size=120))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        once = clean_name(text)
    except BadNameError:
        return
    assert clean_name(once) == once
    assert 1 <= len(once) <= 100
    assert once.isprintable() or any(not c.isprintable() for c in once)
    assert name_key(once) == name_key(name_key(once))


def test_close_names_first() -> None:
    known = ["Grace Hopper", "Eileen Collins", "Greg Hooper"]
    assert close_names("grace hoper", known)[0] == "Grace Hopper"
    assert close_names("Zebra", known) == []


ROW = ("0" * 32, "Zoë", 2, 1.5e9)


def test_a_row_is_a_person() -> None:
    assert person_of(ROW) == Person(PersonId("0" * 32), "Zoë", 2, 1.5e9)


@pytest.mark.parametrize("name", [None, 1, b"Zoe", "", "a\x1b[2J", "a\nb", "\u202eeoZ", "x" * 101])
def test_a_name_that_nobody_can_have_is_damage(name: object) -> None:
    with pytest.raises(StoreError, match="impossible id, name or date"):
        person_of((ROW[0], name, 2, 1.5e9))


@pytest.mark.parametrize("enrolled", [None, "x", -1.0, 1e308, float("inf"), float("nan")])
def test_a_moment_that_cannot_be_is_damage(enrolled: object) -> None:
    with pytest.raises(StoreError, match="impossible id, name or date"):
        person_of((ROW[0], "Zoë", 2, enrolled))


def test_an_id_that_is_none_is_damage() -> None:
    with pytest.raises(StoreError, match="impossible id, name or date"):
        person_of((None, "Zoë", 2, 1.5e9))


FACE = random_units(1, 16, seed=1)[0]
GUEST = PersonRules(("staff", "Gäste"), 100.0, 200.5, True, True)


def enrol(gallery: People, name: str = "Grace") -> PersonId:
    return gallery.add_person(
        name, NewPhoto(jpeg=b"jpeg", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0)
    ).id


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


def test_the_hash_is_scrypt_with_what_is_kept() -> None:
    assert KEPT.salt == SALT
    assert (KEPT.cost, KEPT.block_size, KEPT.parallel) == (16384, 8, 1)
    assert KEPT.digest == hashlib.scrypt(b"270818", salt=SALT, n=16384, r=8, p=1, dklen=32)
    assert "270818" not in repr(KEPT)
    assert KEPT.digest.hex() not in repr(KEPT)


def test_only_the_same_digits_match() -> None:
    assert pin_matches("270818", KEPT)
    for other in ("270819", "2708180", "27081", "", "２７０８１８", " 270818"):
        assert not pin_matches(other, KEPT)


def test_older_parameters_still_count() -> None:
    digest = hashlib.scrypt(b"9042", salt=b"s", n=1024, r=4, p=2, dklen=32)
    assert pin_matches("9042", PinHash(b"s", digest, 1024, 4, 2))


@pytest.mark.parametrize("pin", ["123", "1234567890123", "12a4", "", "１２３５", "12 4", "-123"])
def test_what_is_no_pin(pin: str) -> None:
    assert not is_pin(pin)
    with pytest.raises(InputError, match="4 to 12 digits"):
        hash_pin(pin, lambda count: SALT)


@pytest.mark.parametrize("pin", ["0000", "1234", "4321", "567890", "9012", "2109"])
def test_the_first_ones_that_anybody_tries(pin: str) -> None:
    with pytest.raises(InputError, match="first that anybody tries"):
        hash_pin(pin, lambda count: SALT)


@given(st.binary(min_size=1, max_size=32), st.binary(min_size=32, max_size=32))
def test_bytes_give_the_hash_back(salt: bytes, digest: bytes) -> None:
    kept = PinHash(salt, digest)
    assert pin_from_bytes(pin_to_bytes(kept)) == kept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[1, 2, 3, 4, 5]",
        b'[16384, 8, 1, "00", "00"]',
        b'[16384, 8, 1, "00", "zz"]',
        json.dumps([1 << 30, 8, 1, "00", "00" * 32]).encode(),
        json.dumps([-1, -1, 1, "00", "00" * 32]).encode(),
        json.dumps(["1", 8, 1, "00", "00" * 32]).encode(),
        json.dumps([3, 8, 1, "00", "00" * 32]).encode(),
        json.dumps([1, 8, 1, "00", "00" * 32]).encode(),
        json.dumps([16384.0, 8, 1, "00", "00" * 32]).encode(),
        json.dumps([16384, True, 1, "00", "00" * 32]).encode(),
        b"[" * 100_000,
    ],
)
def test_other_bytes_are_no_pin(content: bytes) -> None:
    with pytest.raises(StoreError, match="set it again"):
        pin_from_bytes(content)


def test_pins_are_kept_replaced_taken_away_and_go_with_the_person(gallery: People) -> None:
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    assert gallery.pins() == {}
    before = gallery.revision()
    gallery.set_pin(grace, KEPT)
    gallery.set_pin(alan, PinHash(b"x", b"y" * 32))
    assert gallery.revision() == before + 2
    assert gallery.pins() == {grace: KEPT, alan: PinHash(b"x", b"y" * 32)}
    gallery.set_pin(alan, KEPT)
    gallery.set_pin(grace, None)
    assert gallery.pins() == {alan: KEPT}
    gallery.remove("Alan")
    assert gallery.pins() == {}


def test_a_pin_for_nobody(gallery: People) -> None:
    with pytest.raises(UnknownPersonError):
        gallery.set_pin(PersonId("0" * 32), KEPT)
    assert gallery.pins() == {}


def test_they_are_sealed_to_their_person(open_at, folder) -> None:
    gallery = open_at()
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    gallery.set_pin(grace, KEPT)
    gallery.close()
    content = b"".join(file.read_bytes() for file in folder.iterdir())
    assert KEPT.digest not in content
    assert KEPT.digest.hex().encode() not in content
    again = open_at()
    assert again.pins() == {grace: KEPT}
    with again._database.writing() as db:
        db.execute("INSERT INTO person_pin SELECT ?, sealed FROM person_pin", (alan,))
    with pytest.raises(StoreError, match="altered"):
        again.pins()


NUMBER = ControllerNumber(4711, 23)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("4711", ControllerNumber(4711)),
        (" 23:4711\n", NUMBER),
        ("0:0", ControllerNumber(0, 0)),
        (str((1 << 64) - 1), ControllerNumber((1 << 64) - 1)),
    ],
)
def test_a_controller_number_as_it_is_written(text: str, kept: ControllerNumber) -> None:
    assert controller_number(text) == kept
    assert number_from_bytes(number_to_bytes(kept)) == kept


@pytest.mark.parametrize("text", ["", "word", "23:", ":4711", "-4711", "1:2:3", "٤", str(1 << 64)])
def test_what_is_no_controller_number_is_not_repeated(text: str) -> None:
    with pytest.raises(InputError, match="FACILITY:NUMBER") as refused:
        controller_number(text)
    assert "4711" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"[-1, null]", b'["1", 2]', b"[true, 1]"])
def test_other_bytes_are_no_controller_number(content: bytes) -> None:
    with pytest.raises(StoreError, match="accessctl controller set"):
        number_from_bytes(content)


def test_controller_numbers_are_kept_replaced_taken_away_and_go_with_the_person(
    gallery: People,
) -> None:
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    assert gallery.controller_number(grace) is None
    before = gallery.revision()
    gallery.set_controller_number(grace, NUMBER)
    gallery.set_controller_number(alan, ControllerNumber(1))
    assert gallery.revision() == before + 2
    gallery.set_controller_number(alan, NUMBER)
    assert (gallery.controller_number(grace), gallery.controller_number(alan)) == (NUMBER, NUMBER)
    gallery.set_controller_number(grace, None)
    assert gallery.controller_number(grace) is None
    gallery.remove("Alan")
    assert gallery.controller_number(alan) is None
    with pytest.raises(UnknownPersonError):
        gallery.set_controller_number(alan, NUMBER)
    with pytest.raises(StoreError, match="disk is full"):
        gallery.set_controller_number(grace, NUMBER, record=refuse)
    assert gallery.controller_number(grace) is None


def test_controller_numbers_are_sealed_to_their_person(open_at, folder) -> None:
    gallery = open_at()
    grace, alan = enrol(gallery), enrol(gallery, "Alan")
    gallery.set_controller_number(grace, ControllerNumber(987654321))
    gallery.close()
    assert b"987654321" not in b"".join(file.read_bytes() for file in folder.iterdir())
    again = open_at()
    assert again.controller_number(grace) == ControllerNumber(987654321)
    with again._database.writing() as db:
        db.execute(
            "INSERT INTO person_controller_number SELECT ?, sealed FROM person_controller_number",
            (alan,),
        )
    with pytest.raises(StoreError, match="altered"):
        again.controller_number(alan)


def refuse(_: PersonId) -> None:
    raise StoreError("The event log cannot be written: the disk is full; make room.")


def test_nothing_is_kept_without_its_record(gallery: People) -> None:
    grace = enrol(gallery)
    gallery.set_pin(grace, KEPT)
    before = gallery.revision(), gallery.people(), gallery.pins(), gallery.rules()
    changes = [
        lambda: gallery.add_person(
            "Alan",
            NewPhoto(jpeg=b"jpeg", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0),
            record=refuse,
        ),
        lambda: gallery.add_photo(
            grace,
            NewPhoto(jpeg=b"jpeg", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0),
            record=refuse,
        ),
        lambda: gallery.set_pin(grace, None, record=refuse),
        lambda: gallery.set_rules(grace, gallery.rules().get(grace, RULES), record=refuse),
        lambda: gallery.rename("Grace", "G", record=refuse),
        lambda: gallery.remove("Grace", record=refuse),
    ]
    for change in changes:
        with pytest.raises(StoreError, match="disk is full"):
            change()
    assert (gallery.revision(), gallery.people(), gallery.pins(), gallery.rules()) == before
    assert len(gallery.templates("e1")) == 1
    recorded: list[PersonId] = []
    alan = gallery.add_person(
        "Alan",
        NewPhoto(jpeg=b"j", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0),
        record=recorded.append,
    )
    assert recorded == [alan.id]
