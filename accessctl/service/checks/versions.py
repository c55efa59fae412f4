"""Python and the libraries, against the versions this release was tested with."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from accessctl.service.checks.finding import Finding, failure, ok, warning

OLDEST, NEWEST = (3, 11), (3, 13)
PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!-]+)\s*(?:#.*)?")
OPENCV = ("opencv-python", "opencv-contrib-python")
REINSTALL = "install the requirements again: pip install -r requirements.txt"

VersionOf = Callable[[str], str | None]


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def check_python(running: tuple[int, ...] = tuple(sys.version_info[:3])) -> Iterator[Finding]:
    text = ".".join(map(str, running))
    if OLDEST <= running[:2] <= NEWEST:
        yield ok("python", f"Python {text}.")
    else:
        oldest, newest = (".".join(map(str, bound)) for bound in (OLDEST, NEWEST))
        yield failure("python", f"Python {text} was not tested; use {oldest} to {newest}.")


def check_libraries(requirements: Path, version_of: VersionOf = installed) -> Iterator[Finding]:
    """Each pin of the file that is not met; one line when all are."""
    try:
        pins = pins_of(requirements.read_text(encoding="utf-8").splitlines())
    except OSError as error:
        yield warning(
            "libraries",
            f"There is nothing to compare versions with: {requirements} cannot be read "
            f"({error.strerror}).",
        )
        return
    findings = list(_unmet(pins, version_of))
    yield from findings
    if not findings:
        yield ok("libraries", f"All {len(pins)} are of the versions that were tested.")


def pins_of(lines: Iterable[str]) -> dict[str, str]:
    """{package: version} of the lines `package==version`; others are passed over."""
    found = (PIN.fullmatch(line.strip()) for line in lines)
    return {match[1]: match[2] for match in found if match is not None}


def check_opencv(version_of: VersionOf = installed) -> Iterator[Finding]:
    """Both packages write into one cv2/ folder; of two versions, parts of each are there."""
    found: Mapping[str, str | None] = {package: version_of(package) for package in OPENCV}
    missing = [package for package, number in found.items() if number is None]
    numbers = set(found.values())
    if len(missing) == len(OPENCV):
        yield failure("opencv", f"OpenCV is not installed; {REINSTALL}.")
    elif missing:
        yield failure("opencv", f"{missing[0]} is not installed; {REINSTALL}.")
    elif len(numbers) > 1:
        both = " and ".join(f"{package} {number}" for package, number in found.items())
        yield failure(
            "opencv",
            f"{both} share one folder and must be of one version; uninstall both, then "
            f"{REINSTALL}.",
        )
    else:
        yield ok("opencv", f"Both packages are at {numbers.pop()}.")


def _unmet(pins: Mapping[str, str], version_of: VersionOf) -> Iterator[Finding]:
    for package, pinned in pins.items():
        found = version_of(package)
        if found is None:
            yield failure("libraries", f"{package} is not installed; {REINSTALL}.")
        elif found != pinned:
            yield warning("libraries", f"{package} is {found}, tested was {pinned}; {REINSTALL}.")
