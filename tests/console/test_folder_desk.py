import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.console.folder_desk import (
    MOST_IN_FOLDER,
    FileFate,
    FolderFile,
    sorted_out,
    take_in_all,
)
from accessctl.console.photo_desk import JudgedPhoto
from accessctl.console.words import Words, catalogue
from accessctl.errors import InputError

ENGLISH = Words("en", catalogue())


@pytest.mark.parametrize(
    ("paths", "people"),
    [
        (["team/Ada.jpg", "team/Grace/1.png", "team/Grace/2.png"], ["Ada", "Grace", "Grace"]),
        (["Ada.jpg", "Grace Hopper.JPEG"], ["Ada", "Grace Hopper"]),
        (["Ada/1.jpg", "Grace/1.jpg"], ["Ada", "Grace"]),
        (["team\\Ada.jpg", "team\\Grace\\1.png"], ["Ada", "Grace"]),
        (["a/J. R. Hartley.jpg"], ["J. R. Hartley"]),
    ],
    ids=["a folder", "files", "folders", "backslashes", "dots"],
)
def test_whose_photo_it_is_says_its_folder_or_its_name(paths, people) -> None:
    found = sorted_out(paths)
    assert [one.person for one in found] == people
    assert {one.problem for one in found} == {""}


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("team/.DS_Store", "folder.hidden"),
        ("team/.git/Ada.jpg", "folder.hidden"),
        ("team/list.txt", "folder.no_photo"),
        ("team/Ada", "folder.no_photo"),
        ("team/Ada/old/1.jpg", "folder.too_deep"),
        ("", "folder.hidden"),
    ],
)
def test_what_is_no_photo_of_anybody_is_left_out_and_said_why(path, problem) -> None:
    found = sorted_out(["team/Eve.jpg", path] if path else [path])[-1]
    assert (found.person, found.problem) == ("", problem)


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_names_are_whose_or_left_out(paths: list[str]) -> None:
    found = sorted_out(paths)
    assert len(found) == len(paths)
    assert all(bool(one.person) != bool(one.problem) for one in found)
    assert all(len(one.path) <= 200 for one in found)


def unwanted(_):
    pytest.fail("nothing is judged")


def test_too_many_are_refused_before_any_is_read() -> None:
    files = [FolderFile(f"{at}.jpg", str(at)) for at in range(MOST_IN_FOLDER + 1)]
    contents = [lambda: pytest.fail("nothing is read")] * len(files)
    with pytest.raises(InputError, match="101 photos are more than the 100"):
        take_in_all(files, contents, unwanted, None, ENGLISH)


def test_what_is_left_out_is_not_read() -> None:
    files = [FolderFile("x.txt", "", "folder.no_photo")]
    (filed,) = take_in_all(files, [lambda: pytest.fail("nothing is read")], unwanted, None, ENGLISH)
    assert (filed.fate, filed.why) == (FileFate.LEFT_OUT, "folder.no_photo")


def test_one_that_cannot_be_used_is_told_with_its_reason() -> None:
    files = [FolderFile("Ada.jpg", "Ada")]
    judged = [JudgedPhoto("Ada.jpg", None, "No face was found in Ada.jpg.")]
    (filed,) = take_in_all(files, [lambda: b""], lambda _: judged, None, ENGLISH)
    assert (filed.fate, filed.why) == (FileFate.REFUSED, "No face was found in Ada.jpg.")
