import re
from pathlib import Path

import pytest

from accessctl.errors import ModelError
from accessctl.liveness.evidence import TEXTURE_BOUNDS
from accessctl.liveness.texture_card import load_texture_card

DOCUMENTS = Path(__file__).parents[2] / "docs"


def test_a_card_says_what_the_network_eats_and_where_it_lies(texture_folder):
    folder = texture_folder(
        measured={"bpcer": 0.02}, fitted_films=["one.mp4"], data="drawn", confirm=0.8, doubt=0.2
    )
    card = load_texture_card(folder)
    assert card.path == folder / "stacked.tflite"
    assert card.shapes == ((1, 16, 16, 6),)
    assert (card.confirm, card.doubt) == (0.8, 0.2)
    assert (card.measured, card.fitted_films) == ({"bpcer": 0.02}, ("one.mp4",))
    assert card.content() == card.path.read_bytes()


def test_separate_inputs_are_one_for_each_reach(texture_folder):
    eats = {"size": 24, "reaches": [1, 2, 4], "order": "bgr", "scale": "byte"}
    card = load_texture_card(texture_folder(layout="separate", input=eats))
    assert card.shapes == ((1, 24, 24, 3),) * 3


def test_thresholds_that_nobody_wrote_down(texture_folder):
    card = load_texture_card(texture_folder())
    assert (card.confirm, card.doubt, card.fitted_films) == (0.9, 0.1, ())


def test_the_card_in_the_documents_is_one(tmp_path):
    text = (DOCUMENTS / "texture.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "card.yaml").write_text(example.replace("0f1e...", "0f" * 32), encoding="utf-8")
    card = load_texture_card(tmp_path)
    assert card.shapes == ((1, 80, 80, 3),) * 2
    assert (card.confirm, card.doubt) == TEXTURE_BOUNDS[::-1]


def test_a_missing_folder_names_the_setting(tmp_path):
    with pytest.raises(ModelError, match=r"liveness\.texture"):
        load_texture_card(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"colour": "rgb"}, "colour"),
        ({"sha256": "AB" * 32}, "sha256"),
        ({"fingerprint": None}, "fingerprint"),
        ({"layout": "sideways"}, "layout"),
        ({"output": {"kind": "logit", "index": -1}}, "output.index"),
        ({"confirm": 0.5}, "confirm"),
        ({"confirm": float("nan")}, "confirm"),
        ({"doubt": 0.5}, "doubt"),
        ({"input": {"size": 16, "reaches": [], "order": "rgb", "scale": "unit"}}, "input.reaches"),
        ({"folder": "/"}, "not a texture network's card"),
    ],
)
def test_a_card_that_is_wrong_is_refused_in_one_sentence(texture_folder, change, key):
    with pytest.raises(ModelError) as caught:
        load_texture_card(texture_folder(**change))
    said = str(caught.value)
    assert key in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "why"), [("../stacked.tflite", "file"), ("stacked.onnx", "must end with")]
)
def test_a_file_elsewhere_or_of_another_kind_is_refused(texture_folder, name, why):
    path = texture_folder() / "card.yaml"
    path.write_text(path.read_text().replace("file: stacked.tflite", f"file: {name}"))
    with pytest.raises(ModelError, match=why):
        load_texture_card(path.parent)


def test_a_card_that_is_no_card(texture_folder):
    folder: Path = texture_folder()
    (folder / "card.yaml").write_text("name: a\nname: b\n")
    with pytest.raises(ModelError, match="stands twice"):
        load_texture_card(folder)


def test_a_file_that_was_altered_is_not_loaded(texture_folder):
    card = load_texture_card(texture_folder())
    card.path.write_bytes(card.path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="another SHA-256"):
        card.content()


def test_a_missing_file_is_told(texture_folder):
    card = load_texture_card(texture_folder())
    card.path.unlink()
    with pytest.raises(ModelError, match=r"Cannot read the texture network .*stacked\.tflite"):
        card.content()
