"""What a door's installation takes on the disk, package by package.

    python -m venv DIR && DIR/bin/pip install . && python -m benchmarks.install DIR [--write]

Sizes are those of the files that the packages say are theirs, and of what Python compiled of them;
pip and setuptools, which the environment brings, are left out. --write puts the table into
docs/results/install.md.
"""

import argparse
import datetime
import platform
from importlib.metadata import Distribution, distributions
from pathlib import Path

from accessctl.cli.common import table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "results" / "install.md"
BAR_MB = 350
INSTALLERS = {"pip", "setuptools", "wheel"}
SHOWN = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("environment", type=Path, help="a virtual environment")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    folders = sorted(args.environment.glob("lib/python3*/site-packages"))
    if not folders:
        parser.error(f"{args.environment} is no virtual environment; make one with python -m venv.")
    text = report(sizes(folders[0]))
    print(text)
    if args.write:
        PAGE.write_text(text, encoding="utf-8")


def sizes(folder: Path) -> dict[str, float]:
    """Megabytes of each package in a site-packages folder, the largest first."""
    found = {
        one.metadata["Name"]: megabytes(one)
        for one in distributions(path=[str(folder)])
        if one.metadata["Name"] not in INSTALLERS
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def megabytes(package: Distribution) -> float:
    paths = (Path(str(file.locate())) for file in package.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def report(found: dict[str, float]) -> str:
    whole = sum(found.values())
    first = list(found.items())[:SHOWN]
    rest = whole - sum(size for _, size in first)
    rows = [(name, f"{size:.0f}") for name, size in first]
    rows += [(f"{len(found) - len(first)} others", f"{rest:.0f}"), ("all", f"{whole:.0f}")]
    today = datetime.datetime.now(tz=datetime.UTC).date()
    lines = [
        "# What a door takes on the disk",
        "",
        f"{today}; `python -m venv DIR`, `DIR/bin/pip install .`, `python -m benchmarks.install "
        f"DIR`; {platform.machine()}, Python {platform.python_version()}. Bar: {BAR_MB} MB.",
        "",
        "```",
        table(["package", "MB"], rows),
        "```",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
