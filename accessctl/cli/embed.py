"""`accessctl embed`: embeddings of photos, for integrators and experiments."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.camera.photo_folder import photos_below
from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.engine import engine_to_read
from accessctl.cli.front import Verb
from accessctl.cli.photos import photo_reader
from accessctl.cli.progress import photo_bar
from accessctl.domain import Embedding
from accessctl.errors import InputError, PhotoError, StoreError
from accessctl.storage.files import atomic_file


@dataclass(frozen=True, kw_only=True)
class EmbedOptions(ConfigOption):
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE|DIR", help="A photo, or a folder with all that lies below."),
    ]
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE.npz", help="The file that is written.")
    ]


def run(args: EmbedOptions) -> int:
    """The file holds `paths` (N,), `embeddings` float32 (N, D) and `fingerprint`.

    A row is NaN where no single usable face was found; standard error says why.
    """
    import numpy as np

    from accessctl.recognition.engine import embed_portrait, stack

    config = config_from(args)
    read = photo_reader(config)
    paths = list(expand(args.paths))
    rows: list[Embedding | None] = []
    with engine_to_read(config) as engine:
        for path in photo_bar(paths, len(paths)):
            try:
                image = read(path)
                row = embed_portrait(image, str(path), engine.observer, engine.recogniser)
            except InputError as error:
                print(f"accessctl: {error}", file=sys.stderr)
                rows.append(None)
            else:
                rows.append(row)
        try:
            # Readable by its owner alone: embeddings are biometric data.
            with atomic_file(args.out) as file:
                np.savez(
                    file,
                    paths=np.array([str(path) for path in paths]),
                    embeddings=stack(rows, engine.recogniser.dimension),
                    fingerprint=np.array(engine.recogniser.fingerprint),
                )
        except OSError as error:
            raise StoreError(
                f"Cannot write {args.out} ({error.strerror}); name a file in a writable folder."
            ) from error
    done = sum(row is not None for row in rows)
    print(f"{done} of {len(paths)} photos embedded into {args.out}.")
    return 0


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are, folders as the photos below them in order of their names."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        photos = photos_below(path)
        if not photos:
            raise PhotoError(f"{path} holds no photos; name a folder that does.")
        yield from photos


EMBED = Verb(
    run,
    EmbedOptions,
    "Writes the embedding of the face in each photo to a NumPy file, with the paths and the "
    "encoder's fingerprint. A photo without a single usable face gets a row of NaN, and standard "
    "error says why. Embeddings are biometric data: the file is readable by you alone.",
    ("accessctl embed photos/ --out photos.npz",),
)
