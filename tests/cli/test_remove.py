from pathlib import Path

import pytest

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
