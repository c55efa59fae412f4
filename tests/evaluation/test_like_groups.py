from pathlib import Path

import numpy as np
import pytest

from accessctl.errors import SourceError
from accessctl.evaluation.like_groups import (
    EACH,
    YOUNG_EACH,
    Portion,
    choose_like,
    group_of_name,
    groups_of_folders,
    is_mixed,
    is_young,
    members,
    portion_of,
    read_groups,
)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("26_1_2_20170104.jpg.chip.jpg", "Asian women 20 to 39"),
        ("40_0_0_2017.jpg", "White men 40 to 59"),
        ("60_1_3_x.jpg", "Indian women from 60"),
        ("12_1_1_x.jpg", "Black children"),
        ("19_0_4_x.jpg", "Other teenagers"),
        ("26_1_2017.jpg", ""),
        ("26_3_1_x.jpg", ""),
        ("26_1_7_x.jpg", ""),
        ("someone_else_at_all.jpg", ""),
        ("", ""),
    ],
)
def test_the_group_that_a_name_tells(name: str, group: str) -> None:
    assert group_of_name(name) == group


def test_who_is_counted_apart() -> None:
    assert is_young("Asian children")
    assert is_young("White teenagers")
    assert not is_young("White men 20 to 39")
    assert is_mixed("Other men 20 to 39")
    assert not is_mixed("Black men 20 to 39")


def test_so_many_of_a_group_are_taken() -> None:
    groups = ["a"] * (EACH + 7) + ["b children"] * (YOUNG_EACH + 7) + ["c"] * 3 + [""] * 5
    chosen = choose_like(groups, np.random.default_rng(0))
    assert chosen == sorted(chosen)
    taken = [groups[place] for place in chosen]
    assert (taken.count("a"), taken.count("b children"), taken.count("c")) == (EACH, YOUNG_EACH, 3)
    assert "" not in taken
    assert chosen == choose_like(groups, np.random.default_rng(0))
    assert chosen != choose_like(groups, np.random.default_rng(1))


def test_each_face_serves_for_one_thing_and_always_the_same() -> None:
    portions = [portion_of(f"{number:06}.webp") for number in range(3000)]
    assert portions == [portion_of(f"{number:06}.webp") for number in range(3000)]
    for portion in Portion:
        assert 900 < portions.count(portion) < 1100


def test_a_table_of_people_or_of_photos(tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    names = ("anna/1.jpg", "anna/2.jpg", "ben/1.jpg", "carl/1.jpg")
    table.write_text("person,group\nanna,north\nben, south \nnobody,west\n")
    assert read_groups(table, names) == ["north", "north", "south", ""]
    table.write_text("photo,group\nanna/2.jpg,night\n")
    assert read_groups(table, names) == ["", "night", "", ""]


@pytest.mark.parametrize("content", ["", "who,group\nanna,north\n", "person,group\neve,north\n"])
def test_a_table_that_says_nothing_of_these(tmp_path: Path, content: str) -> None:
    table = tmp_path / "groups.csv"
    table.write_text(content)
    with pytest.raises(SourceError, match="names the group of none"):
        read_groups(table, ("anna/1.jpg",))


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"groups\.csv as CSV"):
        read_groups(tmp_path / "groups.csv", ("anna/1.jpg",))


def test_groups_by_folders() -> None:
    assert groups_of_folders(("n/a/1.jpg", "x/y/b/1.jpg")) == ["n", "x/y"]
    with pytest.raises(SourceError, match=r"a/1\.jpg lies in no group"):
        groups_of_folders(("n/a/1.jpg", "a/1.jpg"))


def test_members_without_those_of_no_group() -> None:
    found = members(["b", "", "a", "b"])
    assert list(found) == ["a", "b"]
    assert found["b"].tolist() == [0, 3]
    assert members([]) == {}
