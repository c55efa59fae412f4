"""Model files from the hub: what a door's own release and encoder's card name, and nothing else.

What the hub says is only compared: a file goes where this door's own list says, and only when it
has the digest that stands there. What came of a file when the connection broke lies beside, by its
digest, and is gone on with. Nothing is put in its place before everything is there and right.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from accessctl.errors import HubError
from accessctl.sync.model_wire import MAX_MODEL_BYTES, OfferedModel, OfferedModels
from accessctl.zoo.fetch import Report, told_on_failure, write_atomically
from accessctl.zoo.manifest import sha256_of
from accessctl.zoo.naming import NamedModel
from accessctl.zoo.packing import list_sums

PARTS = ".from-hub"


class ModelGiver(Protocol):
    """See client.DoorClient. HubError."""

    def models(self) -> OfferedModels: ...

    def model(self, digest: str, offset: int, most: int) -> Iterator[bytes]: ...


def is_there(named: NamedModel) -> bool:
    """Whether the file lies in its place with the digest that it should have."""
    try:
        return sha256_of(named.path) == named.sha256
    except OSError:
        return False


def fetch_models(
    hub: ModelGiver,
    wanted: Sequence[NamedModel],
    cache: Path,
    announce: Callable[[str], object],
) -> Iterator[Report]:
    """Put what is missing of the `wanted` files in its place; a report for each that is there then.

    An encoder that this door can do without is left out where the hub has not all of it. HubError
    where the hub lacks a file that is needed, or gives another one; FetchError where one cannot be
    written.
    """
    present = [one for one in wanted if is_there(one)]
    missing = [one for one in wanted if one not in present]
    chosen = _chosen(missing, hub.models()) if missing else []
    parts = cache / PARTS
    contents = [(one, _brought(hub, one, offer, parts, announce)) for one, offer in chosen]
    for one in present:
        yield Report(one.path, "present")
    for one, content in contents:
        write_atomically(one.path, content)
        with told_on_failure(parts / one.sha256):
            (parts / one.sha256).unlink(missing_ok=True)
        yield Report(one.path, "fetched")
    with suppress(OSError):
        # Not while something else that was begun lies there.
        parts.rmdir()
    _list_sums(cache, [*present, *(one for one, _ in contents)])


def _chosen(
    missing: Sequence[NamedModel], offered: OfferedModels
) -> list[tuple[NamedModel, OfferedModel]]:
    """What is fetched, with what the hub says of it; HubError."""
    by_digest = {one.sha256: one for one in offered.models}
    offers = [(one, _offer(one, by_digest)) for one in missing]
    lacking = {
        one.piece.encoder for one, offer in offers if offer is None and one.piece is not None
    }
    for one, offer in offers:
        if offer is None and one.is_needed:
            raise HubError(
                f"The hub has no {one.name} as this door needs it; run `accessctl models fetch` "
                "there, with the same release of accessctl. Nothing was changed."
            )
    return [
        (one, offer)
        for one, offer in offers
        if offer is not None
        and (one.is_needed or one.piece is None or one.piece.encoder not in lacking)
    ]


def _offer(named: NamedModel, by_digest: dict[str, OfferedModel]) -> OfferedModel | None:
    offer = by_digest.get(named.sha256)
    if offer is None or offer.name != named.name:
        return None
    return offer if named.piece is None or named.piece.bytes == offer.bytes else None


def _brought(
    hub: ModelGiver,
    named: NamedModel,
    offer: OfferedModel,
    parts: Path,
    announce: Callable[[str], object],
) -> bytes:
    """The file's bytes, from where an earlier try ended; HubError, FetchError."""
    announce(f"downloading {named.path.name} ({offer.bytes / 1e6:.1f} MB)")
    path = parts / named.sha256
    with told_on_failure(path):
        parts.mkdir(parents=True, exist_ok=True)
        begun = path.stat().st_size if path.exists() else 0
        if begun > offer.bytes:
            begun = 0
        with path.open("ab" if begun else "wb") as file:
            if begun < offer.bytes:
                for part in hub.model(named.sha256, begun, offer.bytes - begun):
                    file.write(part)
        content = _read(path)
        if hashlib.sha256(content).hexdigest() != named.sha256:
            # Short of its end it can be gone on with; otherwise it is none of ours.
            if len(content) >= offer.bytes:
                path.unlink()
            raise HubError(
                f"What the hub gave as {named.name} is not that file (SHA-256 differs); nothing "
                "was changed. Run the command again."
            )
    return content


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_MODEL_BYTES)


def _list_sums(cache: Path, files: Sequence[NamedModel]) -> None:
    """The sums that the cards name of encoders that are whole now."""
    pieces = [one.piece for one in files if one.piece is not None]
    for encoder in sorted({piece.encoder for piece in pieces} - {None}, key=str):
        list_sums(cache, [piece for piece in pieces if piece.encoder == encoder])
