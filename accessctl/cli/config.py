"""`accessctl init` and `config check | explain | accept`: a door's folder and its configuration."""

import os
import shlex
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.common import ConfigOption, config_from, config_path, whole_path
from accessctl.cli.front import Verb
from accessctl.config import Config, explain
from accessctl.errors import InputError
from accessctl.redaction import redacted_text

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

# Columns of what a key means, on a terminal.
WIDTH = 80

INDENT = "    "


@dataclass(frozen=True, kw_only=True)
class InitOptions:
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Made when missing (default: this folder)."),
    ] = Path()
    small: Annotated[
        bool,
        typer.Option(
            "--small",
            help="Settings for a small board (four slow cores, 1 to 4 GB), each with what it "
            "costs as a comment beside it.",
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
class AcceptOptions(ConfigOption):
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False


def run_init(args: InitOptions, *, models: Sequence[Path] | None = None) -> int:
    """`models` are the folders in which models are looked for, else the usual ones."""
    from accessctl.bundled import cached, model_folders
    from accessctl.camera.usb import attached
    from accessctl.config.text import plain
    from accessctl.service.door_folder import make_door
    from accessctl.service.small_board import SMALL_BOARD

    found, profile = list(attached()), SMALL_BOARD if args.small else ()
    config = make_door(args.folder, found, profile)
    print(f"Made {config} with enrolled/ and state/ beside it.")
    if profile:
        print("Set for a small board (what each costs stands beside it in the file):")
    for setting in profile:
        print(f"  {setting.name}: {plain(setting.value)}")
    for device, who in found:
        print(f"Found the camera {device}: {who}.")
    if not found:
        print("No camera is attached: attach one, or name one as camera.source.")
    print("\nNext:")
    if args.folder != Path():
        print(f"  cd {shlex.quote(str(args.folder))}")
    if not cached("dlib/encoder_int8.tflite", models or model_folders()).exists():
        print("  accessctl models fetch                 # or: accessctl models unpack FILE")
    print('  accessctl enroll "NAME" PHOTO.jpg       # one photo is enough')
    print("  edit config.yaml                       # what opens the lock: actions.granted")
    print("  accessctl doctor                       # is all well?")
    print("  accessctl run                          # the door itself")
    return 0


def run_check(args: ConfigOption) -> int:
    config_from(args)
    print("The configuration is in order.")
    return 0


def run_explain(args: ConfigOption) -> int:
    config = config_from(args)
    print("\n".join(explanation(config, WIDTH if sys.stdout.isatty() else None)))
    return 0


def run_accept(args: AcceptOptions) -> int:
    """0 once it is accepted, or nothing was to be; 1 when the answer is no."""
    from accessctl.administration.acceptance import open_acceptance

    path = whole_path(config_path(args.config, os.environ))
    with open_acceptance(path, os.environ) as acceptance:
        for weaker in acceptance.weaker:
            print(f"weaker: {weaker}")
        if acceptance.counts:
            print("This configuration is the one that counts already.")
            return 0
        if acceptance.unknown:
            print("What was accepted before cannot be read, so nobody can say what gets weaker.")
        if not args.yes and not agreed(acceptance.weaker or acceptance.unknown):
            print("Nothing was accepted.")
            return 1
        acceptance.accept()
    print("Accepted. A running door takes it over with: accessctl reload")
    return 0


def agreed(needed: object) -> bool:
    """Whether the owner at the keyboard says yes, where that is `needed`."""
    if not needed:
        return True
    if not sys.stdin.isatty():
        raise InputError("Nobody is there to ask; say --yes if the configuration is right.")
    return input("Let it count? [y/N] ").strip().lower() in {"y", "yes"}


def explanation(config: Config, width: int | None) -> list[str]:
    """Two lines a key, its meaning indented; where there is a `width` it goes on below."""
    lines: list[str] = []
    for name, value, field in explain(config):
        shown = [str(item) for item in value] if isinstance(value, tuple) else value
        lines.append(f"{name}: {redacted_text(str(shown))}")
        limits = bounds(field.metadata)
        meaning = f"{field.description}{safer_way(field)}"
        meaning += f" ({limits})" if limits else ""
        lines += (
            [INDENT + line for line in textwrap.wrap(meaning, width)]
            if width
            else [INDENT + " ".join(meaning.split())]
        )
    return lines


def safer_way(field: "FieldInfo") -> str:
    """Which way a guarding setting is safer, in words; nothing for any other."""
    from accessctl.config.guard import guards

    if not guards(field) or not isinstance(field.json_schema_extra, dict):
        return ""
    ways: dict[str, str] = {
        "higher": "higher is safer",
        "lower": "lower is safer",
        "present": "a value is safer than none",
        "pinned": "once set, any other value has to be accepted",
        "fixed": "any other value has to be accepted",
    }
    direction, values = field.json_schema_extra["safer"], field.json_schema_extra["values"]
    if direction == "ranked" and isinstance(values, list):
        return f" Safer from left to right: {', '.join(str(value).lower() for value in values)}."
    return f" Guards: {ways[str(direction)]}."


def bounds(metadata: Sequence[object]) -> str:
    """The bounds of a field in words: "at least 1, at most 60"."""
    phrases = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    found = [
        f"{phrase} {getattr(limit, name):g}"
        for limit in metadata
        for name, phrase in phrases.items()
        if hasattr(limit, name)
    ]
    return ", ".join(found)


INIT = Verb(
    run_init,
    InitOptions,
    "Makes a folder for a new door: config.yaml with the cameras that were found, enrolled/ for "
    "its people and state/ for what it writes down; then it says what to do next. A config.yaml "
    "that is there is not touched.",
    ("accessctl init front-door", "accessctl init", "accessctl init front-door --small"),
)
CHECK = Verb(
    run_check,
    ConfigOption,
    "Reads the configuration and says whether the door would take it: unknown keys, values out of "
    "bounds and rules that contradict each other are named.",
    ("accessctl config check", "accessctl config check --config front/config.yaml"),
)
EXPLAIN = Verb(
    run_explain,
    ConfigOption,
    "Prints every key of the configuration with its value, its bounds and what it means.",
    ("accessctl config explain",),
)
ACCEPT = Verb(
    run_accept,
    AcceptOptions,
    "Shows in which settings the configuration guards the door less than the one that was accepted "
    "last, asks, and lets it count, on record. Until then the accepted one runs. A running door "
    "takes it over with `accessctl reload`.",
    ("accessctl config accept", "accessctl config accept --yes"),
)
