from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from accessctl.cli.common import config_from
from accessctl.cli.evaluate_common import encoder_from
from accessctl.evaluation.data import people_of
from accessctl.evaluation.embedded import Embedded
from accessctl.gallery.fake import random_units

PEOPLE = 60


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two groups of 60 people with one photo each."""
    for group in ("day", "night"):
        for number in range(PEOPLE):
            folder = tmp_path / "tree" / group / f"p{number:02}"
            folder.mkdir(parents=True)
            (folder / "1.jpg").write_bytes(b"never read")
    return tmp_path / "tree"


@pytest.fixture
def drawn(site) -> None:
    """People of the night are alike: all look a little in one direction."""

    def embed(photos, names) -> Embedded:
        people, person = people_of(tuple(names))
        night = np.array(["night" in name for name in names])
        rows = random_units(len(names), 128, seed=0)
        rows[night] += 1.5 * random_units(1, 128, seed=2)[0]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        found = np.ones(len(names), bool)
        return Embedded(tuple(names), people, person, rows, found, found, (None,) * len(names))

    site.parts["bench_of"] = lambda args, subject: (
        SimpleNamespace(embed=embed),
        encoder_from(args, config_from(args)),
    )


def test_groups_by_folders_and_by_a_table_say_the_same(
    site, tree: Path, drawn, tmp_path: Path
) -> None:
    words = ("evaluate", "calibration", "--data", tree, "--json", "--groups")
    said = site(*words, "folders")
    assert said.code == 0, said.err
    (by_folder,) = said.lines
    day, night, both = by_folder["all_pairs"]
    assert (day["group"], night["group"]) == ("day", "night")
    assert day["people"] == PEOPLE
    assert both["impostor_pairs"] == 2 * day["impostor_pairs"]
    rates = [one["observed_over_stated"]["1e-02"]["value"] for one in (day, night)]
    assert rates[1] > rates[0]
    assert day["observed_over_stated"]["1e-04"] is None
    assert by_folder["photos_without_a_subject"] == 0

    table = tmp_path / "groups.csv"
    lines = [f"{group}/p{n:02},{group}" for group in ("day", "night") for n in range(PEOPLE)]
    table.write_text("\n".join(["person,group", *lines]))
    (by_table,) = site(*words, table).lines
    assert by_table["all_pairs"] == by_folder["all_pairs"]


def test_in_words(site, tree: Path, drawn) -> None:
    said = site("evaluate", "calibration", "--data", tree, "--groups", "folders")
    assert said.code == 0, said.err
    assert "Within each group, all pairs: observed over stated FMR" in said.out
    assert "within any of them" in said.out


def test_a_table_that_is_not_there(site, tree: Path, drawn) -> None:
    said = site("evaluate", "calibration", "--data", tree, "--groups", "none.csv")
    assert said.code == 2
    assert "none.csv as CSV" in said.err
