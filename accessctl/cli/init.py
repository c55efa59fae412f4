"""`accessctl init`: a folder for a new door."""

import argparse
import shlex
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("init", help="make a folder for a new door")
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="made when missing (default: this folder)",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
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
