"""The wheel alone gives a working command, in any folder outside the repository."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import accessctl

REPOSITORY = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(
    ".*", "cache", "build", "dist", "*.egg-info", "__pycache__", "tests", "docs", "benchmarks",
    "enrolled", "state", "runs",
)  # fmt: skip


def run(*argv: str | Path, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_DATA_DIRS": str(home / "machine"),
    }
    return subprocess.run(
        list(map(str, argv)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing built before gets into it and nothing is left here."""
    source = tmp_path_factory.mktemp("source") / "accessctl"
    shutil.copytree(REPOSITORY, source, ignore=LEFT_OUT)
    made = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", made]
    if int(version("setuptools").split(".")[0]) >= 77:
        # What pyproject.toml asks for is there: nothing has to be downloaded.
        argv.append("--no-build-isolation")
    done = subprocess.run([*argv, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (file,) = made.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`accessctl` of the wheel, in an environment that borrows this one's libraries."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True, with_pip=False)
    variables = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=variables))
    argv = [sys.executable, "-m", "pip", "--quiet", "--python", folder / "bin" / "python"]
    argv += ["install", "--no-deps", "--no-index", wheel]
    # A path of Python's own would make this package look installed there already.
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(argv, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Behind the wheel's own package, so that this one is not the repository's.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "accessctl"


@pytest.mark.timeout(900)
def test_the_releases_files_are_in_the_wheel_and_nothing_fetched_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for name in (
        "py.typed",
        "assets/DejaVuSans.ttf",
        "bundled/config.yaml",
        "bundled/models/manifest.yaml",
        "bundled/models/encoder/card.yaml",
        "bundled/models/encoder/cohort.npz",
        "bundled/models/encoder/trained/encoder_float16.tflite",
        "bundled/models/dlib/cohort.npz",
        "bundled/models/texture/texture_float16.tflite",
        "bundled/systemd/accessctl.service",
    ):
        assert f"accessctl/{name}" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "/cache/" in name or name.startswith("tests/")]


@pytest.mark.timeout(900)
def test_a_door_is_made_and_gets_its_models_outside_the_repository(
    command: Path, tmp_path: Path
) -> None:
    door, home = tmp_path / "door", tmp_path / "home"
    said = run(command, "--version", cwd=tmp_path, home=home)
    assert said.stdout == f"accessctl {accessctl.__version__}\n", said.stderr
    assert run(command, "init", door, cwd=tmp_path, home=home).returncode == 0
    pack = tmp_path / "models.tar"
    packing = [sys.executable, "-m", "accessctl", "models", "pack", str(pack)]
    subprocess.run(packing, check=True, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    said = run(command, "models", "unpack", pack, cwd=door, home=home)
    assert said.returncode == 0, said.stderr
    assert str(home) in said.stdout
    assert str(REPOSITORY) not in said.stdout
    said = run(command, "config", "explain", cwd=door, home=home)
    assert f"encoder.folder: {command.parents[1]}" in said.stdout, said.stderr
    assert f"vision.models: {home}" in said.stdout
