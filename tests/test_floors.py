import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PYTHON = ("accessctl", "benchmarks", "examples", "scripts", "tests")
MOST_LINES = 400


def test_no_room_imports_what_it_must_not() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Every contract was looked at, not none.
    assert f"{len(contracts)} kept, 0 broken" in done.stdout
    assert contracts


def test_no_file_is_too_long_to_be_one_mechanism() -> None:
    files = list(REPOSITORY.glob("*.py"))
    for folder in PYTHON:
        found = list((REPOSITORY / folder).rglob("*.py"))
        assert found, folder
        files += found
    lengths = {
        str(path.relative_to(REPOSITORY)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files
    }
    assert {file: lines for file, lines in lengths.items() if lines > MOST_LINES} == {}
