"""`accessctl cameras`: what is attached, and what its pictures are like."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_path,
    print_json,
    print_table,
)
from accessctl.cli.front import Verb
from accessctl.errors import ConfigError

if TYPE_CHECKING:
    from accessctl.config.camera import CameraConfig
    from accessctl.service.camera_checks import Listed

NONE = (
    "No camera is attached to this machine; plug one in. A network camera is not listed: name "
    "it as camera.source (rtsp://...)."
)


@dataclass(frozen=True, kw_only=True)
class CamerasOptions(ConfigOption, JsonOption):
    pass


def run(args: CamerasOptions) -> int:
    """0 also when there is none: that is what there is."""
    from accessctl.cli.doctor import quietly
    from accessctl.service.camera_checks import cameras

    with quietly():
        listed = list(cameras(_settings(args)))
    if args.json:
        for camera in listed:
            print_json(as_json(camera))
    elif listed:
        rows = [as_row(camera) for camera in listed]
        print_table(("DEVICE", "CAMERA", "PICTURE", "FRAMES/S", "NOTE"), rows)
    else:
        print(NONE)
    return 0


def as_json(camera: "Listed") -> dict[str, Any]:
    who, seen = camera.identity, camera.seen
    return {
        "device": camera.device,
        "product": who.product,
        "usb_id": who.usb_id,
        "serial": who.serial,
        "driver": who.driver,
        "virtual": who.virtual,
        "width": seen and seen.width,
        "height": seen and seen.height,
        "fps": seen and round(seen.fps, 1),
        "problem": camera.problem,
    }


def as_row(camera: "Listed") -> tuple[str, ...]:
    seen = camera.seen
    size = "-" if seen is None else f"{seen.width}x{seen.height}"
    rate = "-" if seen is None else f"{seen.fps:.1f}"
    return camera.device, str(camera.identity), size, rate, camera.problem or ""


def _settings(args: CamerasOptions) -> "CameraConfig":
    """Those of the configuration, if there is one, else the usual ones."""
    from accessctl.config import load_config
    from accessctl.config.camera import CameraConfig

    try:
        path = config_path(args.config, os.environ)
    except ConfigError:
        return CameraConfig()
    return load_config(path).camera


CAMERAS = Verb(
    run,
    CamerasOptions,
    "Opens each camera that is attached for a moment and says how large its pictures are and how "
    "many come in a second. One that a door or another program holds is listed with that note.",
    ("accessctl cameras",),
)
