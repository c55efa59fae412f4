from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.evaluation.liveness import CueCount, rate
from accessctl.evaluation.liveness_plot import COLOURS, plot_cues, shares
from accessctl.liveness.evidence import CueVerdict

VETO, DOUBT, CONFIRM, CLEAR, UNDECIDED = (COLOURS[word] for word in CueVerdict)
NONE = dict.fromkeys(CueVerdict, 0)
COUNTS = [
    CueCount("live", "depth", NONE | {CueVerdict.CONFIRM: 3, CueVerdict.CLEAR: 1}),
    CueCount("live", "edges", NONE | {CueVerdict.DOUBT: 2, CueVerdict.UNDECIDED: 2}),
    CueCount("print", "depth", NONE | {CueVerdict.VETO: 8}),
]


def pixels(path: Path, colour: str) -> int:
    """How much of the picture has exactly that colour."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(picture.astype(int) - wanted).max(axis=2) <= 2).sum())


def test_shares_of_each_word() -> None:
    assert shares(COUNTS[0]) == [
        ("veto", 0, VETO),
        ("doubt", 0, DOUBT),
        ("confirm", 75, CONFIRM),
        ("clear", 25, CLEAR),
        ("undecided", 0, UNDECIDED),
    ]
    assert shares(None) == []


def test_the_bars_are_as_long_as_the_shares(tmp_path: Path) -> None:
    path = plot_cues(COUNTS, {"live": rate(1, 4)}, tmp_path / "plots")
    assert path == tmp_path / "plots" / "liveness_cues.png"
    # Vetoes fill one bar, confirmations three quarters of one, and so on; the legend has a
    # patch of each.
    bar = pixels(path, VETO)
    lengths = [pixels(path, colour) / bar for colour in (DOUBT, CONFIRM, CLEAR, UNDECIDED)]
    assert lengths == pytest.approx([0.5, 0.75, 0.25, 0.5], abs=0.08)


def test_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        plot_cues([], {}, tmp_path)
    assert list(tmp_path.iterdir()) == []
