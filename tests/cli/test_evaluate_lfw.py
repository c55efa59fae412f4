import json
import shutil
from pathlib import Path

import cv2
import pytest

from accessctl.encoder.card import load_card

DLIB = Path(__file__).parents[2] / "models" / "dlib"


@pytest.fixture
def lfw(tmp_path: Path, pictures) -> Path:
    """Two people, two photos each; one photo of one of them shows a cup of coffee."""
    shown = {"H/H_0001": "hopper", "H/H_0002": "whole.jpg", "H/H_0003": "nobody"}
    shown |= {"C/C_0001": "collins_portrait", "C/C_0002": "collins_portrait"}
    for name, picture in shown.items():
        path = tmp_path / "lfw" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        image = cv2.imread(str(pictures(picture)))
        if picture == "collins_portrait":
            image = image[:260]  # her face in the middle, as in LFW
        assert cv2.imwrite(str(path), image[:, ::-1] if name == "C/C_0002" else image)
    pairs = ["2\t2"]
    for fold in (["H\t1\t2", "C\t1\t2"], ["H\t1\t3", "C\t2\t1"]):
        pairs += [*fold, "H\t1\tC\t1", "H\t2\tC\t2"]
    (tmp_path / "lfw" / "pairs.txt").write_text("\n".join(pairs))
    return tmp_path / "lfw"


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "evaluation-cache"


def test_a_tiny_lfw_in_words_and_figures(site, lfw: Path, cache: Path, tmp_path: Path) -> None:
    drawings = tmp_path / "drawn"
    words = ("evaluate", "lfw", "--data", lfw, "--cache", cache)
    said = site(*words, "--all-pairs", "--plots", drawings)
    assert said.code == 0, said.err
    assert "5 photos, 1 without a face" in said.out
    assert "4 genuine and 6 impostor pairs" in said.out
    assert {file.name for file in drawings.iterdir()} == {"det.png", "scores.png"}

    said = site(*words, "--json")
    assert said.code == 0, said.err
    (found,) = said.lines
    assert found["photos_without_a_face"] == 1
    assert "all_pairs" not in found
    view = found["view_2"]["normalised"]
    # Of the 8 pairs only the genuine one with the cup of coffee is told wrong.
    assert view["accuracy"] == 7 / 8
    assert view["tar"]["1e-03"] == 3 / 4
    assert found["fingerprint"] == load_card(DLIB).fingerprint
    assert "--encoder" in found["command"]


def test_the_card_keeps_what_was_measured(site, lfw: Path, cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "mine"
    shutil.copytree(DLIB, folder)
    (tmp_path / "models" / "cache").symlink_to(DLIB.parent / "cache")
    words = ("--data", lfw, "--cache", cache, "--encoder", folder, "--write-card")
    assert site("evaluate", "lfw", "--all-pairs", *words).code == 0
    said = site("evaluate", "calibration", *words, "--json")
    assert said.code == 0, said.err
    card = load_card(folder)
    assert set(load_card(DLIB).results) | {"lfw", "calibration"} == set(card.results)
    assert card.results["calibration"]["rates"] == json.loads(said.out)["rates"]
    assert card.results["lfw"]["all_pairs"]["normalised"]["tar"]["1e-02"] == 0.5


def test_an_encoder_without_a_calibration_has_cosines(
    site, lfw: Path, cache: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "mine"
    shutil.copytree(DLIB, folder)
    (tmp_path / "models" / "cache").symlink_to(DLIB.parent / "cache")
    text = (folder / "card.yaml").read_text()
    (folder / "card.yaml").write_text(text[: text.index("cohort: cohort.npz")])
    words = ("--data", lfw, "--cache", cache, "--encoder", folder)
    said = site("evaluate", "lfw", *words, "--json", "--plots", tmp_path / "drawn")
    assert said.code == 0, said.err
    assert set(said.lines[0]["view_2"]) == {"cosine"}
    assert (tmp_path / "drawn" / "det.png").exists()
    said = site("evaluate", "calibration", *words)
    assert said.code == 1
    assert "accessctl models calibrate" in said.err


def test_a_folder_that_is_not_lfw(site, tmp_path: Path) -> None:
    said = site("evaluate", "lfw", "--data", tmp_path)
    assert said.code == 2
    assert "pairs.txt" in said.err
    assert site("evaluate", "lfw").code == 2
