"""Model files carried in one file from a machine that can build them to one that cannot.

A pack is a plain tar file that holds nothing but files which the manifest names with their
SHA-256: the detectors, and the LiteRT files of encoders that were built. Its own names are only
compared with the manifest's, never written to, and nothing is written before all of it is read
and found right.
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from accessctl.encoder.card import format_sums, read_sums
from accessctl.errors import InputError, ModelError
from accessctl.zoo.fetch import Report, write_atomically
from accessctl.zoo.manifest import DAMAGE, Manifest, lies_there

LITERT = ".tflite"
SUMS = "SHA256SUMS"
NEEDED = ("dlib",)
"""Encoders without which the one that ships does not run."""

Locate = Callable[[str], Path]


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a pack: `path` is relative to the cache, `encoder` what it was built for."""

    path: str
    sha256: str
    bytes: int
    encoder: str | None = None


def pieces_of(manifest: Manifest) -> tuple[Piece, ...]:
    """All that a pack may hold, in the order in which it does."""
    detectors = tuple(
        Piece(member.destination, member.sha256, member.bytes)
        for archive in manifest.archives
        for member in archive.members
        if member.destination.endswith(LITERT)
    )
    built = tuple(
        Piece(one.path, one.sha256, one.bytes, encoder)
        for encoder, files in manifest.built.items()
        for one in files
    )
    return detectors + built


def pack(manifest: Manifest, locate: Locate, file: Path) -> Iterator[Report]:
    """Write `file` with the detectors and every encoder that is there, dlib's at least.

    `locate` says where a file of the cache lies. Yields a report for each file in the pack.
    Raises InputError when `file` is there already, ModelError when something that is needed is
    missing or is not what the manifest names, FetchError when `file` cannot be written.
    """
    if file.exists():
        raise InputError(f"{file} is there already; name another file for the pack.")
    chosen = _present(pieces_of(manifest), locate)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as bundle:
        for piece in chosen:
            data = locate(piece.path).read_bytes()
            if not _is_right(piece, data):
                raise ModelError(f"{locate(piece.path)} changed while it was packed; try again.")
            info = tarfile.TarInfo(piece.path)
            info.size = len(data)
            bundle.addfile(info, io.BytesIO(data))
    write_atomically(file, buffer.getvalue())
    for piece in chosen:
        yield Report(locate(piece.path), "packed")


def unpack(file: Path, manifest: Manifest, cache: Path) -> Iterator[Report]:
    """Put what `file` holds below `cache`, and yield a report for each file.

    Raises InputError, before anything is written, when `file` holds anything but whole encoders
    and the detectors of this manifest; FetchError when they cannot be written.
    """
    pieces = {piece.path: piece for piece in pieces_of(manifest)}
    contents = _read(file, pieces)
    encoders = {piece.encoder for piece in pieces.values() if piece.path in contents}
    for piece in pieces.values():
        if piece.path not in contents and piece.encoder in {None, *NEEDED, *encoders}:
            raise InputError(f"{file} lacks {piece.path}; make the pack anew. Nothing was changed.")
    for path, data in contents.items():
        target = cache / path
        if _lies_there(target, pieces[path]):
            yield Report(target, "present")
        else:
            write_atomically(target, data)
            yield Report(target, "unpacked")
    for encoder in sorted(encoders - {None}, key=str):
        list_sums(cache, [pieces[path] for path in contents if pieces[path].encoder == encoder])


def _present(pieces: Sequence[Piece], locate: Locate) -> list[Piece]:
    """Those of the detectors and of the encoders of which every file is right; ModelError."""
    wrong = [piece for piece in pieces if not _lies_there(locate(piece.path), piece)]
    for piece in wrong:
        if piece.encoder in {None, *NEEDED}:
            state = "is not the file that this release names (SHA-256 differs)"
            found = locate(piece.path)
            raise ModelError(
                f"{found} {state if found.exists() else 'is missing'}; run `accessctl models "
                "fetch` with the versions of requirements.txt, then pack again."
            )
    incomplete = {piece.encoder for piece in wrong}
    return [piece for piece in pieces if piece.encoder not in incomplete]


def _read(file: Path, pieces: dict[str, Piece]) -> dict[str, bytes]:
    """The files in the pack by their path; raises InputError."""
    contents: dict[str, bytes] = {}
    try:
        # Not compressed, so that nothing is larger than the file, and read from front to back.
        with tarfile.open(file, "r:") as bundle:
            for info in bundle:
                piece = pieces.get(info.name)
                if piece is None or not info.isreg() or info.name in contents:
                    raise InputError(_refused(file, info.name))
                stream = bundle.extractfile(info)
                data = b"" if stream is None else stream.read(piece.bytes + 1)
                if not _is_right(piece, data):
                    raise InputError(_refused(file, info.name))
                contents[info.name] = data
    except DAMAGE as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it is damaged or no pack"
        raise InputError(
            f"Cannot read {file} ({reason}); name a file that `accessctl models pack` wrote."
        ) from error
    return contents


def _refused(file: Path, name: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name[:100])
    return (
        f"{file} holds {shown!r}, which is none of this release's files; make the pack with the "
        "same release of accessctl. Nothing was changed."
    )


def _is_right(piece: Piece, data: bytes) -> bool:
    return len(data) == piece.bytes and hashlib.sha256(data).hexdigest() == piece.sha256


def _lies_there(path: Path, piece: Piece) -> bool:
    return lies_there(path, piece.bytes, piece.sha256)


def list_sums(cache: Path, pieces: Sequence[Piece]) -> None:
    """Add the files to the sums that the encoder's card names; others keep theirs."""
    path = (cache / pieces[0].path).with_name(SUMS)
    try:
        known = read_sums(path)
    except ModelError:
        known = {}
    sums = known | {Path(piece.path).name: piece.sha256 for piece in pieces}
    if sums != known:
        write_atomically(path, format_sums(sums).encode("ascii"))
