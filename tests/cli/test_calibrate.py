import argparse
from pathlib import Path

import pytest

from accessctl.cli.calibrate import add_calibrate
from accessctl.errors import InputError, ModelError, SourceError

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture
def parse():
    parser = argparse.ArgumentParser()
    add_calibrate(parser.add_subparsers())
    return parser.parse_args


def test_what_is_asked_for(parse) -> None:
    args = parse(["calibrate", "models/x", "--faces", "faces"])
    assert (args.folder, args.faces) == (Path("models/x"), Path("faces"))
    assert (args.seed, args.precision) == (0, "int8")


def test_the_faces_must_be_named(parse, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["calibrate", "models/x"])
    assert ended.value.code == 2
    assert "--faces" in capsys.readouterr().err


def test_a_folder_that_is_no_encoder(parse, tmp_path: Path) -> None:
    args = parse(["calibrate", str(tmp_path), "--faces", str(tmp_path)])
    with pytest.raises(ModelError, match=r"card\.yaml"):
        args.func(args)


def test_a_folder_without_faces(parse, tmp_path: Path) -> None:
    args = parse(["calibrate", str(MODELS / "dlib"), "--faces", str(tmp_path)])
    before = (MODELS / "dlib" / "card.yaml").read_bytes()
    with pytest.raises(SourceError, match=r"faces\.csv"):
        args.func(args)
    assert (MODELS / "dlib" / "card.yaml").read_bytes() == before


@pytest.mark.parametrize("weights", [["1", "0.5"], ["0"]])
def test_weights_of_parts_that_are_not_there(parse, weights: list[str], tmp_path: Path) -> None:
    folder = MODELS / "dlib"
    args = parse(["calibrate", str(folder), "--faces", str(tmp_path), "--part-weights", *weights])
    with pytest.raises(InputError, match="has 0 parts"):
        args.func(args)
