"""Which model files are meant by name and digest: by the manifest, and by an encoder's card.

A hub gives these files away, a door takes them from it; neither goes by any other list. Files that
a card names count with the digest that its own SHA256SUMS states, and not without one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from accessctl.encoder.card import Card, load_card, read_sums
from accessctl.errors import ModelError
from accessctl.zoo.manifest import Manifest
from accessctl.zoo.packing import NEEDED, Locate, Piece, pieces_of


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A file that belongs at `path`; `piece` is what the manifest says of it, None for one that
    only an encoder's card names."""

    name: str
    path: Path
    sha256: str
    piece: Piece | None = None

    @property
    def is_needed(self) -> bool:
        """Whether a door with this release and this encoder does not run without it."""
        return self.piece is None or self.piece.encoder in {None, *NEEDED}


def named_models_of(
    manifest: Manifest, locate: Locate, encoder: Path | None
) -> tuple[NamedModel, ...]:
    """Each digest once. `locate` says where a file of the cache lies, `encoder` is the folder of
    the encoder that is used; one without a card that can be read names nothing."""
    pieces = (
        NamedModel(piece.path, locate(piece.path), piece.sha256, piece)
        for piece in pieces_of(manifest)
    )
    found = {one.sha256: one for one in pieces}
    for one in _of_card(encoder):
        found.setdefault(one.sha256, one)
    return tuple(found.values())


def _of_card(folder: Path | None) -> Iterator[NamedModel]:
    for card in _networks(folder):
        litert = card.network.litert
        sums = _sums(card)
        for file in (litert.int8, litert.float16):
            digest = None if file is None else sums.get(Path(file).name)
            if file is not None and digest is not None:
                yield NamedModel(f"{card.name}/{Path(file).name}", card.path(file), digest)


def _networks(folder: Path | None) -> Iterator[Card]:
    """The cards of all networks that the encoder is made of; a joined one's parts are none."""
    if folder is None:
        return
    try:
        card = load_card(folder)
    except ModelError:
        return
    if card.files is not None:
        yield card
    for part in card.parts or ():
        yield from _networks(folder / part.folder)


def _sums(card: Card) -> dict[str, str]:
    """None stated: none of its files is meant by digest."""
    try:
        return {} if card.sums_path is None else read_sums(card.sums_path)
    except ModelError:
        return {}
