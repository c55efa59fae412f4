"""docs/api.md against the code: every public name, every signature, every snippet of it and of the
README."""

import enum
import inspect
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

import accessctl
from accessctl.bundled import asset
from accessctl.config import config_of
from accessctl.demo.people import collins, hopper
from accessctl.extensions import ExtensionKind

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "api.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
CALL = re.compile(r"([A-Za-z_][\w.]*)\((.*)\)")
CLASSES = (accessctl.FaceEngine, accessctl.WatchedDoor)


def blocks(language: str) -> list[str]:
    return [body for kind, body in BLOCK.findall(TEXT) if kind == language]


def rows() -> dict[str, str]:
    """{what stands first in a line of a table: the rest of it}."""
    found = re.findall(r"^\| `([^`]+)` \|(.*)\|$", TEXT, re.MULTILINE)
    assert len(found) == len(dict(found))
    return dict(found)


def explained() -> set[str]:
    """Names that a table or the section on errors explains."""
    errors = set(CODE.findall(TEXT.partition("## The errors")[2]))
    return {name.partition("(")[0] for name in rows()} | errors


def signature(name: str, value: Any) -> str:
    """As the document writes it: without types, and without `self`."""
    found = inspect.signature(value)
    kept = [
        one.replace(annotation=inspect.Parameter.empty)
        for one in found.parameters.values()
        if one.name != "self"
    ]
    return name + str(found.replace(parameters=kept, return_annotation=inspect.Signature.empty))


def snippets() -> list[str]:
    """Of this document and of the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return [*blocks("python"), *(body for kind, body in BLOCK.findall(readme) if kind == "python")]


def value_of(name: str) -> Any:
    value: Any = accessctl
    for part in name.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", accessctl.__all__)
def test_every_public_name_is_explained(name: str) -> None:
    assert name in explained()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_public_method_is_explained(cls: type) -> None:
    own = {f"{cls.__name__}.{name}" for name in vars(cls) if not name.startswith("_")}
    assert len(own) > 4
    assert own <= explained()


def test_every_signature_is_the_real_one() -> None:
    shown = [name for name in rows() if CALL.fullmatch(name)]
    assert len(shown) > 40
    for call in shown:
        name = call.partition("(")[0]
        assert signature(name, value_of(name)) == call


def test_no_public_function_goes_without_its_signature() -> None:
    functions = {name for name in accessctl.__all__ if inspect.isfunction(value_of(name))}
    assert len(functions) > 5
    assert functions <= {name.partition("(")[0] for name in rows() if CALL.fullmatch(name)}


def test_every_word_of_an_enumeration_is_listed_and_no_other() -> None:
    enums = [name for name in accessctl.__all__ if isinstance(value_of(name), enum.EnumMeta)]
    assert len(enums) == 4
    for name in enums:
        assert CODE.findall(rows()[name]) == [one.value for one in value_of(name)]


def test_the_errors_stand_under_their_kind() -> None:
    for kind in (accessctl.InputError, accessctl.FaultError):
        start = TEXT.index(f"\n`{kind.__name__}`:")
        paragraph = TEXT[start : TEXT.index("\n\n", start + 1)]
        for name in CODE.findall(paragraph):
            assert issubclass(value_of(name), kind), name


def test_every_kind_of_extension_is_explained() -> None:
    assert {kind.value for kind in ExtensionKind} <= set(rows())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the snippets find the files that they name."""
    images = {
        "photo.jpg": hopper(),
        "other.jpg": collins(),
        "group.jpg": collins(),
        "empty.jpg": np.full((200, 300, 3), 90, np.uint8),
        **{f"film/{index}.png": hopper() for index in range(6)},
    }
    (tmp_path / "film").mkdir()
    for name, image in images.items():
        assert cv2.imwrite(str(tmp_path / name), image[:, :, ::-1])
    assert asset("grace_hopper.jpg").is_file()
    (tmp_path / "config.yaml").write_text("policy: {min_frames: 3}\n")
    return tmp_path


@pytest.mark.parametrize("number", range(len(snippets())))
def test_every_snippet_runs(number: int, folder: Path) -> None:
    without = {"ACCESSCTL_KEY_FILE", "ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"}
    environment = {name: value for name, value in os.environ.items() if name not in without}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", snippets()[number]],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    says = re.search(r"^ *print\(", snippets()[number].partition("def perform")[0], re.MULTILINE)
    assert bool(done.stdout) is bool(says)


@pytest.mark.parametrize("line", "".join(blocks("")).splitlines())
def test_every_command_that_is_shown_exists(line: str) -> None:
    program, *words = shlex.split(line)
    if program == "pip":
        assert words == ["install", "accessctl"]
        return
    assert program == "accessctl"
    done = subprocess.run(
        [sys.executable, "-m", "accessctl", *words, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert " ".join(words) in done.stdout


def test_the_configuration_that_is_shown_is_one() -> None:
    [shown] = blocks("yaml")
    config = config_of(yaml.safe_load(shown), ROOT, "docs/api.md")
    assert config.camera.source == "ndi://studio-1"
    assert config.liveness.cues == ("at-rest",)
    assert config.training.loss == ("triplet", "circle=0.5")


def test_the_entry_points_that_are_shown_are_one_of_each_kind() -> None:
    [shown] = blocks("toml")
    groups = tomllib.loads(shown)["project"]["entry-points"]
    assert list(groups) == [kind.group for kind in ExtensionKind]


def test_no_snippet_is_of_a_kind_that_nobody_runs() -> None:
    assert {kind for kind, _ in BLOCK.findall(TEXT)} == {"", "python", "yaml", "toml"}
