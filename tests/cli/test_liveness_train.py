import csv
import zipfile
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from accessctl.cli.main import main
from accessctl.demo.people import collins, hopper
from accessctl.domain import Box
from accessctl.liveness.texture_network import TextureNetwork
from accessctl.training.spoof.fit import fit
from accessctl.training.spoof.network import build_network
from accessctl.training.spoof.prepare import Pieces, prepare
from accessctl.training.spoof.run import RunParts

# Keras 3.15 hands its variables to numpy in a way numpy deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


class FakeTeacher:
    """Says how red, green and blue a cut is."""

    def __init__(self, reach: float) -> None:
        self.reach = reach

    def __call__(self, cuts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return cuts.mean((1, 2)) / 255, np.ones((len(cuts), 128), np.float32)


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    """Photographs of two people under several names, and a film of one of them."""
    folder = tmp_path_factory.mktemp("people")
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        for number in range(6):
            image = (collins()[:400, 20:430], hopper())[number % 2]
            image = cv2.convertScaleAbs(image, alpha=0.8 + 0.05 * number)
            jpeg = cv2.imencode(".jpg", image[..., ::-1])[1].tobytes()
            archive.writestr(f"live/person{number}/1.jpg", jpeg)
        dark = cv2.imencode(".jpg", np.zeros((90, 90, 3), np.uint8))[1]
        archive.writestr("spoof/nobody.jpg", dark.tobytes())
    (folder / "films").mkdir()
    writer = cv2.VideoWriter(
        str(folder / "films" / "Q01.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 5, (410, 400)
    )
    for _ in range(4):
        writer.write(np.ascontiguousarray(collins()[:400, 20:430, ::-1]))
    writer.release()
    return folder


# A run of a few seconds: small pieces, a small network, teachers that need no file.
QUICK = RunParts(
    prepare=partial(prepare, size=Pieces(12, checking=1)),
    fit=partial(fit, build=partial(build_network, (6,))),
    teachers=lambda folder: (FakeTeacher(2.7), FakeTeacher(4.0)),
)


def said(capsys, *words: object, parts: RunParts = QUICK) -> tuple[int, str, str]:
    code = main(
        ["liveness", "train", *map(str, words)],
        lambda typed: typed.verb.run(typed.options, parts=parts),
    )
    out, err = capsys.readouterr()
    return code, out, err


def begin(people: Path, folder: Path) -> tuple[object, ...]:
    return (
        *("--run", folder, "--teachers", people),
        *("--living", f"lfw={people / 'photos.zip'}:live", "--living", f"film={people / 'films'}"),
        *("--samples", 12, "--steps", 2, "--matching", 1),
    )


def test_from_pictures_to_a_network_that_a_door_loads(people, tmp_path, capsys) -> None:
    folder, shipped = tmp_path / "run", tmp_path / "texture"
    words = (*begin(people, folder), "--seed", 5, "--version", "2024")
    code, out, err = said(capsys, *words, "--export", shipped, "--confirm", 0.8)
    assert code == 0, err
    assert "samples: 2 of 2 pieces" in err
    assert "step 3: AUC " in err
    assert out.startswith(f"Wrote {shipped}")
    network = TextureNetwork.open(shipped)
    card = network.card
    assert (card.version, card.confirm, card.doubt) == ("2024", 0.8, 0.1)
    assert card.fitted_films == ("Q01",)
    assert card.data["samples"] == 12
    assert set(card.data["fitted_on"]) == {"lfw", "film"}
    assert 0 <= card.measured["auc"] <= 1
    assert (card.measured["single_answers_at"], card.measured["samples"]) == (0.8, 12)
    assert 0 <= network.score(collins(), Box(180, 60, 90, 110)) <= 1
    with (folder / "history.csv").open() as stream:
        assert [row["step"] for row in csv.DictReader(stream)] == ["3"]
    # The samples are there; only what is asked for anew is done, by --run alone.
    stamps = {path: path.stat().st_mtime_ns for path in folder.rglob("*.npz")}
    assert len(stamps) == 2
    code, _, err = said(capsys, "--run", folder)
    assert (code, err) == (0, "")
    assert stamps == {path: path.stat().st_mtime_ns for path in folder.rglob("*.npz")}


def test_a_run_is_not_mixed_with_another(people, tmp_path, capsys) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    settings = {"sources": [{"kind": "lfw", "place": "a.zip"}], "teachers": "b", "steps": 7}
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    for words in (begin(people, folder), ("--run", folder, "--steps", 8)):
        code, _, err = said(capsys, *words)
        assert code == 2
        assert "holds a run of other settings" in err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "name --living and --teachers"),
        (("--teachers", "x"), "name --living and --teachers"),
        (("--living", "lfw=x.zip"), "name --living and --teachers"),
        (("--teachers", "x", "--living", "x.zip"), "KIND=PLACE or KIND=ZIP:FOLDER"),
        (("--teachers", "x", "--living", "a=b", "--samples", 0), "--samples: "),
        (("--teachers", "x", "--living", "a=b", "--steps", -1), "--steps: "),
        (("--teachers", "x", "--living", "a=b", "--matching", -1), "--matching: "),
        (("--teachers", "x", "--living", "a=b", "--seed", -1), "--seed: "),
        (("--minutes", 0), "--minutes is a number above 0"),
        (("--minutes", "nan"), "--minutes is a number above 0"),
        (("--confirm", 0.6), "--confirm lies above 0.6"),
        (("--confirm", "nan"), "--confirm lies above 0.6"),
        (("--doubt", 0.6), "--doubt is at least 0"),
        (("--version", ""), "--version takes 1 to 50"),
    ],
)
def test_what_cannot_be_used_is_told_at_once(tmp_path, capsys, words, complaint) -> None:
    code, out, err = said(capsys, "--run", tmp_path / "run", *words)
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("living", "complaint"),
    [
        ("lfw={}/gone.zip", "does not exist"),
        ("lfw={}/films/Q01.avi", "folder or a zip archive"),
        ("lfw={}/photos.zip:spoof", "No face was found"),
        ("lfw={}/photos.zip:other", "No face was found"),
        ("film={}", "No face was found"),
        ("real={}/photos.zip:live", "No picture of a living face is left to fit with"),
        ("film={}/films", "No picture of a living face is left to check with"),
    ],
)
def test_pictures_that_do_not_serve_are_told(people, tmp_path, capsys, living, complaint):
    words = ("--run", tmp_path / "run", "--teachers", people, "--living", living.format(people))
    code, _, err = said(capsys, *words)
    assert code == 2
    assert complaint in err
    assert "Traceback" not in err


def test_teachers_that_are_not_there_are_told_before_any_picture_is_looked_at(
    people, tmp_path, capsys
) -> None:
    parts = RunParts(pictures=lambda sources: pytest.fail("looked at"))
    code, _, err = said(capsys, *begin(people, tmp_path / "run"), parts=parts)
    assert code == 1
    assert "MiniFASNetV2.pth cannot be read" in err


def test_a_run_that_came_to_no_network_cannot_be_exported(people, tmp_path, capsys) -> None:
    def idle(*given, **options) -> None: ...

    parts = RunParts(prepare=idle, fit=idle, samples=lambda folder: (None, None))
    words = (*begin(people, tmp_path / "run"), "--export", tmp_path / "texture")
    code, _, err = said(capsys, *words, parts=parts)
    assert code == 2
    assert "holds no network yet" in err
    assert not (tmp_path / "texture").exists()
