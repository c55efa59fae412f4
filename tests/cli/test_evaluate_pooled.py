import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from accessctl.cli.common import config_from
from accessctl.cli.evaluate_common import encoder_from
from accessctl.encoder.card import load_card
from accessctl.evaluation.data import people_of
from accessctl.evaluation.embedded import Embedded
from accessctl.gallery.fake import random_units

DLIB = Path(__file__).parents[2] / "models" / "dlib"
PEOPLE, PHOTOS = 24, 6


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in range(PEOPLE):
        folder = tmp_path / "people" / f"p{number:02}"
        folder.mkdir(parents=True)
        for photo in range(PHOTOS):
            (folder / f"{photo}.jpg").write_bytes(b"never read")
    return tmp_path / "people"


@pytest.fixture
def drawn(site) -> None:
    """Photos of one person are alike, and everybody is alike a little."""

    def embed(photos, names, **how) -> Embedded:
        people, person = people_of(tuple(names))
        rows = random_units(PEOPLE, 128, seed=0)[person] + random_units(len(names), 128, seed=1)
        rows += 0.7 * random_units(1, 128, seed=2)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        found = np.ones(len(names), bool)
        return Embedded(tuple(names), people, person, rows, found, found, (None,) * len(names))

    def sight(photos, names, **how) -> SimpleNamespace:
        found = np.ones(len(names), bool)
        absent = (None,) * len(names)
        return SimpleNamespace(found=found, usable=found, quality=found / 2, absent=absent)

    site.parts["bench_of"] = lambda args, subject: (
        SimpleNamespace(embed=embed, sight=sight),
        encoder_from(args, config_from(args)),
    )


def test_what_is_found_is_told_in_figures_and_kept_in_the_card(
    site, tree: Path, drawn, tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "mine"
    shutil.copytree(DLIB, folder)
    words = ("--data", tree, "--pooled", "--draws", "1", "--encoder", folder, "--write-card")
    said = site("evaluate", "calibration", *words, "--json")
    assert said.code == 0, said.err
    (found,) = said.lines
    assert found["people"] == PEOPLE
    assert [rate["stated_fmr"] for rate in found["rates"]] == [1e-2, 1e-3]
    for rate in found["rates"]:
        single, *_, five = rate["by_number"]
        assert (single["pooled"], five["pooled"]) == ("1 with 1", "5 with 5")
        assert single["mean_spread"] == 0
        assert single["before"] == single["after"]
        assert five["mean_spread"] > 0.5
        assert five["pairs"] == PEOPLE * (PEOPLE - 1)
        assert five["after"]["value"] <= five["before"]["value"]
    assert "--pooled --draws 1 --seed 0" in found["command"]
    assert load_card(folder).results["pooled"]["rates"] == found["rates"]


def test_in_words(site, tree: Path, drawn) -> None:
    words = ("--data", tree, "--pooled", "--draws", "1", "--slope", "3")
    said = site("evaluate", "calibration", *words)
    assert said.code == 0, said.err
    assert "24 people with photos enough" in said.out
    assert said.out.count("rates raised by 3.00") == 4
    assert said.out.count("single photos") == 2


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--groups", "folders", "--pooled"), "--pooled and --groups are measured one at a time"),
        (("--slope", "2"), "--slope speaks of pooled photos; add --pooled."),
    ],
)
def test_options_that_do_not_go_together(
    site, tree: Path, more: tuple[str, ...], sentence: str
) -> None:
    said = site("evaluate", "calibration", "--data", tree, *more)
    assert said.code == 2
    assert sentence in said.err
