import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonId, PersonRules
from accessctl.errors import InputError, StoreError, UnknownPersonError
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.people import NewPhoto, People
from accessctl.gallery.pins import (
    PinHash,
    from_bytes,
    hash_pin,
    is_pin,
    matches,
    to_bytes,
)

FACE = random_units(1, 16, seed=1)[0]
SALT = bytes(range(16))
RULES = PersonRules(disabled=True)
KEPT = hash_pin("270818", lambda count: SALT[:count])


@pytest.fixture(params=["sqlite", "memory"])
def gallery(request: pytest.FixtureRequest) -> People:
    if request.param == "memory":
        return MemoryGallery()
    return request.getfixturevalue("open_at")()


def enrol(gallery: People, name: str = "Grace") -> PersonId:
    return gallery.add_person(
        name, NewPhoto(jpeg=b"jpeg", embedding=FACE, fingerprint="e1", quality=0.5, added=1.0)
    ).id


def test_the_hash_is_scrypt_with_what_is_kept() -> None:
    assert KEPT.salt == SALT
    assert (KEPT.cost, KEPT.block_size, KEPT.parallel) == (16384, 8, 1)
    assert KEPT.digest == hashlib.scrypt(b"270818", salt=SALT, n=16384, r=8, p=1, dklen=32)
    assert "270818" not in repr(KEPT)
    assert KEPT.digest.hex() not in repr(KEPT)


def test_only_the_same_digits_match() -> None:
    assert matches("270818", KEPT)
    for other in ("270819", "2708180", "27081", "", "２７０８１８", " 270818"):
        assert not matches(other, KEPT)


def test_older_parameters_still_count() -> None:
    digest = hashlib.scrypt(b"9042", salt=b"s", n=1024, r=4, p=2, dklen=32)
    assert matches("9042", PinHash(b"s", digest, 1024, 4, 2))


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
    assert from_bytes(to_bytes(kept)) == kept


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
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(StoreError, match="set it again"):
        from_bytes(content)


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
