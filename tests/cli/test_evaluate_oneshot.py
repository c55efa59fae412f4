from pathlib import Path

import cv2
import pytest


@pytest.fixture
def photos(tmp_path: Path, pictures) -> Path:
    """Two people with two photos each."""
    shown = {"H/1": "hopper", "H/2": "whole.jpg", "C/1": "collins", "C/2": "collins_mirrored"}
    for name, picture in shown.items():
        path = tmp_path / "photos" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), cv2.imread(str(pictures(picture))))
    return tmp_path / "photos"


@pytest.fixture
def common(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    cache = tmp_path_factory.getbasetemp() / "evaluation-cache"
    return ("--data", photos, "--cache", cache, "--subject", "largest")


def test_two_people_are_told_apart(site, common, tmp_path: Path) -> None:
    words = ("evaluate", "oneshot", *common, "--ways", "2", "--shots", "1", "--trials", "8")
    said = site(*words, "--plots", tmp_path / "drawn")
    assert said.code == 0, said.err
    # Of 8 all 8: 0.025 ** (1 / 8) = 63.1 %.
    assert "2       100.0 (63.1 to 100.0)  100.0 (63.1 to 100.0)" in said.out
    assert "asked of the 2 people with more than 1 photos" in said.out
    assert (tmp_path / "drawn" / "oneshot-dlib-face-resnet.png").stat().st_size > 10_000

    (found,) = site(*words, "--json").lines
    assert found["one_shot"][0]["product"] == {"rate": 1.0, "interval_95": [0.63058, 1.0]}
    assert found["k_shot"][0]["shots"] == 1
    assert "--ways 2 --shots 1 --trials 8" in found["command"]


def test_a_photo_that_shows_nobody_is_an_error(site, common, photos: Path, pictures) -> None:
    for name in ("H/2", "C/2"):
        assert cv2.imwrite(str(photos / f"{name}.jpg"), cv2.imread(str(pictures("nobody"))))
    words = ("--ways", "2", "--shots", "1", "--trials", "8", "--json")
    (found,) = site("evaluate", "oneshot", *common, *words).lines
    assert found["photos_without_a_face"] == 2
    # Either the probe or the photo of its own person shows nobody, every time.
    assert found["one_shot"][0]["product"]["rate"] == 0


def test_too_few_people(site, common) -> None:
    said = site("evaluate", "oneshot", *common)
    assert said.code == 2
    assert "100-way tasks with 1 photos" in said.err
