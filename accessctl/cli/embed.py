"""`accessctl embed`: embeddings of photos, for integrators and experiments."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from accessctl.cli.common import add_config, config_from
from accessctl.cli.engine import engine_of
from accessctl.cli.photos import PHOTO_ENDINGS, photo_reader
from accessctl.cli.progress import photo_bar
from accessctl.domain import Embedding
from accessctl.errors import InputError, PhotoError, StoreError


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("embed", help="write the embeddings of photos to a file")
    parser.add_argument("paths", nargs="+", type=Path, metavar="IMAGE|DIR")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.npz")
    add_config(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """The file holds `paths` (N,), `embeddings` float32 (N, D) and `fingerprint`.

    A row is NaN where no single usable face was found; standard error says why.
    """
    import numpy as np

    from accessctl.recognition.identify import embed_portrait, stack

    config = config_from(args)
    read = photo_reader(config)
    paths = list(expand(args.paths))
    rows: list[Embedding | None] = []
    with engine_of(config) as engine:
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
            with open(args.out, "wb", opener=private) as file:
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


def private(path: str, flags: int) -> int:
    """An opener of files that only their owner may read: embeddings are biometric data."""
    return os.open(path, flags, 0o600)


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are, folders as the photos below them in order of their names."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        photos = sorted(p for p in path.rglob("*") if p.suffix.lower() in PHOTO_ENDINGS)
        if not photos:
            raise PhotoError(f"{path} holds no photos; name a folder that does.")
        yield from photos
