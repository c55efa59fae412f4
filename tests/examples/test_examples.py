"""Every program in examples/, run as its reader would run it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

import accessctl
from accessctl.demo.people import collins, demo_enrolment_photo, hopper
from accessctl.domain import Image

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
MODELS = {
    "encoder": {"folder": "dlib"},
    # The films show photographs.
    "liveness": {"mode": "off", "texture": "off"},
    "policy": {"unknown_after_frames": 4, "unknown_after_s": 0.2},
}


def write(path: Path, image: Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image[:, :, ::-1])
    return path


def run(program: str, *arguments: str | Path, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / program, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A door's folder: somebody is enrolled, and a film of them is what the camera shows."""
    for variable in ("ACCESSCTL_KEY_FILE", "ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    for index in range(6):
        write(tmp_path / "film" / f"{index}.png", collins())
    config = {**MODELS, "camera": {"source": "film"}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    with accessctl.open_engine(tmp_path / "config.yaml") as engine:
        engine.enrol("Eileen", demo_enrolment_photo())
    return tmp_path


def identify_folder(home: Path) -> None:
    write(home / "photos" / "a.png", collins())
    write(home / "photos" / "b.png", hopper())
    (home / "photos" / "c.txt").write_text("no picture")
    write(home / "photos" / "d.png", np.full((200, 300, 3), 90, np.uint8))
    lines = run("identify_folder.py", "photos", "config.yaml", cwd=home).splitlines()
    assert lines == [
        "a.png: Eileen",
        "b.png: unknown",
        "photos/c.txt is not a JPEG, PNG, WebP, BMP, GIF, TIFF or AVIF picture; give one that is.",
        "d.png: nobody",
    ]


def compare_two(home: Path) -> None:
    one, other = write(home / "one.png", collins()), write(home / "other.png", hopper())
    same = run("compare_two.py", one, write(home / "again.png", demo_enrolment_photo()), cwd=home)
    assert same.splitlines()[0] == "the same person"
    assert run("compare_two.py", one, other, cwd=home).startswith("not the same person\n")
    empty = write(home / "empty.png", np.full((200, 300, 3), 90, np.uint8))
    refusal = run("compare_two.py", one, empty, cwd=home, code=1)
    assert refusal.splitlines()[-1].startswith(f"{empty}: no face found; ")


def door(home: Path) -> None:
    assert run("door.py", "config.yaml", cwd=home) == "granted: Eileen (matched)\n"


def door_webhook(home: Path) -> None:
    assert run("door_webhook.py", "config.yaml", cwd=home) == "open for Eileen\n"
    assert (home / "webhook.key").stat().st_mode & 0o777 == 0o600


def custom_cue(home: Path) -> None:
    for index in range(45):
        write(home / "film" / f"{index}.png", collins())
    config = {**MODELS, "camera": {"source": "film"}}
    config["liveness"] = {"mode": "passive", "texture": "off"}
    (home / "config.yaml").write_text(yaml.safe_dump(config))
    lines = run("custom_cue.py", "config.yaml", cwd=home).splitlines()
    assert lines
    assert lines[0] == "at-rest: doubtful - look at the camera"
    assert set(lines) <= {lines[0], "at-rest: speaks of a picture - refused"}


def custom_action(home: Path) -> None:
    days = json.loads(run("custom_action.py", "config.yaml", cwd=home))
    assert list(days.values()) == [1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", *days)


def evaluate_folder(home: Path) -> None:
    write(home / "people" / "eileen" / "1.png", collins())
    write(home / "people" / "eileen" / "2.png", demo_enrolment_photo())
    write(home / "people" / "grace" / "1.png", hopper())
    (home / "people" / "grace" / "2.png").write_bytes(b"no picture")
    lines = run("evaluate_folder.py", "people", "config.yaml", cwd=home).splitlines()
    assert lines[0].startswith("left out: people/grace/2.png is not a JPEG")
    assert lines[1] == "3 photos, at a stated FMR of 0.0001"
    assert lines[2].startswith("FNMR: 0 of 1 pairs, 0.0% (95 %: 0.0% to 97.5%)")
    assert lines[3].startswith("FMR: 0 of 2 pairs, 0.0% (95 %: 0.0% to ")


SHOWN: dict[str, Callable[[Path], None]] = {
    f"{shown.__name__}.py": shown
    for shown in (
        identify_folder,
        compare_two,
        door,
        door_webhook,
        custom_cue,
        custom_action,
        evaluate_folder,
    )
}


@pytest.mark.parametrize("program", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_it_does_what_it_says(program: str, home: Path) -> None:
    SHOWN[program](home)


def test_every_program_is_listed_and_short() -> None:
    listed = re.findall(r"python examples/(\w+\.py)", (EXAMPLES / "README.md").read_text())
    assert sorted(listed) == sorted(SHOWN) == sorted(path.name for path in EXAMPLES.glob("*.py"))
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text().splitlines()) <= 70, path.name
