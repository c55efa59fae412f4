import datetime

import pytest
import typer

from accessctl.encoder.card import load_card, update_card, write_card
from accessctl.encoder.card_parts import EncoderPart
from accessctl.encoder.fake import FAKE_CARD
from accessctl.errors import ModelError

TABLE = {
    "neighbours": 2,
    "score": [1, 2],
    "log10_fmr": [-1, -2],
    "log10_fmr_upper": [-1, -2],
    "made_by": "a test",
    "date": datetime.date(2024, 2, 29),
}


@pytest.fixture
def folder(tmp_path):
    for name in ("one", "other", "pair"):
        (tmp_path / name).mkdir()
    for name, digest in (("one", "1"), ("other", "2")):
        changes = {"folder": tmp_path / name, "fingerprint": digest * 64}
        write_card(FAKE_CARD.model_copy(update=changes))
    return tmp_path / "pair"


@pytest.fixture
def join(folder, understand):
    def run(*arguments, where=folder):
        return understand("models", "join", str(where), *arguments).run()

    return run


BOTH = ("--part", "../one=3.2", "--part", "../other=1")


def test_the_card_is_written_and_the_next_step_named(join, folder, capsys):
    assert join(*BOTH, "--name", "two") == 0
    card = load_card(folder)
    assert card.name == "two"
    assert card.dimension == 32
    assert card.parts == (
        EncoderPart(folder="../one", weight=3.2),
        EncoderPart(folder="../other", weight=1),
    )
    assert f"models calibrate {folder}" in capsys.readouterr().out


def test_joining_the_same_again_keeps_the_calibration(join, folder, capsys):
    join(*BOTH)
    update_card(folder, calibration=TABLE, cohort="cohort.npz", results={"tar": 0.9})
    join(*BOTH, "--version", "2")
    card = load_card(folder)
    assert (card.cohort, card.version, card.name) == ("cohort.npz", "2", "pair")
    assert card.calibration.made_by == "a test"
    assert card.results == {"tar": 0.9}


def test_joining_otherwise_drops_the_calibration(join, folder):
    join(*BOTH)
    update_card(folder, calibration=TABLE, cohort="cohort.npz")
    join("--part", "../one=3.3", "--part", "../other=1")
    card = load_card(folder)
    assert card.calibration is None
    assert card.cohort is None


def test_an_encoder_of_its_own_is_not_overwritten(join, folder):
    before = (folder.parent / "one/card.yaml").read_bytes()
    with pytest.raises(ModelError, match="encoder of its own"):
        join("--part", "../other=1", "--part", "../other=2", where=folder.parent / "one")
    assert (folder.parent / "one/card.yaml").read_bytes() == before


def test_one_part_or_no_folder_is_refused(join, folder):
    with pytest.raises(ModelError, match="2 to 8"):
        join("--part", "../one=1")
    with pytest.raises(ModelError, match="no folder"):
        join(*BOTH, where=folder / "deeper")


@pytest.mark.parametrize("text", ["../one", "=1", "../one=", "../one=x", "../one=0", "../one=nan"])
def test_a_part_that_says_nothing_is_refused(join, text):
    with pytest.raises(typer.BadParameter, match="OTHER=WEIGHT"):
        join("--part", text)
