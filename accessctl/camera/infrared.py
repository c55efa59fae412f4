"""Which source somebody means by `liveness.ir_source`, and with which settings it is opened."""

from dataclasses import replace

from accessctl.camera.choose import source_from
from accessctl.camera.source import Source
from accessctl.camera.spec import SourceKind, parse_source
from accessctl.camera.usb import UsbSource
from accessctl.config_camera import CameraConfig
from accessctl.errors import SourceError

UNDERSTOOD = (
    "/dev/video2, usb:2, an rtsp:// or http:// address, a video file, or a folder of images"
)


def infrared_config(spec: str, camera: CameraConfig) -> CameraConfig:
    """The settings of the infrared camera: those of the first, but for which one it is."""
    return camera.model_copy(update={"source": spec, "usb_id": None, "usb_serial": None})


def infrared_source(spec: str, camera: CameraConfig, first: Source, *, fast: bool) -> Source:
    """The infrared camera beside `first`, which `camera` describes; not yet opened.

    Raises SourceError where `spec` names no camera of its own.
    """
    try:
        parsed = parse_source(spec)
    except SourceError as error:
        raise SourceError(f"liveness.ir_source: {error}") from error
    if parsed.kind in (SourceKind.AUTO, SourceKind.REGISTERED):
        raise SourceError(f"liveness.ir_source cannot be {spec.strip()}; name {UNDERSTOOD}.")
    beside = parse_source(camera.source)
    if parsed == beside:
        raise SourceError(
            "liveness.ir_source names the same camera as camera.source; name the infrared one."
        )
    if parsed.kind is SourceKind.USB and beside.kind is SourceKind.AUTO:
        raise SourceError(
            "camera.source: auto may take the infrared camera for the first one; name the camera "
            "that sees colours, such as /dev/video0, where liveness.ir_source names another."
        )
    source = source_from(spec, infrared_config(spec, camera), fast=fast)
    if source.endless != first.endless:
        raise SourceError(
            "liveness.ir_source: a camera needs an infrared camera beside it, and a recording an "
            "infrared recording; name one, or set it to null."
        )
    # `camera.usb_id` is about the first camera.
    return replace(source, pinned=None) if isinstance(source, UsbSource) else source
