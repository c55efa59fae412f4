import sqlite3

import pytest

from accessctl.gallery.person import name_key
from accessctl.gallery.site_tables import free_name


@pytest.fixture
def people():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE person (id TEXT, name TEXT, name_key TEXT)")
    yield db
    db.close()


def add(db: sqlite3.Connection, *names: str) -> None:
    db.executemany(
        "INSERT INTO person VALUES (?, ?, ?)", [(name, name, name_key(name)) for name in names]
    )


def test_the_first_number_is_taken_with_which_nobody_has_the_name(people) -> None:
    add(people, "Ada", "ADA (2)", "Ada (4)")
    assert free_name(people, "Ada") == "Ada (3)"


def test_a_long_name_is_cut_so_that_the_number_has_room(people) -> None:
    assert free_name(people, "a" * 100) == "a" * 90 + " (2)"
