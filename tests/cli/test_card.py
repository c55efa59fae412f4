import datetime
import shutil
from pathlib import Path

import numpy as np
import pytest
import typer

from accessctl.config import EncoderConfig
from accessctl.encoder.base import FAKE_CARD
from accessctl.encoder.card import load_card, update_card, write_card
from accessctl.encoder.card_parts import EncoderPart
from accessctl.encoder.choose import load_encoder
from accessctl.errors import ConfigError, InputError, ModelError, SourceError

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


MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture
def parse(understand):
    return lambda words: understand("models", *words)


def test_what_is_asked_for(parse) -> None:
    args = parse(["calibrate", "models/x", "--faces", "faces"]).options
    assert (args.folder, args.faces) == (Path("models/x"), Path("faces"))
    assert (args.seed, args.precision) == (0, "int8")


def test_the_faces_must_be_named(site) -> None:
    said = site("models", "calibrate", "models/x", config=False)
    assert said.code == 2
    assert "--faces is missing" in said.err


def test_a_folder_that_is_no_encoder(parse, tmp_path: Path) -> None:
    args = parse(["calibrate", str(tmp_path), "--faces", str(tmp_path)])
    with pytest.raises(ModelError, match=r"card\.yaml"):
        args.run()


def test_a_folder_without_faces(parse, tmp_path: Path) -> None:
    args = parse(["calibrate", str(MODELS / "dlib"), "--faces", str(tmp_path)])
    before = (MODELS / "dlib" / "card.yaml").read_bytes()
    with pytest.raises(SourceError, match=r"faces\.csv"):
        args.run()
    assert (MODELS / "dlib" / "card.yaml").read_bytes() == before


@pytest.mark.parametrize("weights", [["1", "0.5"], ["0"]])
def test_weights_of_parts_that_are_not_there(parse, weights: list[str], tmp_path: Path) -> None:
    folder = MODELS / "dlib"
    args = parse(["calibrate", str(folder), "--faces", str(tmp_path), "--part-weights", *weights])
    with pytest.raises(InputError, match="has 0 parts"):
        args.run()
