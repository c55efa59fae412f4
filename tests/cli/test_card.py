import shutil
from pathlib import Path

import numpy as np
import pytest

from accessctl.config import EncoderConfig
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import load_encoder
from accessctl.errors import ConfigError, ModelError

DLIB = Path(__file__).resolve().parents[2] / "models/cache/dlib"


@pytest.fixture
def file(tmp_path):
    return shutil.copy(DLIB / "encoder_int8.tflite", tmp_path / "mine.tflite")


@pytest.fixture
def card(file, understand):
    def run(*arguments, path=file):
        return understand("models", "card", str(path), *arguments).run()

    return run


def test_an_own_encoder_embeds_like_the_one_it_is(card, file, capsys):
    mean = ("--mean", "122.782", "117.001", "104.298")
    assert card("--geometry", "dlib150", *mean, "--scale", "0.00390625") == 0
    assert "models calibrate" in capsys.readouterr().out
    with np.load(DLIB.parents[1] / "dlib/golden.npz") as golden:
        chips = golden["chips"]
    own = load_encoder(EncoderConfig(folder=file.parent, device="cpu"))
    known = load_encoder(EncoderConfig(folder=DLIB.parents[1] / "dlib", device="cpu"))
    np.testing.assert_array_equal(own.embed(chips), known.embed(chips))
    assert own.card.crop_geometry == known.card.crop_geometry


def test_a_usual_input_goes_by_its_name(card, file):
    card("--geometry", "arcface112", "--input", "imagenet", "--channels", "bgr")
    given = load_card(file.parent).input
    assert given.channels == "bgr"
    assert given.mean == (103.53, 116.28, 123.675)
    assert given.size == 150


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--geometry", "dlib150"),
        ("--input", "0to1"),
        ("--geometry", "dlib150", "--mean", "1", "2", "3"),
        ("--geometry", "dlib150", "--scale", "1"),
        ("--geometry", "dlib150", "--input", "raw", "--mean", "1", "2", "3", "--scale", "1"),
        ("--geometry", "dlib150", "--mean", "1", "2", "3", "--scale", "1", "2"),
        ("--geometry", "dlib150", "--mean", "1", "2", "3", "--scale", "0"),
        ("--geometry", "dlib150", "--mean", "1", "2", "nan", "--scale", "1"),
    ],
)
def test_options_that_leave_it_open_are_refused(card, file, arguments):
    with pytest.raises(ConfigError, match="--"):
        card(*arguments)
    assert not (file.parent / "card.yaml").exists()


def test_an_older_card_is_only_replaced_when_asked(card, file):
    options = ("--geometry", "dlib150", "--input", "raw")
    card(*options)
    with pytest.raises(ConfigError, match="--replace"):
        card(*options)
    card("--geometry", "arcface112", "--input", "raw", "--replace")
    assert load_card(file.parent).geometry.region == (8, 8, 120, 120)


def test_a_file_that_is_no_encoder_writes_no_card(card, tmp_path):
    shutil.copy(DLIB.parent / "mediapipe/face_landmark.tflite", tmp_path / "mesh.tflite")
    with pytest.raises(ModelError, match="outputs"):
        card("--geometry", "dlib150", "--input", "raw", path=tmp_path / "mesh.tflite")
    assert not (tmp_path / "card.yaml").exists()


@pytest.mark.shared_data
def test_what_dlib_was_trained_on_is_found_out(card, file, faces, capsys):
    card("--input", "dlib", "--faces", str(faces))
    found = load_card(file.parent)
    assert found.geometry.region == (14.3, 28, 114.9, 128.6)
    separation = found.results["input_separation"]
    assert separation["dlib150 dlib rgb"] > separation["canvas128 dlib rgb"] + 0.5
    assert "separation" in capsys.readouterr().out


@pytest.fixture
def faces():
    folder = DLIB.parents[2].parent / "shared/data/train"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/train")
    return folder
