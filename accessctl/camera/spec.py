"""Which source somebody means by the words of `--source` or `camera.source`."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from accessctl.camera.redact import redact
from accessctl.camera.registered import registered_words
from accessctl.errors import SourceError

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


class SourceKind(StrEnum):
    AUTO = "auto"
    USB = "usb"
    STREAM = "stream"
    PATH = "path"
    REGISTERED = "registered"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """`value` is the device of a USB camera, the URL of a stream, the path of a recording,
    or a registered word."""

    kind: SourceKind
    value: str = ""


def understood() -> str:
    """All that may be named, in words."""
    *others, last = *UNDERSTOOD, *registered_words()
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
    if text in registered_words():
        return SourceSpec(SourceKind.REGISTERED, text)
    if index := USB_INDEX.fullmatch(text):
        return SourceSpec(SourceKind.USB, f"/dev/video{int(index.group(1))}")
    if text.startswith("/dev/"):
        return SourceSpec(SourceKind.USB, text)
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
