from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.evaluation import plots
from accessctl.evaluation.fairness import GroupRates
from accessctl.evaluation.identification import GalleryOutcome, Searches
from accessctl.evaluation.lfw import StatedRate
from accessctl.evaluation.open_set import Tried, row
from accessctl.evaluation.pairs import AllPairs, all_pairs, cosine
from accessctl.evaluation.robustness import ConditionLoss
from accessctl.evaluation.statistics import Measured, PeopleRate, count
from accessctl.gallery.fake import random_units


@pytest.fixture(scope="module")
def pairs() -> AllPairs:
    person = np.arange(120) // 3
    faces = random_units(40, 12, seed=0)[person] + 0.25 * random_units(120, 12, seed=1)
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    return all_pairs(cosine(faces, np.arange(120) > 0), person)


def drawn(path: Path) -> None:
    picture = cv2.imread(str(path))
    assert picture is not None
    assert min(picture.shape[:2]) > 200
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20, "nothing is drawn"


@pytest.mark.usefixtures("full_disk")
def test_a_figure_on_a_full_disk_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "det.png"
    path.write_bytes(b"before")
    figure = pytest.importorskip("matplotlib.figure").Figure((1, 1))
    with pytest.raises(OSError, match="No space left"):
        plots.save_figure(figure, path)
    assert [p.name for p in tmp_path.iterdir()] == ["det.png"]
    assert path.read_bytes() == b"before"


def test_a_curve_from_ten_impostors_to_a_tenth_of_them(pairs: AllPairs) -> None:
    fmr, fnmr = plots.pair_det_curve(pairs)
    assert fmr[0] == pytest.approx(10 / pairs.impostors)
    assert fmr[-1] == pytest.approx(0.1)
    for place in (0, 100, 299):
        allowed = int(fmr[place] * pairs.impostors + 1e-9)
        assert fnmr[place] == np.mean(pairs.genuine <= pairs.top[allowed])
    assert (np.diff(fnmr) <= 0).all()


def test_det(pairs: AllPairs, tmp_path: Path) -> None:
    path = tmp_path / "new" / "det.png"
    plots.det({"cosine": pairs}, {"here": (0.01, 0.02), "never": (0.0, 1.0)}, path)
    drawn(path)


def test_histograms(pairs: AllPairs, tmp_path: Path) -> None:
    plots.histograms(pairs, "cosine", 0.5, "a mark", tmp_path / "scores.png")
    drawn(tmp_path / "scores.png")


def test_calibration_without_an_event_and_without_an_interval(tmp_path: Path) -> None:
    nan = float("nan")
    kept = [
        StatedRate(1e-2, 0.1, Measured(1.1e-2, 1e-2, 1.3e-2), Measured(0.1, 0.05, 0.2)),
        StatedRate(1e-3, 0.5, Measured(2e-3, nan, nan), Measured(0.1, 0.05, 0.2)),
        StatedRate(1e-6, 0.9, Measured(0.0, 0.0, 1e-5), Measured(0.1, 0.05, 0.2)),
    ]
    plots.calibration(kept, tmp_path / "calibration.png")
    drawn(tmp_path / "calibration.png")


def test_fairness_with_a_small_group_and_one_that_tells_nothing(tmp_path: Path) -> None:
    rate = Measured(1e-3, 1e-4, 1e-2)
    groups = [
        GroupRates("one", 50, 100, 4900, 50, rate, rate),
        GroupRates("few", 5, 10, 40, 5, rate, None),
        GroupRates("none", 1, 1, 0, 0, None, None),
    ]
    plots.fairness({"one way": groups, "another": groups}, 1e-3, tmp_path / "fairness.png")
    drawn(tmp_path / "fairness.png")


def test_fairness_where_nobody_has_two_photos(tmp_path: Path) -> None:
    rate = Measured(1e-3, 1e-4, 1e-2)
    groups = [GroupRates("one", 50, 50, 1225, 0, rate, None)]
    plots.fairness({"one way": groups}, 1e-3, tmp_path / "fairness.png")
    drawn(tmp_path / "fairness.png")


def counted(events: int):
    return count(np.arange(10) < events)


RATE = PeopleRate(1, 4, 4, 0.0, 0.6)
LOSS = ConditionLoss("dim", counted(1), counted(2), counted(4), counted(5), 0, 90, RATE, RATE, RATE)


def read_picture(path: Path) -> np.ndarray:
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
    ends = plots._bars([RATE, PeopleRate(4, 4, 4, 0.4, 1.0)])
    np.testing.assert_allclose(ends, [[0.25, 0.6], [0.35, 0]])


def test_robustness_is_as_tall_as_its_conditions_are_many(tmp_path: Path) -> None:
    for conditions in (2, 8):
        path = tmp_path / "drawn" / f"{conditions}.png"
        plots.robustness([LOSS] * conditions, 1e-4, 0.01, path)
    few, many = (read_picture(tmp_path / "drawn" / f"{n}.png").shape for n in (2, 8))
    assert few[1] == many[1]
    assert many[0] - few[0] == pytest.approx(6 * 0.4 * 120, abs=2)


def test_oneshot_and_identification_are_drawn(tmp_path: Path) -> None:
    pair = (counted(9), counted(10))
    tasks = {(way, shot): pair for way in (2, 20) for shot in (1, 5)}
    plots.oneshot(tasks, tasks, tmp_path / "oneshot.png")
    assert read_picture(tmp_path / "oneshot.png").std() > 5

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
    assert read_picture(tmp_path / "identify.png").std() > 5
