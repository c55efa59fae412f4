"""Checks of the machine: Python and the libraries, the processor, the GPU, and the clock.

Versions are compared with those that this release was tested with. Schedules and the event
log go by the wall clock, so it has to be believed.
"""

import datetime
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from accessctl import clock
from accessctl.encoder.choose import gpu_is_there
from accessctl.service.checks import Finding, failure, ok, warning

OLDEST, NEWEST = (3, 11), (3, 13)
# They come with every environment in its own version, and no door imports them.
INSTALLERS = {"pip", "setuptools", "wheel"}
OPENCV = ("opencv-python", "opencv-contrib-python")
VersionOf = Callable[[str], str | None]

PROBE_TIMEOUT_S = 120
# In a process of its own: TensorFlow takes seconds and hundreds of megabytes.
PROBE = "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))"

# No accessctl ran before; a clock without a battery starts in 1970 or where it stopped.
EARLIEST = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
YEARS = 20


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


@dataclass(frozen=True, slots=True)
class Processor:
    """`name` as the kernel gives it, `cores` that this process may use, and `multiplies`: what it
    has for the products that networks are made of, the part of it that decides their pace."""

    name: str
    cores: int
    multiplies: str


def processor_of(cpuinfo: str, cores: int) -> Processor:
    """From the text of /proc/cpuinfo, of an x86-64 or an ARM core."""
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in cpuinfo.splitlines()[::-1])
    }
    flags = set(f"{fields.get('flags', '')} {fields.get('features', '')}".split())
    name = fields.get("model name") or fields.get("cpu part") or "an unknown processor"
    kinds = (
        ("avx512_vnni", "AVX-512 with VNNI (8 bits)"),
        ("avx_vnni", "AVX2 with VNNI (8 bits)"),
        ("avx512f", "AVX-512 without VNNI"),
        ("avx2", "AVX2 without VNNI"),
        ("asimddp", "NEON with dot products (8 bits)"),
        ("asimd", "NEON"),
    )
    return Processor(name, cores, next((told for flag, told in kinds if flag in flags), "neither"))


def check_processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Iterator[Finding]:
    """Which of the kinds that docs/results/speed.md has figures of this processor is."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        yield warning("processor", f"{cpuinfo} cannot be read ({error.strerror}).")
        return
    found = processor_of(text, len(os.sched_getaffinity(0)))
    if found.multiplies == "neither":
        yield warning(
            "processor",
            f"{found.name} has neither AVX2 nor NEON: a frame will take several times as long as "
            "docs/results/speed.md says.",
        )
        return
    cores = "1 core" if found.cores == 1 else f"{found.cores} cores"
    yield ok("processor", f"{found.name}, {cores}, {found.multiplies}.")


def needed_packages(said: Iterable[str] | None = None) -> frozenset[str]:
    """What every door needs, by its normalised name, as the package's own metadata says it.

    `said` stands in for that metadata.
    """
    lines = (requires("accessctl") or []) if said is None else said
    found = map(Requirement, lines)
    return frozenset(
        str(canonicalize_name(one.name))
        for one in found
        if one.marker is None or one.marker.evaluate({"extra": ""})
    )


def check_libraries(
    requirements: Path, needed: Collection[str], version_of: VersionOf = installed
) -> Iterator[Finding]:
    """Each pin of the file that is not met; one line when all are.

    Only what is `needed` must be installed; the rest is for training and the like.
    """
    try:
        pins = pins_of(requirements.read_text(encoding="utf-8").splitlines())
    except OSError as error:
        yield warning(
            "libraries",
            f"There is nothing to compare versions with: {requirements} cannot be read "
            f"({error.strerror}).",
        )
        return
    findings = list(_unmet(pins, needed, version_of))
    yield from findings
    if not findings:
        there = sum(version_of(package) is not None for package in pins)
        yield ok("libraries", f"All {there} are of the versions that were tested.")


def pins_of(lines: Iterable[str]) -> dict[str, str]:
    """{package: version} of the lines `package==version` that are for this machine and this
    Python; others are passed over."""
    pins: dict[str, str] = {}
    for line in lines:
        try:
            pin = Requirement(line.split(" #")[0].strip())
        except InvalidRequirement:
            continue
        exact = [one.version for one in pin.specifier if one.operator == "=="]
        if exact and (pin.marker is None or pin.marker.evaluate()):
            pins[str(canonicalize_name(pin.name))] = exact[0]
    return pins


def check_opencv(version_of: VersionOf = installed) -> Iterator[Finding]:
    """Both packages write into one cv2/ folder; of two versions, parts of each are there."""
    found: Mapping[str, str | None] = {package: version_of(package) for package in OPENCV}
    there = {package: number for package, number in found.items() if number is not None}
    if not there:
        yield failure("opencv", "OpenCV is not installed; run pip install opencv-python.")
    elif len(set(there.values())) > 1:
        both = " and ".join(f"{package} {number}" for package, number in there.items())
        yield failure(
            "opencv",
            f"{both} share one folder and must be of one version; uninstall both, then install "
            "the one that you need again.",
        )
    else:
        both = " and ".join(there)
        yield ok("opencv", f"{both}, {next(iter(there.values()))}.")


def _unmet(
    pins: Mapping[str, str], needed: Collection[str], version_of: VersionOf
) -> Iterator[Finding]:
    for package, pinned in pins.items():
        found = version_of(package)
        install = f"run pip install {package}=={pinned}"
        if found is None:
            if package in needed:
                yield failure("libraries", f"{package} is not installed; {install}.")
        elif found != pinned and package not in INSTALLERS:
            yield warning("libraries", f"{package} is {found}, tested was {pinned}; {install}.")


def usable_gpus(probe: str = PROBE) -> int:
    """How many GPUs TensorFlow can use; 0 also when it cannot be asked.

    `probe` is what a Python process of its own runs, which prints the number last.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
            [sys.executable, "-c", probe],
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
            check=True,
        )
        return int(done.stdout.split()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError, OSError):
        return 0


def check_gpu(
    device: Literal["auto", "cpu", "gpu"],
    root: Path = Path("/"),
    usable: Callable[[], int] = usable_gpus,
) -> Iterator[Finding]:
    """`device` is encoder.device."""
    there = gpu_is_there(root)
    if device == "cpu":
        unused = "There is a GPU, which encoder.device: cpu leaves unused." if there else None
        yield ok("gpu", unused or "There is no GPU; the encoder runs on the CPU.")
    elif not there:
        if device == "gpu":
            yield failure(
                "gpu",
                "There is no NVIDIA GPU, but encoder.device is gpu; install its driver or set "
                "encoder.device to auto or cpu.",
            )
        else:
            yield ok("gpu", "There is no GPU; the encoder runs on the CPU.")
    elif usable() > 0:
        yield ok("gpu", "There is a GPU, and TensorFlow can use it.")
    else:
        level = failure if device == "gpu" else warning
        yield level(
            "gpu",
            "There is a GPU, but TensorFlow cannot use it; install its CUDA libraries with pip "
            "install 'tensorflow[and-cuda]', or set encoder.device to cpu.",
        )


def check_clock(
    now: float, synchronised: Callable[[], bool | None] = clock.synchronised
) -> Iterator[Finding]:
    """`now` is epoch seconds."""
    latest = EARLIEST.replace(year=EARLIEST.year + YEARS)
    if not EARLIEST.timestamp() <= now <= latest.timestamp():
        yield failure("clock", f"{_date(now)} cannot be today; set the clock.")
        return
    known = synchronised()
    if known:
        yield ok("clock", f"It is {_date(now)}, and the clock is kept right.")
    elif known is None:
        yield ok("clock", f"It is {_date(now)}; whether the clock is kept right is not known.")
    else:
        yield warning(
            "clock",
            f"It is {_date(now)}, but nothing keeps the clock right, so schedules and the event "
            "log may drift; enable systemd-timesyncd or chrony.",
        )


def _date(now: float) -> str:
    try:
        return f"{datetime.datetime.fromtimestamp(now, datetime.UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "that date"
