"""requirements.txt and requirements-dev.txt pin what pyproject.toml says, for both machines."""

import itertools
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MACHINES = list(itertools.product(("3.11", "3.12", "3.13"), ("x86_64", "aarch64")))


def environment(python: str, machine: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
        "extra": "",
    }


def pinned(file: str, python: str, machine: str) -> dict[str, str]:
    """{package: version} on that machine; each line must pin one version."""
    found: dict[str, str] = {}
    for line in (REPOSITORY / file).read_text(encoding="utf-8").splitlines():
        try:
            pin = Requirement(line)
        except InvalidRequirement:
            assert not line or line.startswith("#"), line
            continue
        (exact,) = pin.specifier
        assert exact.operator == "=="
        if pin.marker is None or pin.marker.evaluate(environment(python, machine)):
            assert canonicalize_name(pin.name) not in found, line
            found[canonicalize_name(pin.name)] = exact.version
    return found


@pytest.mark.parametrize(("python", "machine"), MACHINES)
@pytest.mark.parametrize(
    ("file", "extras"),
    [
        ("requirements.txt", ["heic", "hub", "mediapipe", "train"]),
        ("requirements-dev.txt", ["dev"]),
    ],
)
def test_everything_that_is_asked_for_is_pinned(
    file: str, extras: list[str], python: str, machine: str
) -> None:
    pins = pinned(file, python, machine)
    lines = list(PROJECT["dependencies"])
    lines += [line for extra in extras for line in PROJECT["optional-dependencies"][extra]]
    asked = [one for one in map(Requirement, lines) if one.name != "accessctl"]
    assert len(asked) > 15
    for requirement in asked:
        marker = requirement.marker
        if marker is None or marker.evaluate(environment(python, machine)):
            assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_both_files_agree(machine: str) -> None:
    door, dev = (
        pinned(file, "3.12", machine) for file in ("requirements.txt", "requirements-dev.txt")
    )
    assert {name: dev.get(name) for name in door} == door


def test_what_a_newcomer_looks_for_is_named() -> None:
    pins = pinned("requirements.txt", "3.11", "x86_64")
    assert {"opencv-python", "mediapipe", "tensorflow", "numpy", "pyyaml"} <= pins.keys()
    assert pins["opencv-python"] == pins["opencv-contrib-python"]


def test_a_small_board_gets_no_mediapipe_and_a_door_no_tensorflow() -> None:
    assert "mediapipe" not in pinned("requirements.txt", "3.13", "aarch64")
    names = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert not {"tensorflow", "keras", "mediapipe", "matplotlib", "scipy", "scikit-image"} & names
