import json

import numpy as np
import pytest

from accessctl.errors import SourceError
from accessctl.evaluation.like_rates import (
    EXPECTED,
    MANY,
    LikeFaces,
    kept_by_groups,
    record_of,
    worst,
)
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.normalisation import Normaliser

STRANGERS = Normaliser(random_units(400, 32, seed=1), 20)
CALIBRATION = Calibration([-6.0, 4.0], [0.0, -4.0], [0.0, -4.0])


def faces(people: int, seed: int, photos: int = 1) -> LikeFaces:
    rows = random_units(people * photos, 32, seed=seed)
    return LikeFaces(rows, np.repeat(np.arange(people), photos))


def test_pairs_of_one_person_are_not_compared() -> None:
    own = faces(40, 2, photos=2)
    (found,) = kept_by_groups({"all": own}, STRANGERS, CALIBRATION, np.random.default_rng(0))
    assert (found.people, found.photos, found.pairs) == (40, 80, 80 * 79 // 2 - 40)
    sides = STRANGERS.sides(own.embeddings)
    scores = STRANGERS.scores(sides, sides)
    others = np.triu(own.person[:, None] != own.person, 1)
    expected = (scores[others] >= CALIBRATION.threshold(1e-2)).mean() / 1e-2
    ratio = found.ratios[1e-2]
    assert ratio is not None
    assert ratio.value == pytest.approx(expected)
    assert ratio.low <= ratio.value <= ratio.high


def test_too_few_pairs_tell_nothing() -> None:
    groups = {"few": faces(40, 2), "many": faces(160, 3)}
    few, many, both = kept_by_groups(groups, STRANGERS, CALIBRATION, np.random.default_rng(0), 20)
    assert both.pairs == few.pairs + many.pairs
    assert both.people == 200
    assert few.pairs * 1e-2 < EXPECTED <= many.pairs * 1e-2
    assert few.ratios[1e-2] is None
    assert many.ratios[1e-2] is not None
    assert many.ratios[1e-4] is None
    assert worst([few, many, both], 1e-2) is many
    assert worst([few], 1e-2) is None
    record = record_of([few, many])
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record[0]["observed_over_stated"]["1e-02"] is None


def test_where_nobody_matches_the_interval_is_the_exact_one() -> None:
    strict = Calibration([-6.0, 90.0], [0.0, -2.0], [0.0, -2.0])
    (found,) = kept_by_groups({"a": faces(160, 3)}, STRANGERS, strict, np.random.default_rng(0))
    ratio = found.ratios[1e-2]
    assert ratio is not None
    assert ratio.value == 0
    # One minus the root of 0.025 of so many pairs, over the rate.
    assert ratio.high == pytest.approx((1 - 0.025 ** (1 / found.pairs)) / 1e-2)


def test_too_many_photos_are_refused() -> None:
    rows = np.zeros((MANY + 1, 4), np.float32)
    with pytest.raises(SourceError, match=f"{MANY + 1} photos"):
        kept_by_groups(
            {"a": LikeFaces(rows, np.arange(MANY + 1))},
            STRANGERS,
            CALIBRATION,
            np.random.default_rng(0),
        )
