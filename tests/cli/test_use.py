import datetime
from pathlib import Path

import pytest

from accessctl.cli.use import costs, tar
from accessctl.encoder.card import load_card
from accessctl.errors import ModelError

MODELS = Path(__file__).resolve().parents[2] / "models"


def configured(site, encoder: str) -> str:
    """The site's configuration with that encoder and a comment, as its owner wrote it."""
    text = site.config.read_text().replace(str(MODELS / "dlib"), f"{encoder}    # mine")
    site.config.write_text(text)
    return text


def test_a_door_changes_its_encoder_and_knows_the_same_people(site, pictures):
    text = configured(site, "dlib")
    assert site("enroll", "Grace", pictures("hopper")).code == 0
    said = site("models", "use", "encoder")
    assert said.code == 0, said.err
    assert site.config.read_text() == text.replace("dlib    #", "encoder    #")
    assert "now   dlib-face-resnet  96.1 %         87.5 %          72.9 %" in said.out
    assert "then  encoder           98.6 %         95.7 %          88.5 %" in said.out
    assert "research and non-commercial use only" in said.out
    assert "1 people are known by it." in said.out
    (line,) = site("identify", pictures("hopper"), "--json").lines
    assert line["person"] == "Grace"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "There is no encoder none; these are known: dlib, encoder, pair."),
        ("mobilefacenet", "calibrat"),
        ("texture", "card"),
    ],
)
def test_an_encoder_that_no_door_can_use_changes_nothing(site, name, said):
    text = configured(site, "dlib")
    site.put("Grace")
    before = site.store()
    answer = site("models", "use", name)
    assert answer.code in (1, 2)
    assert said in answer.err
    assert site.config.read_text() == text
    assert site.store() == before


def test_files_that_are_missing_change_nothing(site, monkeypatch, tmp_path):
    text = configured(site, "dlib")

    def missing(*_: object) -> None:
        raise ModelError("The model is missing.")

    monkeypatch.setattr("accessctl.door.assembly.load_encoder", missing)
    assert site("models", "use", "encoder").code == 1
    assert site.config.read_text() == text


def test_a_card_that_says_nothing_costs_nobody_knows_what() -> None:
    dlib = load_card(MODELS / "dlib")
    unmeasured = dlib.model_copy(update={"results": {"lfw": {"all_pairs": "later"}}})
    assert tar(unmeasured) == {}
    assert "not measured" in costs(dlib, unmeasured)
    assert dlib.date < datetime.date.today()
