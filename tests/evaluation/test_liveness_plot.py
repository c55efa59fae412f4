from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.evaluation.liveness import CueCount, rate
from accessctl.evaluation.liveness_plot import CONFIRM, NEITHER, VETO, plot_cues, shares

COUNTS = [
    CueCount("live", "depth", 0, 3, 1),
    CueCount("live", "edges", 0, 0, 4),
    CueCount("print", "depth", 8, 0, 0),
]


def pixels(path: Path, colour: str) -> int:
    """How much of the picture has exactly that colour."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(picture.astype(int) - wanted).max(axis=2) <= 2).sum())


def test_shares_of_each_word() -> None:
    assert shares(COUNTS[0]) == [
        ("veto", 0, VETO),
        ("confirm", 75, CONFIRM),
        ("undecided", 25, NEITHER),
    ]
    assert shares(None) == []


def test_the_bars_are_as_long_as_the_shares(tmp_path: Path) -> None:
    path = plot_cues(COUNTS, {"live": rate(1, 4)}, tmp_path / "plots")
    assert path == tmp_path / "plots" / "liveness_cues.png"
    # Vetoes fill one bar, confirmations three quarters of one, the rest one and a quarter; the
    # legend has a patch of each.
    veto, confirm, neither = (pixels(path, colour) for colour in (VETO, CONFIRM, NEITHER))
    assert confirm / veto == pytest.approx(0.75, abs=0.05)
    assert neither / veto == pytest.approx(1.25, abs=0.08)


def test_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        plot_cues([], {}, tmp_path)
    assert list(tmp_path.iterdir()) == []
