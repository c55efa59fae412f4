import json

import numpy as np
import pytest

from accessctl.evaluation.embedded import Embedded
from accessctl.evaluation.lfw import View2
from accessctl.evaluation.lfw_results import TAIL_RATES, as_record, rounded, tail, view_2
from accessctl.evaluation.scorer import cosine
from accessctl.gallery.fake import random_units

PEOPLE, PHOTOS = 30, 3


def faces() -> Embedded:
    """Three photos each of thirty people, much alike; the very first shows nobody."""
    person = np.repeat(np.arange(PEOPLE), PHOTOS)
    noise = np.random.default_rng(1).normal(size=(len(person), 64))
    rows = random_units(PEOPLE, 64, seed=0)[person] + 0.05 * noise
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    names = tuple(f"{owner:02}/{row}.jpg" for row, owner in enumerate(person))
    found = np.arange(len(person)) > 0
    rows[0] = np.nan
    people = tuple(f"{owner:02}" for owner in range(PEOPLE))
    return Embedded(names, people, person, rows, found, found)


def view(all_of: Embedded) -> View2:
    """A fold for each person: two genuine pairs, and two with the next person."""
    pairs = [
        (3 * p + a, 3 * ((p + other) % PEOPLE) + b, not other)
        for p in range(PEOPLE)
        for a, b, other in ((0, 1, 0), (1, 2, 0), (0, 0, 1), (1, 1, 1))
    ]
    names = all_of.names
    return View2(
        tuple(names[a] for a, _, _ in pairs),
        tuple(names[b] for _, b, _ in pairs),
        np.array([same for _, _, same in pairs]),
        np.arange(len(pairs)) // 4,
    )


def test_a_photo_without_a_face_is_a_failure_and_not_dropped() -> None:
    everybody = faces()
    result = view_2(everybody, view(everybody), cosine(everybody.embeddings, everybody.found))
    # 119 of the 120 pairs are told right: all but the genuine one of the failed photo.
    assert result.accuracy.mean == pytest.approx(119 / 120)
    assert result.tar[1e-3] == pytest.approx(59 / 60)
    tails = tail(
        everybody,
        cosine(everybody.embeddings, everybody.found),
        np.random.default_rng(0),
        replicates=50,
    )
    assert len(tails.pairs.genuine) == PEOPLE * 3
    assert tails.tar[1e-6].value == pytest.approx(1 - 2 / 90)


def test_the_record_is_json_with_every_figure() -> None:
    everybody = faces()
    scorer = cosine(everybody.embeddings, everybody.found)
    record = as_record(
        everybody,
        {"cosine": view_2(everybody, view(everybody), scorer)},
        {"cosine": tail(everybody, scorer, np.random.default_rng(0), replicates=20)},
    )
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["photos"] == 90
    assert record["photos_without_a_face"] == 1
    assert record["view_2"]["cosine"]["accuracy"] == round(119 / 120, 5)
    tails = record["all_pairs"]["cosine"]
    assert set(tails["tar"]) == {f"{rate:.0e}" for rate in TAIL_RATES}
    low, high = tails["interval_95"]["1e-02"]
    assert low <= tails["tar"]["1e-02"] <= high
    assert record["all_pairs"]["impostor"] == (90 * 89 - 90 * 2) // 2
    assert "all_pairs" not in as_record(everybody, {}, {})


def test_rounding() -> None:
    assert rounded((0.12345, float("nan")), 3) == [0.123, None]
