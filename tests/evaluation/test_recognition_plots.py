from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.evaluation import plots
from accessctl.evaluation.counted import count
from accessctl.evaluation.identification import GalleryOutcome, Searches
from accessctl.evaluation.open_set import Tried, row
from accessctl.evaluation.people_interval import PeopleRate
from accessctl.evaluation.robustness import ConditionLoss


def counted(events: int):
    return count(np.arange(10) < events)


RATE = PeopleRate(1, 4, 4, 0.0, 0.6)
LOSS = ConditionLoss("dim", counted(1), counted(2), counted(4), counted(5), 0, 90, RATE, RATE, RATE)


def drawn(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def test_what_becomes_of_a_probe_adds_up() -> None:
    losses = [LOSS, replace(LOSS, faceless=counted(0))]
    shares = {label: list(share) for label, _, share in plots._shares(losses)}
    assert shares == {
        "matched": [40, 40],
        "not matched": [30, 40],
        "refused for its quality": [20, 20],
        "no face found": [10, 0],
    }


def test_an_interval_is_drawn_around_its_value() -> None:
    ends = plots._ends([RATE, PeopleRate(4, 4, 4, 0.4, 1.0)])
    np.testing.assert_allclose(ends, [[25, 60], [35, 0]])


def test_robustness_is_as_tall_as_its_conditions_are_many(tmp_path: Path) -> None:
    for conditions in (2, 8):
        path = tmp_path / "drawn" / f"{conditions}.png"
        plots.robustness([LOSS] * conditions, 1e-4, 0.01, path)
    few, many = (drawn(tmp_path / "drawn" / f"{n}.png").shape for n in (2, 8))
    assert few[1] == many[1]
    assert many[0] - few[0] == pytest.approx(6 * 0.4 * 120, abs=2)


def test_oneshot_and_identification_are_drawn(tmp_path: Path) -> None:
    pair = (counted(9), counted(10))
    tasks = {(way, shot): pair for way in (2, 20) for shot in (1, 5)}
    plots.oneshot(tasks, tasks, tmp_path / "oneshot.png")
    assert drawn(tmp_path / "oneshot.png").std() > 5

    score = np.linspace(3, -3, 20)
    right = np.ones(20, bool)
    mates = Searches(np.arange(20), score + 2, right * 9.0, 10 ** -(score + 4), right, score, right)
    others = replace(mates, score=score, upper=10 ** -(score + 1), right=~right)
    tried = Tried(10, 1, (GalleryOutcome(10, mates, others),))
    rows = [
        row(tried, target, 0.5, np.arange(20), np.random.default_rng(0), threshold)
        for target, threshold in ((0.001, 9.0), (0.01, 1.0))
    ]
    plots.identification([tried], rows, rows, tmp_path / "identify.png")
    assert drawn(tmp_path / "identify.png").std() > 5
