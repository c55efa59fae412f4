from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.photo_folder import (
    LeftOut,
    PersonPhotos,
    images_in,
    is_photo_name,
    people_in,
    photos_below,
)
from accessctl.errors import PhotoError


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    "name",
    ["a.jpg", "A.JPEG", "a.jfif", "a.gif", "a.TIF", "a.tiff", "a.avif", "a.heic", "d/a.heif"],
)
def test_what_a_photo_is_called(name: str) -> None:
    assert is_photo_name(name)


@pytest.mark.parametrize("name", ["a.txt", "a", ".jpg", ".hidden.jpg", "d/._a.jpg", "a.jpg.part"])
def test_what_is_none(name: str) -> None:
    assert not is_photo_name(name)


def test_a_file_is_a_person_and_so_is_a_folder(tmp_path: Path) -> None:
    fill(tmp_path, "Ada.jpg", "Grace.heic", "Eve/2.png", "Eve/10.png", "Eve/1.jfif")
    found = people_in(tmp_path)
    assert found.people == (
        PersonPhotos("Ada", (tmp_path / "Ada.jpg",)),
        PersonPhotos("Eve", tuple(tmp_path / "Eve" / n for n in ("1.jfif", "2.png", "10.png"))),
        PersonPhotos("Grace", (tmp_path / "Grace.heic",)),
    )
    assert found.left_out == ()
    assert [name for name, _ in found.photos] == ["Ada", "Eve", "Eve", "Eve", "Grace"]


def test_two_files_and_a_folder_of_one_name_are_one_person(tmp_path: Path) -> None:
    fill(tmp_path, "Ada.jpg", "Ada.png", "Ada/more.jpg")
    (ada,) = people_in(tmp_path).people
    assert [path.name for path in ada.paths] == ["Ada.jpg", "Ada.png", "more.jpg"]


def test_everything_left_out_is_named_with_its_reason(tmp_path: Path) -> None:
    fill(
        tmp_path,
        *("Ada.jpg", ".hidden.jpg", "notes.txt", "film", ".git/a.jpg"),
        *("Eve/a.jpg", "Eve/deep/b.jpg", "Eve/list.csv", "Empty/readme.md"),
    )
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    said = {str(one.path.relative_to(tmp_path)): one.reason for one in people_in(tmp_path).left_out}
    assert said == {
        ".hidden.jpg": "it is hidden",
        ".git": "it is hidden",
        "notes.txt": "it is not a photo by its name (.txt)",
        "film": "it is not a photo by its name (no ending)",
        "gone.jpg": "it is no regular file",
        "Eve/deep": "a folder within a person's folder",
        "Eve/list.csv": "it is not a photo by its name (.csv)",
        "Empty/readme.md": "it is not a photo by its name (.md)",
        "Empty": "it holds no photo",
    }
    assert str(LeftOut(Path("a"), "b")) == "a: b"


def test_no_folder_and_one_without_photos(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="is not a folder"):
        people_in(tmp_path / "no")
    with pytest.raises(PhotoError, match="holds no photos"):
        people_in(tmp_path)
    fill(tmp_path, "a.txt")
    with pytest.raises(PhotoError, match=r"left out .*a\.txt: it is not a photo by its name"):
        people_in(tmp_path)


def test_below_a_folder_nothing_hidden_and_no_link_back(tmp_path: Path) -> None:
    fill(tmp_path, "b.jpg", "x/a.jpg", "x/y/c.avif", ".z/d.jpg", "x/.e.jpg", "x/f.txt")
    (tmp_path / "x" / "back").symlink_to(tmp_path)
    found = [str(path.relative_to(tmp_path)) for path in photos_below(tmp_path)]
    assert found == ["b.jpg", "x/a.jpg", "x/y/c.avif"]
    assert images_in(tmp_path) == [tmp_path / "b.jpg"]


NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda name: name not in (".", ".."))


@given(
    st.lists(
        st.tuples(NAMES, st.sampled_from([".jpg", ".HEIC", ".txt", ""])),
        max_size=6,
        unique_by=lambda one: one[0].casefold(),
    )
)
def test_nothing_in_a_folder_goes_without_a_word(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("f")
    names = {f"{stem}{ending}" for stem, ending in files}
    for name in names:
        (folder / name).write_bytes(b"")
    try:
        found = people_in(folder)
    except PhotoError:
        assert not any(is_photo_name(name) for name in names)
        return
    told = {path.name for _, path in found.photos} | {one.path.name for one in found.left_out}
    assert told == names
