import numpy as np
import pytest

from accessctl.evaluation.all_pairs import all_pairs
from accessctl.evaluation.bootstrap import rates_at
from accessctl.evaluation.scorer import cosine
from accessctl.evaluation.stated import stated_and_observed, stated_record
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration

PERSON = np.arange(80) // 2
PAIRS = all_pairs(cosine(random_units(80, 6, seed=4), np.ones(80, bool)), PERSON)
# The rate falls tenfold by 0.4; bounds are those rates, so thresholds are on the line.
CALIBRATION = Calibration([-0.4, 0, 0.4, 0.8], [-0.5, -1, -2, -3], [0, -1, -2, -3])


def random() -> np.random.Generator:
    return np.random.default_rng(7)


def test_rates_are_observed_where_the_product_puts_them() -> None:
    rows = stated_and_observed(PAIRS, CALIBRATION, [1e-1, 1e-2], random(), 100)
    assert [row.stated for row in rows] == [1e-1, 1e-2]
    assert [row.threshold for row in rows] == pytest.approx([0.0, 0.4])
    for row in rows:
        assert row.fmr.value == (PAIRS.top > row.threshold).sum() / PAIRS.impostors
        assert row.fnmr.value == (PAIRS.genuine <= row.threshold).mean()
        assert row.ratio.value == pytest.approx(row.fmr.value / row.stated)
        assert row.ratio.low < row.ratio.value < row.ratio.high
    assert rows[0].fmr == rates_at(PAIRS, 0.0, random(), 100)[0]


def test_what_the_table_does_not_reach_has_no_row() -> None:
    rows = stated_and_observed(PAIRS, CALIBRATION, [1e-3, 1e-4], random(), 10)
    assert [row.stated for row in rows] == [1e-3]


def test_the_record_is_short() -> None:
    rows = stated_and_observed(PAIRS, CALIBRATION, [1e-2], random(), 50)
    (record,) = stated_record(rows)
    assert record["stated_fmr"] == 1e-2
    assert record["observed_fmr"] == pytest.approx(rows[0].fmr.value, rel=5e-3)
    assert len(record["interval_95"]) == len(record["fnmr_interval_95"]) == 2
