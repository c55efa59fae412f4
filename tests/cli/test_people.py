import time
from datetime import datetime

import pytest


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def test_nobody(site) -> None:
    said = site("people")
    assert said.code == 0
    assert said.out == "Nobody is enrolled; begin with: accessctl enroll NAME PHOTO\n"
    assert site("people", "--json").out == ""


def test_everybody_by_name(site) -> None:
    for name in ("grace", "Ada", "Ömer Özgür"):
        site.put(name)
    said = site("people")
    assert said.out.splitlines() == [
        "NAME        PHOTOS  ENROLLED",
        "Ada         1       2026-01-31 18:30",
        "grace       1       2026-01-31 18:30",
        "Ömer Özgür  1       2026-01-31 18:30",
    ]


def test_the_keys_of_a_person(site) -> None:
    site.put("Ada")
    (person,) = site("people", "--json").lines
    assert list(person) == ["person", "id", "photos", "enrolled"]
    assert (person["person"], person["photos"]) == ("Ada", 1)
    assert datetime.fromisoformat(person["enrolled"]).timestamp() == 1_769_884_200
    assert person["enrolled"] == "2026-01-31T18:30:00+00:00"


def test_listing_changes_nothing(site) -> None:
    site.put("Ada")
    store = site.store()
    site("people")
    assert site.store() == store
    assert not (site.folder / "state").exists()
