import datetime
import zipfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.encoder.card import load_card, write_card
from accessctl.encoder.card_parts import ScoredPart
from accessctl.encoder.fake import FAKE_CARD, FakeEncoder
from accessctl.errors import SourceError
from accessctl.evaluation.calibrate import TablePlan
from accessctl.evaluation.cohort import MIN_FACES
from accessctl.evaluation.recipe import NEIGHBOURS, calibrate_encoder
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.cohort import load_cohort
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser

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
