"""Fetch archives of the manifest and install those of their files that have the right digest.

pip brings wheels and sdists, npm brings npm packages: the user's own, so that their registry, proxy
and certificates apply. Files are written whole or not at all.
"""

import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from accessctl.errors import FetchError
from accessctl.storage import files
from accessctl.zoo.manifest import Archive, Member, check_archive, lies_there, read_member

TIMEOUT_S = 3600.0

Runner: TypeAlias = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]
PUBLIC = 0o644


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


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one file."""

    path: Path
    state: Literal["present", "fetched", "built", "packed", "unpacked"]


def run_program(argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run `argv` with its output captured; raises OSError or subprocess.TimeoutExpired."""
    return subprocess.run(  # noqa: S603 - a fixed argv without a shell, built by a Downloader
        argv, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False
    )


def fetch(
    archives: Sequence[Archive],
    cache: Path,
    *,
    again: str,
    announce: Callable[[str], None],
    run: Runner = run_program,
) -> Iterator[Report]:
    """Bring every file of `archives` below `cache`, yielding one report a file.

    A file already there with the right digest is kept. `again` is the command that errors
    name for another try. Raises FetchError; then no file of the archive at fault has been
    written.
    """
    for archive in archives:
        missing = [member for member in archive.members if not is_present(cache, member)]
        contents = _download(archive, missing, run, again, announce) if missing else {}
        for member in archive.members:
            path = cache / member.destination
            if member in contents:
                write_atomically(path, contents[member])
                yield Report(path, "fetched")
            else:
                yield Report(path, "present")


def is_present(cache: Path, member: Member) -> bool:
    """Whether the file lies there with the digest the manifest names."""
    return lies_there(cache / member.destination, member.bytes, member.sha256)


def _download(
    archive: Archive,
    members: list[Member],
    run: Runner,
    again: str,
    announce: Callable[[str], None],
) -> dict[Member, bytes]:
    name = f"{archive.package} {archive.version}"
    announce(f"downloading {name} ({archive.bytes / 1e6:.0f} MB)")
    try:
        return _download_into_scratch(archive, members, run, again, name)
    except OSError as error:
        raise FetchError(
            f"Cannot keep the download of {name} ({error.strerror}); make room in "
            f"{tempfile.gettempdir()} or set TMPDIR."
        ) from error


def _download_into_scratch(
    archive: Archive, members: list[Member], run: Runner, again: str, name: str
) -> dict[Member, bytes]:
    with tempfile.TemporaryDirectory(prefix="accessctl-fetch-") as scratch:
        folder = Path(scratch) / "download"
        folder.mkdir()
        downloader = DOWNLOADER[archive.kind]
        _call(run, downloader.argv(archive, Path(scratch), folder), downloader, again, name)
        found = sorted(folder.glob(f"*{SUFFIX[archive.kind]}"))
        if len(found) != 1:
            raise FetchError(
                f"{downloader.name} brought no {archive.kind} of {name}; try again later."
            )
        check_archive(found[0], archive)
        return {member: read_member(found[0], archive.kind, member) for member in members}


def _call(run: Runner, argv: list[str], downloader: Downloader, again: str, name: str) -> None:
    program = downloader.name
    try:
        done = run(argv)
    except subprocess.TimeoutExpired as error:
        raise FetchError(
            f"Downloading {name} took longer than {TIMEOUT_S / 60:.0f} minutes; "
            "check the network and fetch again."
        ) from error
    except OSError as error:
        raise FetchError(
            f"Cannot start {program} to download {name} ({error.strerror}); "
            f"{downloader.install} and run `{again}` again."
        ) from error
    if done.returncode != 0:
        raise FetchError(
            f"{program} could not download {name}: {complaint(downloader, done.stderr)} "
            f"Check the network and the package index, then run `{again}` again."
        )


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whose folder is made; raises FetchError.

    The file is readable by everybody: models are public, and the door's user need not be
    the one who fetched them.
    """
    with told_on_failure(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_atomically(path, data, mode=PUBLIC)


def replace_text(path: Path, text: str) -> None:
    """Put `text` in place of what the file holds; who may read it stays; raises FetchError."""
    target = path.resolve()
    with told_on_failure(path):
        before = target.stat()
        files.write_atomically(
            target,
            text.encode("utf-8"),
            mode=stat.S_IMODE(before.st_mode),
            owner=(before.st_uid, before.st_gid),
        )


@contextmanager
def told_on_failure(path: Path) -> Iterator[None]:
    """A file that cannot be written is a FetchError that names it."""
    try:
        yield
    except OSError as error:
        raise FetchError(
            f"Cannot write {path} ({error.strerror}); make room or allow writing there."
        ) from error
