"""`accessctl enroll --folder`."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from accessctl.errors import StoreError

pytestmark = pytest.mark.usefixtures("models")


@pytest.fixture
def folder(tmp_path: Path, pictures) -> Path:
    folder = tmp_path / "staff"
    folder.mkdir()
    for name, picture in {
        "Eileen Collins.png": "collins",
        "Grace Hopper.PNG": "hopper",
        "Nobody.jpg": "nobody",
        "Us.png": "two",
        "text.jpg": "text.jpg",
    }.items():
        (folder / name).write_bytes(pictures(picture).read_bytes())
    (folder / "notes.txt").write_text("not a photo at all")
    return folder


def test_a_folder_enrols_everybody_it_can_and_says_who_was_refused(site, folder: Path) -> None:
    said = site("enroll", "--folder", folder)
    assert said.code == 2
    assert said.out == "Enrolled 2 of 5 people; 3 refused; 1 left out.\n"
    refusals = said.err.splitlines()
    assert len(refusals) == 4
    left = f"left out: {folder / 'notes.txt'}: it is not a photo by its name (.txt)"
    assert refusals[0] == left
    assert refusals[1].startswith(f"refused: {folder / 'Nobody.jpg'}: no face found")
    assert refusals[2].startswith(f"refused: {folder / 'text.jpg'} is not a JPEG")
    assert refusals[3].startswith(f"refused: {folder / 'Us.png'}: 2 faces found")
    assert site.people() == [("Eileen Collins", 1), ("Grace Hopper", 1)]
    assert site.changes() == ["enrolled", "enrolled"]


@pytest.mark.parametrize(
    ("also", "code"),
    [("notes.txt", 0), (".hidden.png", 0), ("Grace/", 2), ("Eileen/more/", 2)],
)
def test_what_is_left_out_of_a_folder_is_counted_and_a_folder_left_out_is_no_success(
    site, tmp_path: Path, pictures, also: str, code: int
) -> None:
    folder = tmp_path / "staff"
    (folder / "Eileen").mkdir(parents=True)
    (folder / "Eileen" / "1.png").write_bytes(pictures("collins").read_bytes())
    path = folder / also
    path.mkdir() if also.endswith("/") else path.touch()
    said = site("enroll", "--folder", folder)
    assert (said.code, said.out) == (code, "Enrolled 1 of 1 people; 0 refused; 1 left out.\n")
    assert said.err.startswith(f"left out: {path}: ")
    path.rmdir() if also.endswith("/") else path.unlink()
    said = site("enroll", "--folder", folder)
    assert (said.code, said.out) == (
        0,
        "Enrolled 0 of 1 people; 1 enrolled already; 0 refused.\n",
    )


def test_a_folder_again_refuses_who_is_there_already(site, folder: Path) -> None:
    site.put("Eileen Collins")
    site.put("grace hopper")
    store = site.store()
    said = site("enroll", "--folder", folder)
    assert (said.code, said.out) == (2, "Enrolled 0 of 5 people; 5 refused; 1 left out.\n")
    assert "does not show whom the other photos of Eileen Collins show" in said.err
    assert "does not show whom the other photos of grace hopper show" in said.err
    assert (site.store(), site.changes()) == (store, [])


def test_a_folder_where_everybody_will_do(site, tmp_path: Path, pictures) -> None:
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "A.png").write_bytes(pictures("collins").read_bytes())
    (tmp_path / "two" / "B.png").write_bytes(pictures("hopper").read_bytes())
    said = site("enroll", "--folder", tmp_path / "two")
    assert (said.code, said.err) == (0, "")
    assert said.out == "Enrolled 2 of 2 people; 0 refused.\n"


def test_a_second_run_over_a_folder_goes_on(site, folder: Path) -> None:
    (folder / "Us.png").rename(folder.parent / "Us.png")
    assert site("enroll", "--folder", folder).code == 2
    store, changes = site.store(), site.changes()
    said = site("enroll", "--folder", folder)
    assert said.out == "Enrolled 0 of 4 people; 2 enrolled already; 2 refused; 1 left out.\n"
    assert (site.store(), site.changes()) == (store, changes)


def test_an_interrupted_folder_says_how_far_it_came(site, folder: Path, pictures) -> None:
    quick, third = site.parts["open_engine"], cv2.imread(str(pictures("nobody"))).shape

    class Interrupted:
        def __init__(self, observer) -> None:
            self._observer = observer

        def still(self, image, narrowest):
            if image.shape == third:
                raise KeyboardInterrupt
            return self._observer.still(image, narrowest)

    @contextmanager
    def open_engine(config, progress):
        with quick(config, progress) as engine:
            yield replace(engine, observer=Interrupted(engine.observer))

    site.parts["open_engine"] = open_engine
    said = site("enroll", "--folder", folder)
    assert said.code == 130
    assert "Interrupted after 2 of 5 photos; the same command goes on from here." in said.err
    assert said.out == "Enrolled 2 of 5 people; 0 refused; 1 left out.\n"
    assert site.people() == [("Eileen Collins", 1), ("Grace Hopper", 1)]


def test_no_thread_is_at_work_once_the_engine_closes(site, folder: Path) -> None:
    quick, left = site.parts["open_engine"], []

    class Broken:
        def still(self, image, narrowest):
            raise StoreError("The disk is gone.")

    @contextmanager
    def open_engine(config, progress):
        with quick(config, progress) as engine:
            try:
                yield replace(engine, observer=Broken())
            finally:
                names = [thread.name for thread in threading.enumerate()]
                left.append([name for name in names if name.startswith("prefetch")])

    site.parts["open_engine"] = open_engine
    said = site("enroll", "--folder", folder)
    assert (said.code, left) == (1, [[]])
    assert "The disk is gone." in said.err


def test_lookalikes_of_a_folder_are_named(
    site, tmp_path: Path, pictures, caplog: pytest.LogCaptureFixture
) -> None:
    site("enroll", "Eileen", pictures("collins"))
    (tmp_path / "staff").mkdir()
    (tmp_path / "staff" / "Twin.png").write_bytes(pictures("collins_mirrored").read_bytes())
    said = site("enroll", "--folder", tmp_path / "staff")
    assert said.code == 2
    assert "looks like Eileen, who is enrolled" in said.err
    assert site("enroll", "--folder", tmp_path / "staff", "--anyway").code == 0
    (warning,) = [r.message for r in caplog.records if " looks like " in r.message]
    assert "Eileen" in warning
    assert "Twin" in warning


def test_a_folder_that_is_none(site, tmp_path: Path) -> None:
    said = site("enroll", "--folder", tmp_path / "nowhere")
    assert said.code == 2
    assert f"{tmp_path / 'nowhere'} is not a folder" in said.err
    (tmp_path / "bare").mkdir()
    said = site("enroll", "--folder", tmp_path / "bare")
    assert said.code == 2
    assert "holds no photos" in said.err
