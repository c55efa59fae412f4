"""Make the folder of a new door: its configuration, and where its people and events will be."""

import os
from collections.abc import Sequence
from pathlib import Path

from accessctl.bundled import release
from accessctl.camera.usb_device import CameraIdentity, objection
from accessctl.config.camera import CameraConfig
from accessctl.errors import FaultError, InputError
from accessctl.service.small_board import ProfileSetting, with_profile
from accessctl.storage.files import sync_folder

CONFIG = "config.yaml"
PRIVATE = ("enrolled", "state")
FIRST_LINE = "camera:\n"

Cameras = Sequence[tuple[str, CameraIdentity]]


def starter(template: str, cameras: Cameras) -> str:
    """The release's configuration with the cameras that were found written into it.

    Where the first that a door may open is on USB, it is pinned by its vendor and product.
    """
    lines = [f"  # found: {device}, {_plain(str(who))}\n" for device, who in cameras]
    usable = [(d, who) for d, who in cameras if objection(who, CameraConfig()) is None]
    if usable and usable[0][1].usb_id is not None:
        lines.append(f'  usb_id: "{usable[0][1].usb_id}"       # no other camera is opened\n')
    if FIRST_LINE not in template:
        raise FaultError(f"The configuration of this release has no {FIRST_LINE!r}; restore it.")
    return template.replace(FIRST_LINE, FIRST_LINE + "".join(lines), 1)


def make_door(folder: Path, cameras: Cameras, profile: Sequence[ProfileSetting] = ()) -> Path:
    """Make `folder` a door's, with folders that only its owner may enter; its configuration, in
    which the settings of `profile` are put in.

    Raises InputError, with nothing changed, when any of a door's things is there already, and
    FaultError when they cannot be made.
    """
    for name in (CONFIG, *PRIVATE):
        if os.path.lexists(folder / name):
            raise InputError(
                f"{folder / name} is there already, so nothing was changed; name another folder, "
                "or move it away."
            )
    config = folder / CONFIG
    made: list[Path] = []
    try:
        template = (release() / CONFIG).read_text(encoding="utf-8")
        text = starter(with_profile(template, profile), cameras)
        folder.mkdir(parents=True, exist_ok=True)
        for name in PRIVATE:
            (folder / name).mkdir(mode=0o700)
            made.append(folder / name)
        # Last, and never over another's: until it is there, this is no door's folder.
        descriptor = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        made.append(config)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)
    except OSError as error:
        for path in reversed(made):
            path.rmdir() if path.name in PRIVATE else path.unlink()
        raise FaultError(
            f"Cannot make a door's folder in {folder} ({error.strerror}); name one that you may "
            "write to."
        ) from error
    return config


def _plain(text: str) -> str:
    """On one line; what a device says of itself may be anything."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
