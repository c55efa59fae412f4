import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.errors import SourceError
from accessctl.evaluation.embedded import Embedded
from accessctl.evaluation.lfw import (
    TAIL_RATES,
    View2,
    as_record,
    open_lfw,
    read_pairs,
    rounded,
    stated_and_observed,
    stated_record,
    tail,
    view_2,
)
from accessctl.evaluation.pairs import all_pairs, cosine
from accessctl.evaluation.statistics import rates_at
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration

SHARED = Path(__file__).parents[3] / "shared" / "data" / "lfw"

PAIRS = "2\t1\nAnn_A\t1\t2\nAnn_A\t1\tBob\t3\nBob\t3\t4\nAnn_A\t2\tBob\t4\n"


def test_pairs_by_fold(tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text(PAIRS)
    view = read_pairs(tmp_path / "pairs.txt")
    ann, bob = "Ann_A/Ann_A_000", "Bob/Bob_000"
    assert view.first == (f"{ann}1.jpg", f"{ann}1.jpg", f"{bob}3.jpg", f"{ann}2.jpg")
    assert view.second == (f"{ann}2.jpg", f"{bob}3.jpg", f"{bob}4.jpg", f"{bob}4.jpg")
    assert view.same.tolist() == [True, False, True, False]
    assert view.fold.tolist() == [0, 0, 1, 1]
    assert view.photos == (f"{ann}1.jpg", f"{ann}2.jpg", f"{bob}3.jpg", f"{bob}4.jpg")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "500\n",
        "2\t0\n",
        "2\t1\nAnn\t1\t2\n",
        "1\t1\nAnn\t1\t2\nAnn\t1\tBob\t3\n",
        PAIRS.replace("\t3\t4", "\tx\t4"),
        PAIRS + "Ann_A\t1\n",
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pairs.txt").write_text(text)
    with pytest.raises(SourceError, match="list of pairs"):
        read_pairs(tmp_path / "pairs.txt")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"pairs\.txt"):
        open_lfw(tmp_path)


def test_photos_in_an_archive_or_beside_the_list(tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text(PAIRS)
    jpeg = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    view = read_pairs(tmp_path / "pairs.txt")
    for name in view.photos:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(jpeg)
    assert open_lfw(tmp_path)[0].names == view.photos
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for name in view.photos[:-1]:
            archive.writestr(name, jpeg)
    with pytest.raises(SourceError, match=r"1 photos that .* Bob/Bob_0004\.jpg"):
        open_lfw(tmp_path)


@pytest.mark.shared_data
def test_the_real_list() -> None:
    if not SHARED.exists():
        pytest.skip("needs LFW in ../shared/data")
    photos, view = open_lfw(SHARED)
    assert len(view.same) == 6000
    assert view.same.sum() == 3000
    assert np.bincount(view.fold).tolist() == [600] * 10
    assert len(view.photos) == 7701
    assert photos.read(view.photos[0]).shape == (250, 250, 3)


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
        {"cosine": view_2(everybody, view(everybody), scorer)},
        {"cosine": tail(everybody, scorer, np.random.default_rng(0), replicates=20)},
    )
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["view_2"]["cosine"]["accuracy"] == round(119 / 120, 5)
    tails = record["all_pairs"]["cosine"]
    assert set(tails["tar"]) == {f"{rate:.0e}" for rate in TAIL_RATES}
    low, high = tails["interval_95"]["1e-02"]
    assert low <= tails["tar"]["1e-02"] <= high
    assert record["all_pairs"]["impostor"] == (90 * 89 - 90 * 2) // 2
    assert "all_pairs" not in as_record({}, {})


def test_rounding() -> None:
    assert rounded((0.12345, float("nan")), 3) == [0.123, None]


PERSON = np.arange(80) // 2
STRANGERS_PAIRS = all_pairs(cosine(random_units(80, 6, seed=4), np.ones(80, bool)), PERSON)
# The rate falls tenfold by 0.4; bounds are those rates, so thresholds are on the line.
CALIBRATION = Calibration([-0.4, 0, 0.4, 0.8], [-0.5, -1, -2, -3], [0, -1, -2, -3])


def random() -> np.random.Generator:
    return np.random.default_rng(7)


def test_rates_are_observed_where_the_product_puts_them() -> None:
    rows = stated_and_observed(STRANGERS_PAIRS, CALIBRATION, [1e-1, 1e-2], random(), 100)
    assert [row.stated for row in rows] == [1e-1, 1e-2]
    assert [row.threshold for row in rows] == pytest.approx([0.0, 0.4])
    for row in rows:
        assert (
            row.fmr.value == (STRANGERS_PAIRS.top > row.threshold).sum() / STRANGERS_PAIRS.impostors
        )
        assert row.fnmr.value == (STRANGERS_PAIRS.genuine <= row.threshold).mean()
        assert row.ratio.value == pytest.approx(row.fmr.value / row.stated)
        assert row.ratio.low < row.ratio.value < row.ratio.high
    assert rows[0].fmr == rates_at(STRANGERS_PAIRS, 0.0, random(), 100)[0]


def test_what_the_table_does_not_reach_has_no_row() -> None:
    rows = stated_and_observed(STRANGERS_PAIRS, CALIBRATION, [1e-3, 1e-4], random(), 10)
    assert [row.stated for row in rows] == [1e-3]


def test_the_record_is_short() -> None:
    rows = stated_and_observed(STRANGERS_PAIRS, CALIBRATION, [1e-2], random(), 50)
    (record,) = stated_record(rows)
    assert record["stated_fmr"] == 1e-2
    assert record["observed_fmr"] == pytest.approx(rows[0].fmr.value, rel=5e-3)
    assert len(record["interval_95"]) == len(record["fnmr_interval_95"]) == 2
