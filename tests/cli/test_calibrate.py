from pathlib import Path

import pytest

from accessctl.errors import InputError, ModelError, SourceError

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
