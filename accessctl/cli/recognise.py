"""`accessctl identify`, `verify`, `embed`: what the encoder says of photos; nothing opens."""

import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.camera.photo_folder import photos_below
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    photo_bar,
    print_json,
)
from accessctl.cli.front import Verb
from accessctl.cli.opening import OpenEngine, engine_to_read, photo_reader, usual_engine
from accessctl.domain import Embedding
from accessctl.errors import InputError, PhotoError, StoreError
from accessctl.storage.files import atomic_file

if TYPE_CHECKING:
    from accessctl.recognition.engine import Identification

NO_FACE = "no face found"

WHY = {"ambiguous": "somebody else who is enrolled is as near: the two cannot be told apart"}
"""By reason, why nobody is named, where "unknown" alone would not say it."""


@dataclass(frozen=True, kw_only=True)
class IdentifyOptions(ConfigOption, JsonOption):
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE", help="A picture with any number of faces.")
    ]


@dataclass(frozen=True, kw_only=True)
class VerifyOptions(ConfigOption, JsonOption):
    a: Annotated[Path, typer.Argument(metavar="A", help="A photo of one person.")]
    b: Annotated[Path, typer.Argument(metavar="B", help="Another photo, of the same or another.")]


@dataclass(frozen=True, kw_only=True)
class EmbedOptions(ConfigOption):
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE|DIR", help="A photo, or a folder with all that lies below."),
    ]
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE.npz", help="The file that is written.")
    ]


def run_identify(args: IdentifyOptions, *, open_engine: OpenEngine = usual_engine) -> int:
    """0 when every image could be read, else 2; the readable ones are done all the same."""
    from accessctl.recognition.engine import identify

    config = config_from(args)
    read = photo_reader(config)
    code = 0
    with engine_to_read(config, open_engine) as engine:
        for path in args.images:
            try:
                image = read(path)
            except PhotoError as error:
                code = error.exit_code
                print_line(blank(path, str(error)), args.json)
                continue
            found = identify(
                image, engine.observer, engine.recogniser, engine.roster, config.policy.min_margin
            )
            if not found:
                print_line(blank(path, NO_FACE), args.json)
            for index, one in enumerate(found):
                name = engine.roster.names.get(one.person) if one.person else None
                print_line(line(path, index, one, name), args.json)
    return code


def blank(path: Path, error: str) -> dict[str, Any]:
    return {
        "image": str(path),
        "face": None,
        "box": None,
        "person": None,
        "similarity": None,
        "fmr": None,
        "reason": None,
        "error": error,
    }


def line(path: Path, index: int, one: "Identification", name: str | None) -> dict[str, Any]:
    """The documented object: `similarity` and `fmr` are those of the nearest enrolled person."""
    box, match = one.face.box, one.match
    return {
        "image": str(path),
        "face": index,
        "box": [round(value, 1) for value in (box.x, box.y, box.w, box.h)],
        "person": name,
        "similarity": None if match is None else round(match.similarity, 4),
        "fmr": None if match is None else float(f"{match.fmr:.3g}"),
        "reason": one.reason,
        "error": ", ".join(one.face.quality.reasons) or None,
    }


def print_line(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    image = found["image"]
    if found["face"] is None:
        error = found["error"]
        print(error if error.startswith(image) else f"{image}: {error}")
        return
    x, y, w, h = (round(value) for value in found["box"])
    words = [f"{image}: face {found['face']} at {x},{y} {w}x{h}: {found['person'] or 'unknown'}"]
    if found["similarity"] is not None:
        words.append(f"(similarity {found['similarity']:.3f}, false-match rate {found['fmr']:.1e})")
    why = found["error"] or WHY.get(found["reason"])
    if why:
        words.append(f"[{why}]")
    print(" ".join(words))


def run_verify(args: VerifyOptions, *, open_engine: OpenEngine = usual_engine) -> int:
    """0 whatever the answer; 2 when one of the photos cannot be used."""
    from accessctl.recognition.engine import embed_portrait, verify

    config = config_from(args)
    read = photo_reader(config)
    with engine_to_read(config, open_engine) as engine:
        try:
            a, b = (
                embed_portrait(read(path), str(path), engine.observer, engine.recogniser)
                for path in (args.a, args.b)
            )
        except InputError as error:
            if not args.json:
                raise
            print_json(verify_answer(error=str(error)))
            return error.exit_code
        found = verify(a, b, engine.roster.matcher, config.policy.target_fmr)
    result = verify_answer(
        same=found.same,
        similarity=round(found.similarity, 4),
        fmr=float(f"{found.fmr:.3g}"),
        threshold=round(found.threshold, 4) if math.isfinite(found.threshold) else None,
    )
    if args.json:
        print_json(result)
    else:
        print(verify_sentence(result))
    return 0


def verify_sentence(result: dict[str, Any]) -> str:
    verdict = "same person" if result["same"] else "not the same person"
    needed = result["threshold"]
    bar = "no similarity" if needed is None else f"at least {needed:.3f}"
    return (
        f"{verdict}: similarity {result['similarity']:.3f} ({bar} is enough for these two), "
        f"false-match rate {result['fmr']:.1e}"
    )


def verify_answer(
    *,
    same: bool | None = None,
    similarity: float | None = None,
    fmr: float | None = None,
    threshold: float | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    """`threshold` is the similarity that these two faces would need at `policy.target_fmr`."""
    return {
        "same": same,
        "similarity": similarity,
        "fmr": fmr,
        "threshold": threshold,
        "error": error,
    }


def run_embed(args: EmbedOptions, *, open_engine: OpenEngine = usual_engine) -> int:
    """The file holds `paths` (N,), `embeddings` float32 (N, D) and `fingerprint`.

    A row is NaN where no single usable face was found; standard error says why.
    """
    import numpy as np

    from accessctl.recognition.engine import embed_portrait, stack

    config = config_from(args)
    read = photo_reader(config)
    paths = list(photos_at(args.paths))
    rows: list[Embedding | None] = []
    with engine_to_read(config, open_engine) as engine:
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


def photos_at(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are, folders as the photos below them in order of their names."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        photos = photos_below(path)
        if not photos:
            raise PhotoError(f"{path} holds no photos; name a folder that does.")
        yield from photos


IDENTIFY = Verb(
    run_identify,
    IdentifyOptions,
    "Looks for faces in pictures and names those of enrolled people, each with its similarity and "
    "the false-match rate that it stands for. The door does not open, and nothing is kept.",
    ("accessctl identify party.jpg", "accessctl identify --json *.jpg"),
)
VERIFY = Verb(
    run_verify,
    VerifyOptions,
    "Compares two photos: whether they show the same person at the false-match rate of "
    "policy.target_fmr, how similar they are, and how similar these two would have to be. Nobody "
    "need be enrolled, and nothing is kept.",
    ("accessctl verify passport.jpg visitor.jpg", "accessctl verify --json a.jpg b.jpg"),
)
EMBED = Verb(
    run_embed,
    EmbedOptions,
    "Writes the embedding of the face in each photo to a NumPy file, with the paths and the "
    "encoder's fingerprint. A photo without a single usable face gets a row of NaN, and standard "
    "error says why. Embeddings are biometric data: the file is readable by you alone.",
    ("accessctl embed photos/ --out photos.npz",),
)
