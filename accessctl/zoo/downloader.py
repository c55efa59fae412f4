"""The programs that bring an archive: pip for wheels and sdists, npm for npm packages.

The user's own registry, proxy and certificates apply, because they are the user's own pip
and npm.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from accessctl.zoo.manifest import Archive


@dataclass(frozen=True, slots=True)
class Downloader:
    """`argv(archive, scratch, folder)` is the call that puts exactly this release file into
    `folder`; it may leave what it needs in `scratch`. `errors` is how lines of its own
    complaints begin."""

    name: str
    errors: tuple[str, ...]
    argv: Callable[[Archive, Path, Path], list[str]]
    install: str


def pip_argv(archive: Archive, scratch: Path, folder: Path) -> list[str]:
    """Hash mode makes pip refuse an altered file before anything in it runs, which matters
    for an sdist: pip executes its setup.py to learn its metadata."""
    requirements = scratch / "requirements.txt"
    requirements.write_text(
        f"{archive.package}=={archive.version} --hash=sha256:{archive.sha256}\n", encoding="utf-8"
    )
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    argv += ["--disable-pip-version-check", "--require-hashes"]
    argv += ["--only-binary" if archive.kind == "wheel" else "--no-binary", ":all:"]
    if archive.python:
        argv += ["--python-version", archive.python]
    if archive.platform:
        argv += ["--platform", archive.platform]
    return [*argv, "--dest", str(folder), "--requirement", str(requirements)]


def npm_argv(archive: Archive, scratch: Path, folder: Path) -> list[str]:
    """npm packs a release without installing it, and runs nothing that is in it."""
    cache = ["--cache", str(scratch / "npm")]
    quiet = ["--loglevel=error", "--no-update-notifier", "--ignore-scripts"]
    release = f"{archive.package}@{archive.version}"
    return ["npm", "pack", *quiet, *cache, "--pack-destination", str(folder), release]


PIP = Downloader("pip", ("ERROR: ",), pip_argv, "install pip")
NPM = Downloader(
    "npm",
    ("npm error ", "npm ERR! "),
    npm_argv,
    "install Node.js with npm (Debian: apt install npm)",
)
DOWNLOADER = {"wheel": PIP, "sdist": PIP, "npm": NPM}
SUFFIX = {"wheel": ".whl", "sdist": ".tar.gz", "npm": ".tgz"}


def complaint(downloader: Downloader, stderr: str) -> str:
    """What its output says of the failure in one line, printable and not endless."""
    lines = [" ".join(line.split()) for line in stderr.splitlines() if line.strip()]
    errors = [
        line.removeprefix(mark)
        for line in lines
        for mark in downloader.errors
        if line.startswith(mark)
    ]
    said = errors or lines or ["it ended without a message"]
    # npm begins with the error's code and ends with where its log lies; pip sums up last.
    chosen = " ".join(said[:3]) if downloader is NPM else said[-1]
    printable = "".join(c for c in chosen if c.isprintable())[:300].rstrip(".")
    return f"{printable}."
