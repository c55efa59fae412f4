"""`accessctl init`: a folder for a new door."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.cli.front import Verb


@dataclass(frozen=True, kw_only=True)
class InitOptions:
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Made when missing (default: this folder)."),
    ] = Path()


def run(args: InitOptions) -> int:
    from accessctl.bundled import cached, model_folders
    from accessctl.camera.usb import attached
    from accessctl.service.door_folder import make_door

    found = list(attached())
    config = make_door(args.folder, found)
    print(f"Made {config} with enrolled/ and state/ beside it.")
    for device, who in found:
        print(f"Found the camera {device}: {who}.")
    if not found:
        print("No camera is attached: attach one, or name one as camera.source.")
    print("\nNext:")
    if args.folder != Path():
        print(f"  cd {shlex.quote(str(args.folder))}")
    if not cached("dlib/encoder_int8.tflite", model_folders()).exists():
        print("  accessctl models fetch                 # or: accessctl models unpack FILE")
    print('  accessctl enroll "NAME" PHOTO.jpg       # one photo is enough')
    print("  edit config.yaml                       # what opens the lock: actions.granted")
    print("  accessctl doctor                       # is all well?")
    print("  accessctl run                          # the door itself")
    return 0


INIT = Verb(
    run,
    InitOptions,
    "Makes a folder for a new door: config.yaml with the cameras that were found, enrolled/ for "
    "its people and state/ for what it writes down; then it says what to do next. A config.yaml "
    "that is there is not touched.",
    ("accessctl init front-door", "accessctl init"),
)
