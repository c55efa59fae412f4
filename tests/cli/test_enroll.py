import logging
import shutil
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.camera.usb import locate_first
from accessctl.cli.enroll import drain, from_camera

pytestmark = pytest.mark.usefixtures("models")

BAD_PHOTOS = {
    "nobody": "no face found; use a photo that shows one face from the front",
    "two": "2 faces found; use a photo of one person, or cut the others away",
    "small": "the face is too small; use a photo taken closer",
    "blurred": "the face is blurred; use a sharper photo",
    "dark": "the face is too dark; use a photo with more light",
    "text.jpg": "is not a JPEG, PNG, WebP, BMP, GIF, TIFF or AVIF picture; give one that is",
    "cut.jpg": "is damaged and cannot be decoded; give another photo",
    "empty.jpg": "is empty; give another photo",
    "bomb.png": "has more than 64 million pixels; scale it down",
    "missing.jpg": "does not exist; check the name",
    ".": "is a folder; name a JPEG, PNG, WebP, BMP, GIF, TIFF or AVIF file",
}


def test_one_photo_is_enough(site, pictures) -> None:
    said = site("enroll", "Eileen Collins", pictures("collins"))
    assert (said.code, said.out) == (0, "Enrolled Eileen Collins (1 photo).\n")
    assert said.err == ""
    assert site.people() == [("Eileen Collins", 1)]
    assert site.changes() == ["enrolled"]


def test_more_photos_at_once_and_more_later(site, pictures) -> None:
    said = site("enroll", "Eileen", pictures("collins"), pictures("collins_portrait"))
    assert said.out == "Enrolled Eileen (2 photos).\n"
    said = site("enroll", "--add", "eileen", pictures("collins_mirrored"))
    assert (said.code, said.out) == (0, "Enrolled Eileen (3 photos).\n")
    assert site.people() == [("Eileen", 3)]
    assert site.changes() == ["enrolled", "photo_added", "photo_added"]


@pytest.mark.parametrize(("name", "why"), BAD_PHOTOS.items())
def test_a_photo_that_will_not_do(site, pictures, name: str, why: str) -> None:
    site.put("Grace")
    store, changes = site.store(), site.changes()
    photo = pictures(name)
    said = site("enroll", "Eileen", photo)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith(f"accessctl: {photo}")
    assert why in said.err
    assert said.err.count("\n") == 1
    assert site.people() == [("Grace", 1)]
    assert (site.store(), site.changes()) == (store, changes)


def test_one_bad_photo_among_good_ones_enrols_nobody(site, pictures) -> None:
    store = site.store()
    said = site("enroll", "Eileen", pictures("collins"), pictures("two"))
    assert said.code == 2
    assert "2 faces found" in said.err
    assert site.store() == store


def test_a_photo_file_that_is_too_large(site, pictures) -> None:
    site.configure(gallery={"max_photo_mb": 0.1})
    said = site("enroll", "Eileen", pictures("collins"))
    assert said.code == 2
    assert "is larger than 0.1 MB; give a smaller file" in said.err
    assert site.people() == []


@pytest.mark.parametrize("name", ["Grace", "GRACE", " grace "])
def test_a_name_that_is_taken(site, pictures, name: str) -> None:
    site.put("Grace")
    store, changes = site.store(), site.changes()
    said = site("enroll", name, pictures("collins"))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("accessctl: 'Grace' is enrolled already; ")
    assert said.err.count("\n") == 1
    assert (site.store(), site.changes()) == (store, changes)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "The name is empty"),
        ("   ", "The name is empty"),
        ("a\nb", "control characters"),
        ("\x1b[31mred", "control characters"),
        ("\u202eevil", "control characters"),
        ("\udcff", "control characters"),
        ("x" * 101, "at most 100"),
    ],
)
def test_a_name_that_will_not_do(site, pictures, name: str, why: str) -> None:
    store = site.store()
    said = site("enroll", name, pictures("collins"))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("accessctl: The name ")
    assert why in said.err
    assert said.err.count("\n") == 1
    assert (site.store(), site.changes()) == (store, [])


def test_only_somebody_enrolled_gets_more_photos(site, pictures) -> None:
    store = site.store()
    said = site("enroll", "--add", "Eileen", pictures("collins"))
    assert said.code == 2
    assert "Nobody called 'Eileen' is enrolled" in said.err
    assert (site.store(), site.changes()) == (store, [])


def test_a_lookalike_is_enrolled_with_a_warning_that_names_both(
    site, pictures, caplog: pytest.LogCaptureFixture
) -> None:
    site("enroll", "Grace", pictures("hopper"))
    site("enroll", "Eileen", pictures("collins"))
    assert [r for r in caplog.records if "looks like" in r.message] == []
    store = site.store()
    said = site("enroll", "Her twin", pictures("collins_mirrored"))
    assert said.code == 2
    assert "looks like Eileen, who is enrolled (similarity " in said.err
    assert site.store() == store
    said = site("enroll", "Her twin", pictures("collins_mirrored"), "--anyway")
    assert said.code == 0
    (warning,) = [r for r in caplog.records if "looks like" in r.message]
    assert warning.levelno == logging.WARNING
    assert warning.message.startswith("Her twin looks like Eileen ")


def test_adding_a_photo_of_oneself_is_no_lookalike(
    site, pictures, caplog: pytest.LogCaptureFixture
) -> None:
    site("enroll", "Eileen", pictures("collins"))
    site("enroll", "--add", "Eileen", pictures("collins_mirrored"))
    assert "looks like" not in caplog.text


def test_a_photo_of_a_stranger_is_not_added_and_both_figures_are_told(site, pictures) -> None:
    site("enroll", "Grace", pictures("hopper"))
    store = site.store()
    said = site("enroll", "--add", "Grace", pictures("collins"))
    assert said.code == 2
    assert "does not show whom the other photos of Grace show (similarity " in said.err
    assert said.err.count("\n") == 1
    assert site.store() == store


@pytest.mark.parametrize(
    "argv",
    [
        ["enroll"],
        ["enroll", "Ada"],
        ["enroll", "Ada", "a.jpg", "--camera"],
        ["enroll", "--camera"],
        ["enroll", "--folder", "d", "Ada"],
        ["enroll", "--folder", "d", "--camera"],
        ["enroll", "--folder", "d", "Ada", "a.jpg"],
        ["enroll", "--folder", "d", "--add"],
        ["enroll", "Ada", "a.jpg", "--source", "demo"],
    ],
)
def test_wrong_usage(site, argv: list[str]) -> None:
    said = site(*argv)
    assert said.code == 2
    assert said.err.startswith("accessctl")
    assert said.err.count("\n") == 1
    assert not (site.folder / "enrolled").exists()


@pytest.fixture
def camera(tmp_path: Path, pictures):
    """A folder that plays a few pictures as a camera would."""

    def play(*names: str) -> Path:
        folder = tmp_path / "camera"
        folder.mkdir()
        for index, name in enumerate(names):
            shutil.copy(pictures(name), folder / f"{index}.png")
        return folder

    return play


def test_a_photo_from_the_camera(site, camera) -> None:
    source = camera("nobody", "collins_portrait")
    said = site("enroll", "Eileen", "--camera", "--source", source, "--countdown", "0")
    assert (said.code, said.out, said.err) == (0, "Enrolled Eileen (1 photo).\n", "")
    assert site.people() == [("Eileen", 1)]


def test_a_camera_that_shows_nobody_who_will_do(site, camera) -> None:
    store = site.store()
    source = camera("nobody", "two")
    said = site("enroll", "Eileen", "--camera", "--source", source, "--countdown", "0")
    assert said.code == 2
    assert said.err.startswith("accessctl: The camera: 2 faces found")
    assert site.store() == store


def test_the_countdown_is_told(site, camera) -> None:
    drained: list[float] = []
    site.parts["shoot"] = partial(from_camera, wait=lambda reader, seconds: drained.append(seconds))
    source = camera("collins")
    said = site("enroll", "Eileen", "--camera", "--source", source, "--countdown", "2")
    assert said.out.splitlines() == [
        "Look into the camera: 2 ...",
        "Look into the camera: 1 ...",
        "Enrolled Eileen (1 photo).",
    ]
    assert drained == [1.0, 1.0]


def test_draining_takes_what_comes_and_ends_with_the_feed() -> None:
    class Reader:
        left = 3

        @property
        def ended(self) -> bool:
            return self.left == 0

        def next(self, timeout_s: float) -> None:
            assert 0 < timeout_s <= 60
            self.left -= 1

    reader = Reader()
    drain(reader, 60.0)
    assert reader.left == 0


def test_no_camera(site, tmp_path: Path) -> None:
    locate = partial(locate_first, sysfs=tmp_path / "sys")
    site.parts["shoot"] = partial(from_camera, locate=locate)
    store = site.store()
    said = site("enroll", "Eileen", "--camera")
    assert said.code == 1
    assert said.err.startswith("accessctl: No camera is attached; plug one in")
    assert said.err.count("\n") == 1
    assert site.store() == store


def test_a_camera_that_is_not_there(site) -> None:
    site.parts["shoot"] = partial(from_camera, shot_s=0.1)
    said = site("enroll", "Eileen", "--camera", "--source", "/dev/video987", "--countdown", "0")
    assert said.code == 1
    assert said.err.startswith("accessctl: The camera gave no picture")


def test_a_source_that_nobody_understands(site) -> None:
    said = site("enroll", "Eileen", "--camera", "--source", "gopher://x")
    assert said.code == 2
    assert "gopher://x" in said.err


def test_a_photo_with_somebody_in_the_background_says_who_was_taken(site, pictures) -> None:
    large = cv2.imread(str(pictures("collins")))
    height, width = large.shape[:2]
    canvas = np.full((height, 2 * width, 3), 128, np.uint8)
    canvas[:, width // 2 : width // 2 + width] = large
    small = cv2.resize(large, None, fx=0.42, fy=0.42, interpolation=cv2.INTER_AREA)
    canvas[: small.shape[0], 2 * width - small.shape[1] :] = small
    photo = site.folder / "us.png"
    cv2.imwrite(str(photo), canvas)
    refused = site("enroll", "--strict", "Eileen", photo)
    assert refused.code == 2
    assert "2 faces found" in refused.err
    said = site("enroll", "Eileen", photo)
    assert said.code == 0
    assert said.out.splitlines() == [
        f"{photo}: 2 faces found; the largest, in the middle, is taken. "
        "--strict refuses such a photo.",
        "Enrolled Eileen (1 photo).",
    ]
