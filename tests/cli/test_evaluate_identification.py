import shutil
from pathlib import Path

import cv2
import pytest

from accessctl.encoder.card import load_card

DLIB = Path(__file__).parents[2] / "models" / "dlib"


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


SMALL = ("--seed", "3", "--sizes", "1", "--pool", "1", "--pool-size", "1", "--draws", "8")


def test_who_is_enrolled_is_named_and_who_is_not_is_not(site, common, tmp_path: Path) -> None:
    report, drawings = tmp_path / "report.md", tmp_path / "drawn"
    words = ("evaluate", "identify", *common, *SMALL)
    said = site(*words, "--report", report, "--plots", drawings)
    assert said.code == 0, said.err
    lines = [line.split() for line in said.out.splitlines()]
    # The configured rate and the usual one; both people are told apart in every gallery, and
    # an interval over two people says how little that proves: 1 - 0.025 ** 0.5 = 84.2 %.
    for stated in ("0.1", "1"):
        assert ["1", stated, "0.00", "(0.00", "to", "84.19)", "0.00", "0.0"] in [
            line[:8] for line in lines
        ]
    assert "## dlib-face-resnet" in report.read_text()
    assert "--target-fpir 0.001 --target-fpir 0.01" in report.read_text()
    assert (drawings / "identify-dlib-face-resnet.png").stat().st_size > 10_000

    (found,) = site(*words, "--target-fpir", "0.05", "--json").lines
    (row,) = found["galleries"]
    assert (row["people"], row["target_fpir"], row["fnir"]["rate"]) == (1, 0.05, 0)
    assert found["pooled"][0]["photos_a_probe"] == 1
    assert found["fingerprint"] == load_card(DLIB).fingerprint


def test_the_card_keeps_what_was_measured(site, common, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "mine"
    shutil.copytree(DLIB, folder)
    (tmp_path / "models" / "cache").symlink_to(DLIB.parent / "cache")
    words = (*common, "--encoder", folder, "--write-card", "--json")
    (found,) = site("evaluate", "identify", *words, *SMALL).lines
    assert load_card(folder).results["identify"]["galleries"] == found["galleries"]


def test_too_few_people_for_the_gallery(site, common) -> None:
    said = site("evaluate", "identify", *common, "--sizes", "50")
    assert said.code == 2
    assert "A gallery of 50 people" in said.err


def test_no_photos_at_all(site, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    said = site("evaluate", "identify", "--data", tmp_path / "nothing")
    assert said.code == 2
    assert "holds no" in said.err


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
    assert found["photos_without_a_subject"] == 2
    # Either the probe or the photo of its own person shows nobody, every time.
    assert found["one_shot"][0]["product"]["rate"] == 0


def test_too_few_people_for_the_tasks(site, common) -> None:
    said = site("evaluate", "oneshot", *common)
    assert said.code == 2
    assert "100-way tasks with 1 photos" in said.err
