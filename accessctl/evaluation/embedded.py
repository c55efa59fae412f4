"""From photographs to embeddings on the product's own path, each step kept between runs.

    photos = open_photos(Path("lfw/images.zip"))             a folder or a zip archive
    bench = bench_for(config.vision, config.encoder, Subject.CENTRE, cache, bar)
    faces = bench.embed(photos, photos.names)                -> Embedded
    dark = bench.embed(photos, names, alter=darker, variant="dark 0.2")
    seen = bench.sight(photos, names)                        -> Sightings: boxes and meshes
    probes = probes_of(bench, photos, photos.names)          -> Probes: both, for identification

Observer.still finds the faces, `Subject` says which one is meant, and the Recogniser cuts the
crop from the photo itself by the encoder's card and embeds it, with its mirror image when
`config.encoder.flip_average` says so. A photo without a subject keeps its row: `found` is
False and its embedding is NaN; whoever measures counts it as a failure.

`alter(name, photo) -> photo` changes what is seen before anything looks at it; its
`variant` must name it and all of its parameters, because results are kept by it.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.config import EncoderConfig, VisionConfig
from accessctl.domain import Embedding
from accessctl.encoder.base import Encoder
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import load_encoder
from accessctl.evaluation.data import Photos, people_of
from accessctl.evaluation.sightings import (
    Absence,
    Alter,
    Progress,
    Row,
    RowCache,
    Sightings,
    SightingSettings,
    Subject,
    in_parallel,
    progress_pairs,
    sight,
)
from accessctl.recognition.recogniser import Recogniser
from accessctl.vision.observer import Observer

Floats = NDArray[np.float32]

WORKERS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """N photos, a row each: whose it is (`person` int64 (N,), an index of `people`, the folder
    it lies in), its unit embedding float32 (N, D), whether a subject was `found` bool (N,)
    (else the embedding is NaN, and `absent` (N,) says why) and whether the product would call
    its quality `usable`."""

    names: tuple[str, ...]
    people: tuple[str, ...]
    person: NDArray[np.int64]
    embeddings: Embedding
    found: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    absent: tuple[Absence | None, ...] = ()

    def rows(self, names: Sequence[str]) -> NDArray[np.int64]:
        """The rows of these photos."""
        at = {name: row for row, name in enumerate(self.names)}
        return np.array([at[name] for name in names], np.int64)


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that photos are measured with. `encoder_key` names the encoder and how it
    runs, for the cache; `cache` None keeps nothing."""

    look: SightingSettings
    encoder: Callable[[], Encoder]
    encoder_key: str
    cache: Path | None
    progress: Progress[str]
    workers: int = WORKERS

    def sight(
        self, photos: Photos, names: Sequence[str], *, alter: Alter | None = None, variant: str = ""
    ) -> Sightings:
        """Where the subjects are; StoreError when the cache cannot be written."""
        look = replace(self.look, alter=alter, variant=variant)
        cache = self._cache(f"sightings-{look.key(photos)[:32]}.npz")
        return sight(photos, names, look, cache, self.workers, self.progress)

    def embed(
        self, photos: Photos, names: Sequence[str], *, alter: Alter | None = None, variant: str = ""
    ) -> Embedded:
        """The subjects' embeddings; StoreError, ModelError."""
        seen = self.sight(photos, names, alter=alter, variant=variant)
        look = replace(self.look, alter=alter, variant=variant)
        key = hashlib.sha256(f"{look.key(photos)}\n{self.encoder_key}".encode()).hexdigest()
        cache = self._cache(f"embeddings-{key[:32]}.npz")
        self._fill(photos, seen, look, cache)
        people, person = people_of(seen.names)
        dimension = next((len(row[0]) for row in cache.rows.values()), 0)
        missing = (np.full(dimension, np.nan, np.float32),)
        rows = [cache.rows.get(name, missing)[0] for name in seen.names]
        embeddings = np.stack(rows).astype(np.float32)
        return Embedded(
            seen.names, people, person, embeddings, seen.found, seen.usable, seen.absent
        )

    def _fill(
        self, photos: Photos, seen: Sightings, look: SightingSettings, cache: RowCache
    ) -> None:
        at = {name: row for row, name in enumerate(seen.names)}
        missing = [name for name, row in at.items() if seen.found[row] and name not in cache.rows]
        recognisers = [Recogniser(self.encoder()) for _ in range(min(self.workers, len(missing)))]

        def row(recogniser: Recogniser, name: str) -> Row:
            image = look.photo(photos, name)
            return (recogniser.embed_meshes(image, [seen.landmarks[at[name]]])[0],)

        try:
            with closing(in_parallel(missing, recognisers, row)) as embedded:
                for name, result in progress_pairs(missing, embedded, self.progress):
                    cache.rows[name] = result
        finally:
            cache.save()

    def _cache(self, name: str) -> RowCache:
        return RowCache(None if self.cache is None else self.cache / name)


def bench_for(
    vision: VisionConfig,
    encoder: EncoderConfig,
    subject: Subject,
    cache: Path | None,
    progress: Progress[str],
    workers: int = WORKERS,
) -> Bench:
    """The product's observer and encoder, as its configuration has them; ModelError."""
    return Bench(
        look=SightingSettings(
            lambda: Observer(vision), vision.model_dump_json(exclude={"models"}), subject
        ),
        encoder=lambda: load_encoder(encoder),
        encoder_key=encoder_key(encoder),
        cache=cache,
        progress=progress,
        workers=workers,
    )


def encoder_key(encoder: EncoderConfig) -> str:
    """What an embedding depends on: weights, crop, input, precision, device, mirror image."""
    card = load_card(encoder.folder)
    parts = [part.model_dump_json() for part in card.parts or ()]
    how = encoder.model_dump_json(include={"device", "precision", "flip_average"})
    given = (card.fingerprint, card.input.model_dump_json(), card.geometry.model_dump_json())
    return "\n".join((*given, *parts, how))


@dataclass(frozen=True, slots=True, eq=False)
class Probes:
    """N photos. `found` (N,): there is a face. `usable` (N,): the product would recognise from
    it, or enrol it. `embeddings` are unit rows (N, D) and `quality` (N,) their weights, both
    NaN where there is no face; `absent` (N,) says why there is none."""

    embeddings: Floats
    quality: NDArray[np.floating]
    found: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    absent: tuple[Absence | None, ...] = ()

    def __len__(self) -> int:
        return len(self.found)

    def wide(self, dimension: int) -> "Probes":
        """The same with embeddings (N, dimension): where no photo at all shows a face, nobody
        could tell how long they are."""
        if self.found.any():
            return self
        return replace(self, embeddings=np.full((len(self), dimension), np.nan, np.float32))

    def then(self, others: "Probes") -> "Probes":
        """These and the others below them."""
        return Probes(
            np.concatenate([self.embeddings, others.embeddings]),
            np.concatenate([self.quality, others.quality]),
            np.concatenate([self.found, others.found]),
            np.concatenate([self.usable, others.usable]),
            (*self.absent, *others.absent),
        )


def probes_of(
    bench: Bench,
    photos: Photos,
    names: Sequence[str],
    *,
    alter: Alter | None = None,
    variant: str = "",
) -> Probes:
    """These photos on the product's path, altered first; see Bench.embed."""
    seen = bench.sight(photos, names, alter=alter, variant=variant)
    embedded = bench.embed(photos, names, alter=alter, variant=variant)
    return Probes(embedded.embeddings, seen.quality, seen.found, seen.usable, seen.absent)
