from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import Image, Points


def night(photo: Image, mesh: Points, draw: np.random.Generator) -> Image:
    return np.zeros_like(photo)


def mirror(photo: Image, mesh: Points, draw: np.random.Generator) -> Image:
    return np.ascontiguousarray(photo[:, ::-1])


@pytest.fixture
def common(
    site, tmp_path: Path, pictures, tmp_path_factory: pytest.TempPathFactory
) -> tuple[object, ...]:
    """Two people with two photos each, before a mirror and in the dark."""
    shown = {"H/1": "hopper", "H/2": "whole.jpg", "C/1": "collins", "C/2": "collins_mirrored"}
    for name, picture in shown.items():
        path = tmp_path / "photos" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), cv2.imread(str(pictures(picture))))
    site.parts["conditions"] = {"mirror": mirror, "night": night}
    cache = tmp_path_factory.getbasetemp() / "evaluation-cache"
    return ("--data", tmp_path / "photos", "--cache", cache, "--subject", "largest")


SMALL = ("--people", "2", "--gallery", "1", "--draws", "2")


def test_what_is_lost_by_condition(site, common, tmp_path: Path) -> None:
    words = ("evaluate", "robustness", *common, *SMALL)
    said = site(*words, "--plots", tmp_path / "drawn", "--target-fmr", "0.001")
    assert said.code == 0, said.err
    pairs, search = said.out.split("Searched among 1 enrolled people")
    rows = {line.split()[0]: line.split() for line in pairs.splitlines() if line}
    assert "at a stated FMR of 0.001" in pairs
    # No face, refused, TAR with 0.025 ** 0.5 = 15.8 % or 1 - that, lost.
    assert rows["untouched"][1:7] == ["0.0", "0.0", "100.0", "(15.8", "to", "100.0)"]
    assert rows["mirror"][3] == "100.0"
    assert rows["night"][1:8] == ["100.0", "0.0", "0.0", "(0.0", "to", "84.2)", "100.0"]
    rows = {line.split()[0]: line.split() for line in search.splitlines()[2:]}
    assert (rows["untouched"][1], rows["night"][1]) == ("0.0", "100.0")
    assert (tmp_path / "drawn" / "robustness-dlib-face-resnet.png").stat().st_size > 10_000

    (found,) = site(*words, "--json").lines
    assert [one["condition"] for one in found["conditions"]] == ["untouched", "mirror", "night"]
    assert (found["target_fmr"], found["target_fpir"], found["gallery"]) == (0.0001, 0.01, 1)
    assert found["conditions"][2]["tar"] == {"rate": 0.0, "interval_95": [0.0, 0.84189]}


@pytest.mark.parametrize("gallery", ["0", "2", "3"])
def test_somebody_must_be_left_out(site, common, gallery: str) -> None:
    said = site("evaluate", "robustness", *common, "--people", "2", "--gallery", gallery)
    assert said.code == 2
    assert "--gallery must be smaller than --people" in said.err


def test_too_few_people(site, common) -> None:
    said = site("evaluate", "robustness", *common)
    assert said.code == 2
    assert "300 people with two photos each" in said.err
