"""From what `--source`, `camera.source` or `liveness.ir_source` say to a source, not yet opened.

A camera that is mounted another way than upright, or whose picture a mirror turned round, is put
right. An infrared camera is opened with the settings of the camera that it stands beside, but for
which one it is.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np

from accessctl.camera.photo import ImageFolderSource
from accessctl.camera.source import Feed, Shot, Source, added_source, added_sources
from accessctl.camera.stream import StreamSource, VideoFileSource
from accessctl.camera.usb import Locate, UsbSource, locate_first
from accessctl.config.camera import CameraConfig
from accessctl.domain import Image
from accessctl.errors import SourceError
from accessctl.extensions import made_by
from accessctl.redaction import redact, redacted_text, unescaped

__all__ = [
    "SourceKind",
    "SourceSpec",
    "infrared_config",
    "infrared_source",
    "parse_source",
    "source_from",
    "understood",
]

UNDERSTOOD = (
    "auto",
    "usb:0",
    "/dev/video0",
    "an rtsp:// or http:// address",
    "a video file",
    "a folder of images",
)
STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")
USB_INDEX = re.compile(r"(?:usb:)?([0-9]{1,3})", re.ASCII)
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
LONGEST = 4096
# Files that lie in memory have their place among the devices.
DEVICES, MEMORY = "/dev/", "/dev/shm/"  # noqa: S108 - nothing is written there

SOURCE_PARTS = ("description", "live", "endless", "open")

INFRARED_UNDERSTOOD = (
    "/dev/video2, usb:2, an rtsp:// or http:// address, a video file, or a folder of images"
)

# By degrees clockwise.
TURNS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


class SourceKind(StrEnum):
    AUTO = "auto"
    USB = "usb"
    STREAM = "stream"
    PATH = "path"
    REGISTERED = "registered"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """`value` is the device of a USB camera, the URL of a stream, the path of a recording,
    or what names a source that was added from outside: a word, or an address with its scheme."""

    kind: SourceKind
    value: str = ""


def understood() -> str:
    """All that may be named, in words."""
    *others, last = *UNDERSTOOD, *added_sources()
    return f"{', '.join(others)}, or {last}"


def parse_source(spec: str) -> SourceSpec:
    """Read `spec` without looking at the machine; raises SourceError listing what is understood.

    Whatever is not a word, a device or a URL is taken for a path; `./demo` and `./0` name
    files that look like something else.
    """
    text = spec.strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        raise _not_understood(text)
    if text == SourceKind.AUTO:
        return SourceSpec(SourceKind.AUTO)
    if index := USB_INDEX.fullmatch(text):
        return SourceSpec(SourceKind.USB, f"/dev/video{int(index.group(1))}")
    if text.startswith(DEVICES) and not text.startswith(MEMORY):
        return SourceSpec(SourceKind.USB, text)
    if added_source(text) is not None:
        return SourceSpec(SourceKind.REGISTERED, text)
    if way_out := unescaped(text):
        raise SourceError(
            f"The source {redact(text)!r} cannot be read: the user or password before its last @ "
            f"holds what ends them; {way_out}."
        )
    if scheme := SCHEME.match(text):
        if scheme.group(1).lower() not in STREAM_SCHEMES or not _has_host(text):
            raise _not_understood(text)
        return SourceSpec(SourceKind.STREAM, text)
    if text.lower().startswith("usb:"):
        raise _not_understood(text)
    return SourceSpec(SourceKind.PATH, text)


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", url)
    except ValueError:
        return False


def _not_understood(text: str) -> SourceError:
    shown = redact(text)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    return SourceError(f"The source {shown!r} is not understood; name {understood()}.")


def source_from(
    spec: str,
    config: CameraConfig,
    *,
    fast: bool = False,
    patient: bool = False,
    locate: Locate = locate_first,
) -> Source:
    """The source that `spec` names, not yet opened.

    `fast` plays recordings (files, folders, the demo where it is registered) as fast as they
    are consumed, every frame in order; cameras do not heed it. `patient`: for `auto`, a camera
    may be attached later, and `locate` finds the first. Raises SourceError when `spec` is not
    understood or names nothing, CameraError when it is `auto` and no camera is attached.
    """
    source = _source(spec, config, fast=fast, patient=patient, locate=locate)
    return upright_source(source, config)


def _source(
    spec: str,
    config: CameraConfig,
    *,
    fast: bool,
    patient: bool = False,
    locate: Locate = locate_first,
) -> Source:
    parsed = parse_source(spec)
    match parsed.kind:
        case SourceKind.AUTO:
            if not patient:
                locate(config)
            return UsbSource(None, config, locate=locate)
        case SourceKind.USB:
            return UsbSource(parsed.value, config)
        case SourceKind.STREAM:
            return StreamSource(parsed.value, config)
        case SourceKind.REGISTERED:
            return _added(parsed.value, config, fast)
        case SourceKind.PATH:
            return _recording(parsed, config, fast)


def _added(text: str, config: CameraConfig, fast: bool) -> Source:
    extension = added_source(text)
    if extension is None:
        raise _not_understood(text)
    make = extension.load()
    named = config.model_copy(update={"source": text})
    source: Source = made_by(extension, lambda: make(named, fast))
    missing = [part for part in SOURCE_PARTS if not hasattr(source, part)]
    if missing:
        raise extension.fault(f"gives a source without {', '.join(missing)}")
    return source


def _recording(parsed: SourceSpec, config: CameraConfig, fast: bool) -> Source:
    try:
        path = Path(parsed.value).expanduser()
        if path.is_dir():
            return ImageFolderSource(path, config.fps, fast)
        if path.is_file():
            return VideoFileSource(path, fast)
        problem = "is neither a file nor a folder" if path.exists() else "does not exist"
    except (OSError, RuntimeError) as error:
        problem = f"cannot be looked at ({error})"
    # An address with a slash too few is taken for a path.
    raise SourceError(f"{redacted_text(parsed.value)} {problem}; name {understood()}.")


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
    source = _source(spec, infrared_config(spec, camera), fast=fast)
    if source.endless != first.endless:
        raise SourceError(
            "liveness.ir_source: a camera needs an infrared camera beside it, and a recording an "
            "infrared recording; name one, or set it to null."
        )
    # `camera.usb_id` is about the first camera.
    pinned = replace(source, pinned=None) if isinstance(source, UsbSource) else source
    return upright_source(pinned, camera)


def oriented(image: Image, rotate: int, *, mirror: bool) -> Image:
    """RGB uint8 (H, W, 3), turned clockwise by `rotate` degrees (0, 90, 180 or 270) and then
    mirrored left to right."""
    turned = cv2.rotate(image, TURNS[rotate]) if rotate else image
    upright = cv2.flip(turned, 1) if mirror else turned
    return upright.astype(np.uint8, copy=False)


def upright_source(source: Source, config: CameraConfig) -> Source:
    """`source`, its pictures turned as `camera.rotate` and `camera.mirror` say."""
    if not config.rotate and not config.mirror:
        return source
    return OrientedSource(source, config.rotate, mirror=config.mirror)


class OrientedSource:
    """See Source; pictures come turned."""

    def __init__(self, inner: Source, rotate: int, *, mirror: bool) -> None:
        self._inner = inner
        self._rotate = rotate
        self._mirror = mirror

    @property
    def description(self) -> str:
        return self._inner.description

    @property
    def live(self) -> bool:
        return self._inner.live

    @property
    def endless(self) -> bool:
        return self._inner.endless

    def open(self) -> Feed:
        """CameraError as the camera's own."""
        return _OrientedFeed(self._inner.open(), self._rotate, self._mirror)


class _OrientedFeed:
    def __init__(self, inner: Feed, rotate: int, mirror: bool) -> None:
        self._inner = inner
        self._rotate = rotate
        self._mirror = mirror

    def read(self) -> Shot | None:
        shot = self._inner.read()
        if shot is None:
            return None
        return replace(shot, image=oriented(shot.image, self._rotate, mirror=self._mirror))

    def close(self) -> None:
        self._inner.close()
