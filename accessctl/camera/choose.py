"""From the words of `--source` to a source."""

from pathlib import Path

from accessctl.camera.image_folder import ImageFolderSource
from accessctl.camera.registered import maker_of
from accessctl.camera.source import Source
from accessctl.camera.spec import SourceKind, SourceSpec, parse_source, understood
from accessctl.camera.stream import StreamSource
from accessctl.camera.usb import UsbSource, first_usb_camera, locate_first
from accessctl.camera.video_file import VideoFileSource
from accessctl.config_camera import CameraConfig
from accessctl.errors import SourceError

__all__ = ["first_usb_camera", "source_from"]


def source_from(
    spec: str, config: CameraConfig, *, fast: bool = False, patient: bool = False
) -> Source:
    """The source that `spec` names, not yet opened.

    `fast` plays recordings (files, folders, the demo where it is registered) as fast as they
    are consumed, every frame in order; cameras do not heed it. `patient`: for `auto`, a camera
    may be attached later. Raises SourceError when `spec` is not understood or names nothing,
    CameraError when it is `auto` and no camera is attached.
    """
    parsed = parse_source(spec)
    match parsed.kind:
        case SourceKind.AUTO:
            if not patient:
                locate_first(config)
            return UsbSource(None, config)
        case SourceKind.USB:
            return UsbSource(parsed.value, config)
        case SourceKind.STREAM:
            return StreamSource(parsed.value, config)
        case SourceKind.REGISTERED:
            return maker_of(parsed.value)(config, fast)
        case SourceKind.PATH:
            return _recording(parsed, config, fast)


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
    raise SourceError(f"{parsed.value} {problem}; name {understood()}.")
