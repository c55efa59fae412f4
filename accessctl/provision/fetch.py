"""Fetch the manifest's files with pip, so that the user's own index, proxy and
certificates apply, and install what has the right digest."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from accessctl.errors import FetchError
from accessctl.provision.archive import check_archive, read_member, sha256_of
from accessctl.provision.atomic import write_atomically
from accessctl.provision.manifest import Archive, Manifest, Member

PIP_TIMEOUT_S = 3600.0
ARCHIVE_SUFFIX = {"wheel": ".whl", "sdist": ".tar.gz"}

Runner: TypeAlias = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one file."""

    path: Path
    state: Literal["present", "fetched", "built"]


def run_pip(argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run `argv` with its output captured; raises OSError or subprocess.TimeoutExpired."""
    return subprocess.run(  # noqa: S603 - a fixed argv without a shell, built by pip_argv
        argv, capture_output=True, text=True, errors="replace", timeout=PIP_TIMEOUT_S, check=False
    )


def fetch(
    manifest: Manifest,
    cache: Path,
    *,
    announce: Callable[[str], None],
    run: Runner = run_pip,
) -> Iterator[Report]:
    """Bring every file of `manifest` below `cache`, yielding one report a file.

    A file already there with the right digest is kept. Raises FetchError; then no file of
    the archive at fault has been written.
    """
    for archive in manifest.archives:
        missing = [member for member in archive.members if not is_present(cache, member)]
        contents = _download(archive, missing, run, announce) if missing else {}
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


def pip_argv(archive: Archive, requirements: Path, folder: Path) -> list[str]:
    """The pip call that downloads exactly this release file into `folder`.

    Hash mode makes pip refuse an altered file before anything in it runs, which matters
    for an sdist: pip executes its setup.py to learn its metadata.
    """
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    argv += ["--disable-pip-version-check", "--require-hashes"]
    argv += ["--only-binary" if archive.kind == "wheel" else "--no-binary", ":all:"]
    if archive.python:
        argv += ["--python-version", archive.python]
    if archive.platform:
        argv += ["--platform", archive.platform]
    return [*argv, "--dest", str(folder), "--requirement", str(requirements)]


def _download(
    archive: Archive, members: list[Member], run: Runner, announce: Callable[[str], None]
) -> dict[Member, bytes]:
    name = f"{archive.package} {archive.version}"
    announce(f"downloading {name} ({archive.bytes / 1e6:.0f} MB)")
    try:
        return _download_into_scratch(archive, members, run, name)
    except OSError as error:
        raise FetchError(
            f"Cannot keep the download of {name} ({error.strerror}); make room in "
            f"{tempfile.gettempdir()} or set TMPDIR."
        ) from error


def _download_into_scratch(
    archive: Archive, members: list[Member], run: Runner, name: str
) -> dict[Member, bytes]:
    with tempfile.TemporaryDirectory(prefix="accessctl-fetch-") as scratch:
        folder = Path(scratch) / "download"
        folder.mkdir()
        requirements = Path(scratch) / "requirements.txt"
        requirements.write_text(
            f"{archive.package}=={archive.version} --hash=sha256:{archive.sha256}\n",
            encoding="utf-8",
        )
        _call(run, pip_argv(archive, requirements, folder), name)
        found = sorted(folder.glob(f"*{ARCHIVE_SUFFIX[archive.kind]}"))
        if len(found) != 1:
            raise FetchError(f"pip brought no {archive.kind} of {name}; try again later.")
        check_archive(found[0], archive)
        return {member: read_member(found[0], archive.kind, member) for member in members}


def _call(run: Runner, argv: list[str], name: str) -> None:
    try:
        done = run(argv)
    except subprocess.TimeoutExpired as error:
        raise FetchError(
            f"Downloading {name} took longer than {PIP_TIMEOUT_S / 60:.0f} minutes; "
            "check the network and fetch again."
        ) from error
    except OSError as error:
        raise FetchError(f"Cannot start pip to download {name} ({error.strerror}).") from error
    if done.returncode != 0:
        raise FetchError(
            f"pip could not download {name}: {_complaint(done.stderr)} "
            "Check the network and the package index, then run `accessctl models fetch` again."
        )


def _complaint(stderr: str) -> str:
    """The line of pip's output that says most, printable and not endless."""
    lines = [" ".join(line.split()) for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    chosen = (errors or lines or ["it ended without a message"])[-1]
    printable = "".join(c for c in chosen if c.isprintable())[:300].rstrip(".")
    return f"{printable}."
