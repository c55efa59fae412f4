import os
from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.config import Config, GalleryConfig
from accessctl.domain import PersonRules
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.pins import hash_pin
from accessctl.gallery.store import open_gallery
from accessctl.service.checks.finding import Finding, ok, warning
from accessctl.service.checks.people import check_people

ALLOWED = PersonRules(life_by_pin=True)
FINE = ok("people", "Whoever may be asked for a PIN has one.")

Put = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "enrolled"


@pytest.fixture
def put(folder: Path) -> Put:
    def enrol(name: str, rules: PersonRules | None = None, *, pin: bool = False) -> None:
        with open_gallery(GalleryConfig(folder=folder), {}) as gallery:
            face = random_units(1, 16, seed=1)[0]
            person = gallery.add_person(
                name,
                NewPhoto(
                    jpeg=b"jpeg", embedding=face, fingerprint="ab" * 32, quality=0.9, added=1.0
                ),
            )
            if rules is not None:
                gallery.set_rules(person.id, rules)
            if pin:
                gallery.set_pin(person.id, hash_pin("270846", os.urandom))

    return enrol


def found(folder: Path, **more: dict) -> list[Finding]:
    config = Config.model_validate({"gallery": {"folder": str(folder)}, **more})
    return list(check_people(config, {}))


def test_nothing_is_said_where_there_is_no_gallery_or_no_key(folder: Path, put: Put) -> None:
    assert found(folder) == []
    assert not folder.exists()
    put("Ada", ALLOWED)
    (folder / "gallery.key").unlink()
    assert found(folder) == []


def test_whoever_is_asked_for_nothing_needs_no_pin(folder: Path, put: Put) -> None:
    put("Ada")
    put("Grace", ALLOWED, pin=True)
    put("Alan", PersonRules(disabled=True, life_by_pin=True))
    assert found(folder) == [FINE]


def test_a_pin_that_may_stand_in_for_life_and_is_not_set(folder: Path, put: Put) -> None:
    put("Ada Lovelace", ALLOWED)
    assert found(folder) == [
        warning(
            "people",
            "A PIN may stand in for life, but none is set for: Ada Lovelace; "
            "run: accessctl pin set 'Ada Lovelace'",
        )
    ]


def test_a_pin_that_is_asked_for_beside_the_face_and_is_not_set(folder: Path, put: Put) -> None:
    for number in range(7):
        put(f"P{number}", ALLOWED if number % 2 else None)
    # Told once, whatever the PIN is for.
    assert found(folder, policy={"second_factor": "pin"}) == [
        warning(
            "people",
            "May be asked for a PIN and refused, for they have none: P0, P1, P2, P3, P4 and 2 "
            "more; run: accessctl pin set P0",
        )
    ]


def test_a_group_may_ask_for_a_pin_or_spare_it(folder: Path, put: Put) -> None:
    groups = {
        "owners": {"second_factor": "off"},
        "guards": {"second_factor": "pin"},
        "vault": {"second_factor": "pin", "doors": ["vault"]},
    }
    put("Ada", PersonRules(("owners", "vault", "gone")))
    assert found(folder, policy={"second_factor": "pin"}, access={"groups": groups}) == [FINE]
    put("Alan", PersonRules(("owners", "guards")))
    (finding,) = found(folder, access={"groups": groups})
    assert "they have none: Alan; " in finding.sentence
