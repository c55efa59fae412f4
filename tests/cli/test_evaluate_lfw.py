import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from accessctl.cli.common import config_from
from accessctl.cli.evaluate_common import encoder_from
from accessctl.encoder.card import load_card
from accessctl.evaluation.embedded import Embedded
from accessctl.evaluation.pairs import all_pairs, normalised
from accessctl.gallery.fake import random_units

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
    assert "5 photos, 1 without a subject: 1 no face is found" in said.out
    assert "4 genuine and 6 impostor pairs" in said.out
    assert {file.name for file in drawings.iterdir()} == {"det.png", "scores.png"}

    said = site(*words, "--json")
    assert said.code == 0, said.err
    (found,) = said.lines
    assert found["photos_without_a_subject"] == 1
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


PEOPLE = 40


@pytest.fixture
def forty(tmp_path: Path) -> Path:
    """Forty names with two photos each; what they show is for the fake bench to say."""
    names = [f"P{number:02}" for number in range(PEOPLE)]
    for name in names:
        (tmp_path / "lfw" / name).mkdir(parents=True)
        for photo in (1, 2):
            (tmp_path / "lfw" / name / f"{name}_{photo:04}.png").write_bytes(b"never read")
            (tmp_path / "lfw" / name / f"{name}_{photo:04}.jpg").write_bytes(b"never read")
    genuine = [f"{name}\t1\t2" for name in names]
    impostor = [f"{a}\t1\t{b}\t2" for a, b in zip(names, names[1:] + names[:1], strict=True)]
    half = PEOPLE // 2
    lines = [f"2\t{half}", *genuine[:half], *impostor[:half], *genuine[half:], *impostor[half:]]
    (tmp_path / "lfw" / "pairs.txt").write_text("\n".join(lines))
    return tmp_path / "lfw"


@pytest.fixture
def embedded(site) -> list[Embedded]:
    """Photos become directions that are drawn, alike for one person."""
    made: list[Embedded] = []

    def embed(photos, names) -> Embedded:
        person = np.arange(len(names)) // 2
        rows = random_units(PEOPLE, 128, seed=0)[person] + 0.5 * random_units(len(names), 128, 1)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        found = np.ones(len(names), bool)
        people = tuple(f"P{number:02}" for number in range(PEOPLE))
        made.append(Embedded(tuple(names), people, person, rows, found, found))
        return made[-1]

    site.parts["bench_of"] = lambda args, subject: (
        SimpleNamespace(embed=embed),
        encoder_from(args, config_from(args)),
    )
    return made


def test_observed_rates_are_those_of_the_pairs(
    site, forty: Path, embedded: list[Embedded], loaded, tmp_path: Path
) -> None:
    words = ("evaluate", "calibration", "--data", forty)
    said = site(*words, "--json", "--plots", tmp_path / "drawn")
    assert said.code == 0, said.err
    (found,) = said.lines
    faces = embedded[0]
    scorer = normalised(faces.embeddings, faces.found, loaded.normaliser)
    pairs = all_pairs(scorer, faces.person)
    assert found["impostor_pairs"] == pairs.impostors == 80 * 78 // 2
    assert [row["stated_fmr"] for row in found["rates"]] == [1e-2, 1e-3, 1e-4, 1e-5, 1e-6]
    for row in found["rates"]:
        threshold = loaded.calibration.threshold(row["stated_fmr"])
        assert row["threshold"] == round(threshold, 3)
        fmr, fnmr = pairs.errors_at(threshold)
        assert row["observed_fmr"] == pytest.approx(fmr, rel=0.01)
        assert row["fnmr"] == pytest.approx(fnmr, abs=1e-4)
    assert (tmp_path / "drawn" / "calibration.png").exists()
    said = site(*words)
    assert said.code == 0, said.err
    assert "3,120 impostor and 40 genuine pairs of 40 people" in said.out
    assert said.out.count("\n1e-0") == 5
