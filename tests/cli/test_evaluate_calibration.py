from pathlib import Path

import numpy as np
import pytest

from accessctl.evaluation.embedded import Bench, Embedded
from accessctl.evaluation.pairs import all_pairs, normalised
from accessctl.gallery.fake import random_units

PEOPLE = 40


@pytest.fixture
def lfw(tmp_path: Path) -> Path:
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
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[Embedded]:
    """Photos become directions that are drawn, alike for one person."""
    made: list[Embedded] = []

    def embed(self: Bench, photos, names) -> Embedded:
        person = np.arange(len(names)) // 2
        rows = random_units(PEOPLE, 128, seed=0)[person] + 0.5 * random_units(len(names), 128, 1)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        found = np.ones(len(names), bool)
        people = tuple(f"P{number:02}" for number in range(PEOPLE))
        made.append(Embedded(tuple(names), people, person, rows, found, found))
        return made[-1]

    monkeypatch.setattr(Bench, "embed", embed)
    return made


def test_observed_rates_are_those_of_the_pairs(
    site, lfw: Path, embedded: list[Embedded], loaded, tmp_path: Path
) -> None:
    words = ("evaluate", "calibration", "--data", lfw)
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
