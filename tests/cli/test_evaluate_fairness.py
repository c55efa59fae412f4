from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from accessctl.cli.common import config_from
from accessctl.cli.evaluate_common import encoder_from
from accessctl.evaluation.data import people_of
from accessctl.evaluation.embedded import Embedded
from accessctl.evaluation.sightings import Absence
from accessctl.gallery.fake import random_units

EACH = 35


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two groups of 35 people with two photos each, and one person who is a group."""
    for group, people in (("day", EACH), ("night", EACH), ("rare", 1)):
        for number in range(people):
            folder = tmp_path / "tree" / group / f"p{number:02}"
            folder.mkdir(parents=True)
            for photo in ("1.jpg", "2.jpg"):
                (folder / photo).write_bytes(b"never read")
    return tmp_path / "tree"


@pytest.fixture
def drawn(site) -> None:
    """People of the night are alike: all look a little in one direction."""

    def embed(photos, names) -> Embedded:
        people, person = people_of(tuple(names))
        night = np.array([name.startswith("night") for name in names])
        rows = random_units(len(people), 128, seed=0)[person].astype(np.float64)
        rows += 0.3 * random_units(len(names), 128, seed=1)
        rows[night] += 1.5 * random_units(1, 128, seed=2)[0]
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        found = np.arange(len(names)) > 0
        absent = (Absence.NO_FACE, *(None,) * (len(names) - 1))
        return Embedded(tuple(names), people, person, rows, found, found, absent)

    site.parts["bench_of"] = lambda args, subject: (
        SimpleNamespace(embed=embed),
        encoder_from(args, config_from(args)),
    )


def false_matches(found: dict[str, Any]) -> int:
    rates = [(one["fmr"], one["impostor_pairs"]) for one in (*found["groups"], found["between"])]
    return round(sum(fmr["value"] * pairs for fmr, pairs in rates if fmr))


def test_the_group_whose_people_are_alike_is_seen(site, tree: Path, drawn, tmp_path: Path) -> None:
    words = ("evaluate", "fairness", "--data", tree, "--target-fmr", "0.01")
    said = site(*words, "--json", "--plots", tmp_path / "drawn")
    assert said.code == 0, said.err
    (found,) = said.lines
    groups = {group["group"]: group for group in found["groups"]}
    assert list(groups) == ["day", "night", "rare"]
    assert groups["night"]["fmr"]["value"] > 2 * max(groups["day"]["fmr"]["value"], 0.01)
    assert groups["day"]["people"] == EACH
    assert groups["day"]["genuine_pairs"] == EACH
    assert groups["day"]["fnmr"]["value"] == pytest.approx(1 / EACH, rel=1e-3), (
        "one photo shows nobody"
    )
    assert groups["rare"]["small"] is True
    assert groups["rare"]["fmr"] is None
    assert found["target_fmr"] == 0.01
    assert (tmp_path / "drawn" / "fairness.png").exists()
    whole = found["one_cosine_threshold"]
    assert false_matches(whole) == false_matches(found) > 0
    assert whole["between"]["impostor_pairs"] == found["between"]["impostor_pairs"]
    said = site(*words)
    assert said.code == 0, said.err
    assert "too few people to tell" in said.out
    assert "142 photos, 1 without a subject: 1 no face is found" in said.out
    assert said.out.count("worst / best group") == 4


def test_a_tree_without_groups(site, tmp_path: Path) -> None:
    (tmp_path / "flat" / "ann").mkdir(parents=True)
    (tmp_path / "flat" / "ann" / "1.jpg").write_bytes(b"never read")
    said = site("evaluate", "fairness", "--data", tmp_path / "flat")
    assert said.code == 2
    assert "group/person/photo" in said.err


@pytest.mark.parametrize("rate", ["2", "-1", "0", "1e-12"])
def test_a_rate_that_is_none(site, tree: Path, rate: str) -> None:
    said = site("evaluate", "fairness", "--data", tree, f"--target-fmr={rate}")
    assert said.code == 2
    assert "--target-fmr" in said.err
