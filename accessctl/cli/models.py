"""`accessctl models fetch`: bring the model files that the repository does not carry."""

import argparse
from pathlib import Path

from accessctl.provision import dlib
from accessctl.provision.fetch import fetch
from accessctl.provision.manifest import load_manifest


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `models` and its subcommand to the command line."""
    models = subparsers.add_parser("models", help="fetch the model files")
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
    command.set_defaults(func=run_fetch)


def run_fetch(args: argparse.Namespace) -> int:
    """One line a file; raises ConfigError, FetchError or ModelError."""
    folder: Path = args.models
    manifest = load_manifest(folder)
    for report in fetch(manifest, folder / "cache", announce=_say):
        _say(f"{report.state:8} {report.path}")
    for report in dlib.provide(folder, announce=_say):
        _say(f"{report.state:8} {report.path}")
    return 0


def _say(line: str) -> None:
    print(line, flush=True)
