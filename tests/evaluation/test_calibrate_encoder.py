import datetime
import zipfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.encoder.base import FAKE_CARD, FakeEncoder
from accessctl.encoder.card import load_card, write_card
from accessctl.encoder.card_parts import ScoredPart
from accessctl.errors import SourceError
from accessctl.evaluation.calibrate_encoder import (
    LEAST_LIKE,
    LIKE_NEIGHBOURS,
    LIKE_SPREAD,
    MAX_COHORT_BYTES,
    MIN_FACES,
    NEIGHBOURS,
    calibrate_encoder,
    choose_cohort,
    embed_pack,
    without_twins,
)
from accessctl.evaluation.calibration_table import TablePlan
from accessctl.evaluation.data import PackRow
from accessctl.gallery.fake import random_units
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser, load_cohort

TODAY = datetime.date(2001, 2, 3)


def write_pack(folder: Path, people: int, others: int) -> Path:
    """Faces of coloured squares: each labelled one twice, the second time less sharp."""
    folder.mkdir()
    random = np.random.default_rng(0)
    lines = ["file,source,identity,scale,original_name"]
    with zipfile.ZipFile(folder / "faces.zip", "w") as archive:
        for number in range(people + others):
            blocks = random.integers(0, 256, (4, 4, 3), np.uint8)
            canvas = blocks.repeat(32, axis=0).repeat(32, axis=1)
            archive.writestr(f"{number}.png", cv2.imencode(".png", canvas)[1].tobytes())
            identity = f"person{number}" if number < people else ""
            lines.append(f"{number}.png,made,{identity},0.5,")
            if identity:
                lines.append(f"missing{number}.png,made,{identity},1.4,")
    (folder / "faces.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def encoder(tmp_path: Path) -> FakeEncoder:
    folder = tmp_path / "encoder"
    folder.mkdir()
    card = FAKE_CARD.model_copy(update={"folder": folder})
    write_card(card)
    return FakeEncoder(card)


def run(encoder: FakeEncoder, faces: Path, seed: int = 0, parts: Sequence[ScoredPart] = ()):
    return calibrate_encoder(
        encoder,
        faces,
        lambda batches: batches,
        seed=seed,
        made_by="a test",
        today=TODAY,
        parts=parts,
        plan=TablePlan(start=1e-3, limit=1e-4, lowest=1e-5, replicates=20),
    )


def test_an_encoder_comes_out_calibrated(encoder: FakeEncoder, tmp_path: Path) -> None:
    outcome = run(encoder, write_pack(tmp_path / "faces", MIN_FACES, MIN_FACES))
    folder = tmp_path / "encoder"
    assert {path.name for path in folder.iterdir()} == {"card.yaml", "cohort.npz"}

    card = load_card(folder)
    assert card.cohort == "cohort.npz"
    assert card.calibration is not None
    assert card.calibration.neighbours == NEIGHBOURS
    assert (card.calibration.made_by, card.calibration.date) == ("a test", TODAY)
    assert card.name == FAKE_CARD.name

    cohort = load_cohort(folder / "cohort.npz")
    assert len(cohort) == outcome.cohort
    assert MIN_FACES - 5 <= len(cohort) <= MIN_FACES
    assert outcome.people + outcome.twins == MIN_FACES
    assert outcome.faces == outcome.people
    table = card.calibration
    calibration = Calibration(table.score, table.log10_fmr, table.log10_fmr_upper)
    # Strangers of the same making meet the stated rate.
    random = np.random.default_rng(9)
    crops = random.integers(0, 256, (200, 4, 4, 3), np.uint8).repeat(28, 1).repeat(28, 2)
    fresh = encoder.embed(crops)
    matcher = Matcher([], Normaliser(cohort, table.neighbours), calibration)
    scores = [matcher.compare(fresh[i], fresh[j]).score for i in range(60) for j in range(i)]
    observed = np.mean(np.array(scores) >= calibration.threshold(0.1))
    assert 0.05 < observed < 0.2


def test_a_pack_that_says_who_is_like_whom_gives_rates_of_like_strangers(
    encoder: FakeEncoder, tmp_path: Path
) -> None:
    faces = write_pack(tmp_path / "faces", MIN_FACES, LEAST_LIKE)
    table = faces / "faces.csv"
    lines = table.read_text().splitlines()
    for place, line in enumerate(lines):
        if ",made,,0.5," in line:
            group = "30_0_0_x.jpg" if place % 2 else "30_1_1_x.jpg"
            lines[place] = line.replace(",made,,", ",utkface,,") + group
    table.write_text("\n".join(lines) + "\n")
    outcome = run(encoder, faces)
    card = load_card(tmp_path / "encoder")
    assert card.calibration is not None
    assert card.calibration.strangers == "like"
    assert (card.calibration.neighbours, card.calibration.spread) == (LIKE_NEIGHBOURS, LIKE_SPREAD)
    assert outcome.excess is not None
    assert set(outcome.excess.groups) == {"White men 20 to 39", "Black women 20 to 39"}
    # The squares of one group are no more alike than any.
    assert 0.5 < outcome.excess.value < 2
    assert outcome.excess.upper >= outcome.excess.value
    assert LIKE_SPREAD < outcome.cohort < LEAST_LIKE / 2
    again = run(encoder, faces)
    np.testing.assert_array_equal(again.table.log10_fmr_upper, outcome.table.log10_fmr_upper)


def test_embeddings_are_kept_between_runs(encoder: FakeEncoder, tmp_path: Path) -> None:
    faces = write_pack(tmp_path / "faces", 5, 5)
    files = [f"{number}.png" for number in range(6)]
    first = embed_pack(encoder, faces, files[:4], lambda batches: batches, tmp_path / "kept")
    asked: list[int] = []
    both = embed_pack(
        encoder,
        faces,
        files,
        lambda batches: asked.extend(batches) or batches,  # type: ignore[func-returns-value]
        tmp_path / "kept",
    )
    np.testing.assert_array_equal(both[:4], first)
    assert asked == [0]
    (faces / "faces.zip").unlink()
    (faces / "faces.zip").write_bytes(b"")
    with pytest.raises(SourceError):
        embed_pack(encoder, faces, [*files, "9.png"], lambda batches: batches, tmp_path / "kept")


def test_too_small_a_pack_leaves_the_encoder_alone(encoder: FakeEncoder, tmp_path: Path) -> None:
    before = (tmp_path / "encoder" / "card.yaml").read_bytes()
    with pytest.raises(SourceError, match="name a larger set"):
        run(encoder, write_pack(tmp_path / "faces", 5, 5))
    assert [path.name for path in (tmp_path / "encoder").iterdir()] == ["card.yaml"]
    assert (tmp_path / "encoder" / "card.yaml").read_bytes() == before


def test_faces_that_are_too_small_do_not_count(encoder: FakeEncoder, tmp_path: Path) -> None:
    faces = write_pack(tmp_path / "faces", MIN_FACES, MIN_FACES)
    table = faces / "faces.csv"
    table.write_text(table.read_text().replace(",0.5,", ",1.5,"))
    with pytest.raises(SourceError, match=r"400 people with a face of scale 1\.3 or less"):
        run(encoder, faces)


def test_the_parts_that_were_scored_stand_in_the_card(encoder: FakeEncoder, tmp_path: Path) -> None:
    faces = write_pack(tmp_path / "faces", MIN_FACES, MIN_FACES)
    whole = run(encoder, faces).table
    assert load_card(tmp_path / "encoder").calibration.parts is None
    first = encoder.card.dimension // 2
    parts = [
        ScoredPart(numbers=first, weight=1.0),
        ScoredPart(numbers=encoder.card.dimension - first, weight=0.5),
    ]
    by_parts = run(encoder, faces, parts=parts).table
    kept = load_card(tmp_path / "encoder").calibration.parts
    assert [(part.numbers, part.weight) for part in kept] == [
        (part.numbers, part.weight) for part in parts
    ]
    assert by_parts.score[-1] != pytest.approx(whole.score[-1], abs=1e-3)


def rows(people: int, others: int) -> list[PackRow]:
    named = [PackRow(f"{i}.webp", "s", f"p{i}", 1.0) for i in range(people)]
    return named + [PackRow(f"u{i}.webp", "s", "", 1.0) for i in range(others)]


def test_all_faces_without_a_name_are_taken_when_there_is_room() -> None:
    assert choose_cohort(rows(2000, 1600), 128, np.random.default_rng(0)) == list(range(2000, 3600))


def test_a_cohort_stays_small() -> None:
    chosen = choose_cohort(rows(100, 9000), 512, np.random.default_rng(0))
    assert len(set(chosen)) == len(chosen) == MAX_COHORT_BYTES // 512
    assert min(chosen) >= 100
    assert choose_cohort(rows(100, 9000), 512, np.random.default_rng(0)) == chosen


def test_too_few_faces() -> None:
    with pytest.raises(SourceError, match="without an identity; these are 999: name a larger"):
        choose_cohort(rows(4000, MIN_FACES - 1), 128, np.random.default_rng(0))


def strangers(seed: int) -> Normaliser:
    return Normaliser(random_units(400, 24, seed), 30)


def test_the_second_photo_of_a_person_goes() -> None:
    people, others = random_units(400, 24, seed=1), strangers(seed=2)
    again = people[[5, 50, 200]] + 0.02 * random_units(3, 24, seed=3)
    again /= np.linalg.norm(again, axis=1, keepdims=True)
    faces = np.concatenate([people, again])
    kept = without_twins(faces, np.arange(403), others)
    assert np.flatnonzero(~kept).tolist() == [400, 401, 402]


def test_all_faces_of_the_second_name_go() -> None:
    people, others = random_units(400, 24, seed=1), strangers(seed=2)
    again = people[[7, 7]] + 0.02 * random_units(2, 24, seed=3)
    again /= np.linalg.norm(again, axis=1, keepdims=True)
    identity = np.array([*range(400), 400, 400])
    kept = without_twins(np.concatenate([people, again]), identity, others)
    assert np.flatnonzero(~kept).tolist() == [400, 401]


def test_strangers_stay() -> None:
    people, others = random_units(400, 24, seed=5), strangers(seed=6)
    assert without_twins(people, np.arange(400), others).all()


def test_a_new_table_keeps_what_was_measured_of_pooled_photos(
    encoder: FakeEncoder, tmp_path: Path
) -> None:
    faces = write_pack(tmp_path / "faces", MIN_FACES, MIN_FACES)
    run(encoder, faces)
    calibrated = load_card(tmp_path / "encoder")
    assert calibrated.calibration.pooled == 0
    table = calibrated.calibration.model_copy(update={"pooled": 2.5})
    run(FakeEncoder(calibrated.model_copy(update={"calibration": table})), faces, seed=1)
    assert load_card(tmp_path / "encoder").calibration.pooled == 2.5
