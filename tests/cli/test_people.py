import shutil
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from accessctl.audit.base import person_event
from accessctl.audit.log import EventLog
from accessctl.config import GalleryConfig, load_config
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import open_gallery


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


def enrolled(site, *changes: str) -> str:
    """Ada, to whom so many things happened a second apart; her id."""
    site.put("Ada")
    (person,) = site("people", "--json").lines
    with EventLog(load_config(site.config).audit.file) as log:
        for second, change in enumerate(changes):
            log.append(person_event(change, person["id"], 1_769_884_200.0 + second))
    return person["id"]


def test_a_person_and_what_happened_lately(site) -> None:
    person = enrolled(site, "enrolled", "renamed")
    said = site("show", "ada")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:3] == ["Ada", f"  id        {person}", "  photos    1"]
    assert lines[3].startswith("  enrolled  2026-01-31 ")
    assert [line.split("  ")[-2:] for line in lines[4:]] == [
        ["enrolled", "Ada"],
        ["renamed", "Ada"],
    ]


def test_only_the_latest_events_are_told(site) -> None:
    enrolled(site, "enrolled", *["photo_added"] * 6, "renamed")
    events = site("show", "Ada").out.splitlines()[4:]
    assert len(events) == 5
    assert "renamed" in events[-1]
    assert "enrolled" not in "".join(events)


def test_what_happened_to_others_is_not_told(site) -> None:
    enrolled(site, "enrolled")
    site.put("Eve")
    assert len(site("show", "Eve").out.splitlines()) == 4


def test_show_has_the_keys_of_a_person(site) -> None:
    person = enrolled(site)
    (line,) = site("show", "Ada", "--json").lines
    assert list(line) == ["person", "id", "photos", "enrolled"]
    assert (line["person"], line["id"]) == ("Ada", person)


def test_nobody_of_that_name(site) -> None:
    enrolled(site)
    store = site.store()
    said = site("show", "Adda")
    assert (said.code, said.out) == (2, "")
    assert said.err == "accessctl: Nobody called 'Adda' is enrolled; did you mean 'Ada'?\n"
    assert site.store() == store


@pytest.fixture
def two(site):
    """A door where Ada and Grace are enrolled."""
    site.put("Ada")
    site.put("Grace")
    return site


def test_another_name(two) -> None:
    said = two("rename", "ada", "Augusta Ada")
    assert (said.code, said.out, said.err) == (0, "ada is now called Augusta Ada.\n", "")
    assert two.people() == [("Augusta Ada", 1), ("Grace", 1)]
    assert two.changes() == ["renamed"]


def test_another_spelling_of_the_same_name(two) -> None:
    assert two("rename", "Ada", "ADA").code == 0
    assert two.people() == [("ADA", 1), ("Grace", 1)]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("Ada", "grace", "'Grace' is enrolled already"),
        ("Ada", " ", "The name is empty"),
        ("Ada", "a\tb", "control characters"),
        ("Adda", "Eve", "Nobody called 'Adda' is enrolled; did you mean 'Ada'?"),
        ("Zoe", "Eve", "Nobody called 'Zoe' is enrolled; `accessctl people` lists everybody."),
    ],
)
def test_a_name_that_will_not_do(two, old: str, new: str, why: str) -> None:
    store = two.store()
    said = two("rename", old, new)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("accessctl: ")
    assert why in said.err
    assert said.err.count("\n") == 1
    assert (two.store(), two.changes()) == (store, [])


def test_nobody_is_renamed_without_a_record(two) -> None:
    file = load_config(two.config).audit.file
    EventLog(file).close()
    with closing(sqlite3.connect(file)) as db:
        db.execute(
            "CREATE TRIGGER refused BEFORE INSERT ON event "
            "BEGIN SELECT RAISE(ABORT, 'nothing is taken in'); END"
        )
    said = two("rename", "Ada", "Augusta")
    assert (said.code, said.out) == (1, "")
    assert said.err == (f"accessctl: The event log {file} cannot be used (nothing is taken in).\n")
    assert two.people() == [("Ada", 1), ("Grace", 1)]


def test_the_log_keeps_no_name(two) -> None:
    two("rename", "Ada", "Augusta")
    assert "Ada" not in repr(two.events())
    assert "Augusta" not in repr(two.events())


FIRST, SECOND, THIRD = "Wilhelmina Featherstonehaugh", "Xanthippe Featherstonehaugh", "Ysolde Quux"


def traces(folder: Path, *names: str) -> list[str]:
    """Files below `folder` that hold any of these names, in any of the usual codings."""
    words = {part for name in names for part in [name, *name.split()]}
    wanted = {
        form.encode(coding)
        for word in words
        for form in (word, word.casefold(), word.upper())
        for coding in ("utf-8", "utf-16-le")
    }
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if any(name in file.read_bytes() for name in wanted)]


def test_a_removed_person_is_gone(site) -> None:
    site.put("Ada")
    site.put("Grace")
    said = site("remove", "ada")
    assert (said.code, said.err) == (0, "")
    assert said.out == "Removed Ada: photos, templates and name are gone.\n"
    assert site.people() == [("Grace", 1)]
    assert site.changes() == ["removed"]


def test_a_damaged_log_keeps_nobody_from_being_forgotten(site) -> None:
    site.put("Ada")
    log = site.folder / "state" / "events.sqlite"
    log.parent.mkdir()
    log.write_bytes(b"no database " * 100)
    said = site("remove", "ada")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("accessctl: Ada is removed, but the event log does not tell of it.")
    assert said.err.count("\n") == 1
    assert site.people() == []


@pytest.mark.parametrize(("name", "why"), [("Eve", "Nobody called 'Eve'"), ("", "name is empty")])
def test_somebody_who_is_not_there(site, name: str, why: str) -> None:
    site.put("Ada")
    store = site.store()
    said = site("remove", name)
    assert (said.code, said.out) == (2, "")
    assert why in said.err
    assert said.err.count("\n") == 1
    assert (site.store(), site.changes()) == (store, [])


@pytest.mark.usefixtures("models")
def test_nothing_of_a_removed_person_is_left_in_any_file(site, pictures) -> None:
    assert site("enroll", FIRST, pictures("hopper")).code == 0
    # The search below can find a name when there is one.
    assert traces(site.folder, FIRST) != []
    assert site("enroll", "--add", FIRST, pictures("hopper")).code == 0
    assert site("rename", FIRST, SECOND).code == 0
    assert site("rename", SECOND, THIRD).code == 0
    assert site("remove", THIRD).code == 0
    assert traces(site.folder, FIRST, SECOND, THIRD) == []
    assert site.people() == []


@pytest.mark.usefixtures("models")
def test_neither_photo_nor_template_outlives_the_person(site, pictures) -> None:
    gallery = site.folder / "enrolled" / "gallery.sqlite"
    site.put("Grace")
    site.store()
    before = gallery.stat().st_size
    assert site("enroll", FIRST, pictures("hopper")).code == 0
    site.store()
    sealed = sealed_parts(gallery)
    assert len(sealed) == 4
    assert gallery.stat().st_size > before
    assert site("remove", FIRST).code == 0
    left = [file.read_bytes() for file in site.folder.rglob("*") if file.is_file()]
    gone = sealed - sealed_parts(gallery)
    assert len(gone) == 2
    for part in gone:
        # A photo is spread over pages of 4 KiB: look for pieces of it too.
        pieces = [part[start : start + 64] for start in range(0, len(part) - 64, 512)]
        assert not [piece for piece in pieces if any(piece in content for content in left)]


def sealed_parts(gallery: Path) -> set[bytes]:
    import sqlite3

    with sqlite3.connect(f"{gallery.as_uri()}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT sealed FROM photo UNION ALL SELECT sealed FROM template")
        parts = {bytes(row[0]) for row in rows}
    db.close()
    return parts


def put_photo(site, name: str, seed: int, added: float) -> None:
    """One more photo of somebody, of whomever it is."""
    with open_gallery(GalleryConfig(folder=site.folder / "enrolled"), {}) as gallery:
        person = gallery.person(name)
        fingerprint = gallery._database.select("SELECT fingerprint FROM template")[0][0]
        photo = NewPhoto(
            jpeg=b"jpeg",
            embedding=random_units(1, 128, seed=seed)[0],
            fingerprint=fingerprint,
            quality=0.5,
            added=added,
        )
        gallery.add_photo(person.id, photo)


def test_a_misfit_is_found_numbered_and_taken_out(site) -> None:
    site.put("Grace")
    said = site("gallery", "check")
    assert (said.code, said.out.count("\n")) == (0, 1)
    put_photo(site, "Grace", 77, 1.9e9)
    said = site("gallery", "check", "--json")
    assert said.code == 1
    (flaw,) = said.lines
    assert (flaw["flaw"], flaw["person"], flaw["photo"]) == ("misfit", "Grace", 2)
    assert [line["photo"] for line in site("people", "photos", "grace", "--json").lines] == [1, 2]
    assert site("people", "photos", "Grace").out.splitlines()[0].split() == [
        "PHOTO",
        "QUALITY",
        "ADDED",
    ]
    said = site("remove", "Grace", "--photo", "2")
    assert said.out == "Removed photo 2 of Grace; 1 photo is left.\n"
    assert site.changes() == ["photo_removed"]
    assert site("gallery", "check").code == 0
    said = site("remove", "Grace", "--photo", "1")
    assert said.code == 2
    assert "only photo of Grace" in said.err
    assert site.people() == [("Grace", 1)]


@pytest.mark.parametrize("argv", [["people", "photos"], ["people", "Grace"], ["gallery"]])
def test_wrong_usage(site, argv: list[str]) -> None:
    assert site(*argv).code == 2


def test_an_older_gallery_is_told_by_doctor_and_accepted_on_record(site) -> None:
    site.put("Grace")
    site.put("Eve")
    site("rename", "Grace", "Grace Hopper")
    file, backup = site.folder / "enrolled" / "gallery.sqlite", site.folder / "backup"
    source, copy = sqlite3.connect(file), sqlite3.connect(backup)
    source.backup(copy)
    source.close()
    copy.close()
    site("remove", "Eve")
    shutil.copy(backup, file)
    findings = site("doctor", "--json").lines
    (told,) = [one["sentence"] for one in findings if "older than the event log" in one["sentence"]]
    assert told.endswith("accessctl gallery accept")
    said = site("gallery", "accept")
    assert said.out == "Accepted: the gallery counts as it is; 2 people are enrolled.\n"
    findings = site("doctor", "--json").lines
    assert [one for one in findings if "older than" in one["sentence"]] == []
    states = [event.data.get("state") for event in site.events()]
    assert states[-1] == "gallery_accepted"
