"""Photos that somebody hands in, read without trust, and folders of them played as a camera."""

import os
import stat
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from accessctl.camera.capture import would_take_long
from accessctl.camera.photo_folder import SUFFIXES, images_in
from accessctl.camera.source import Shot
from accessctl.domain import Image
from accessctl.errors import CameraError, PhotoError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
KINDS = "JPEG, PNG, WebP, BMP, GIF, TIFF or AVIF"
HEIF = "HEIF"
"""Read where the package pillow-heif is installed."""

HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})

EXIF_ORIENTATION = 0x0112
# What Pillow raises for damaged ones, by its own list for a JPEG's.
EXIF_FAULTS = (struct.error, KeyError, SyntaxError, TypeError, ValueError, ZeroDivisionError)
UPRIGHT = {
    2: PillowImage.Transpose.FLIP_LEFT_RIGHT,
    3: PillowImage.Transpose.ROTATE_180,
    4: PillowImage.Transpose.FLIP_TOP_BOTTOM,
    5: PillowImage.Transpose.TRANSPOSE,
    6: PillowImage.Transpose.ROTATE_270,
    7: PillowImage.Transpose.TRANSVERSE,
    8: PillowImage.Transpose.ROTATE_90,
}

FOLDER_MAX_BYTES, FOLDER_MAX_PIXELS = 64 * 1024 * 1024, 64_000_000
"""Of each image in a folder that is played."""


def read_photo(path: Path, max_bytes: int, max_pixels: int) -> Image:
    """The photo in `path` as RGB uint8 (H, W, 3), turned upright as its EXIF data says.

    Raises PhotoError when it is missing, unreadable, no regular file, larger than
    `max_bytes`, of more than `max_pixels`, damaged, or not a picture.
    """
    return decode_photo(_read_regular(path, max_bytes), str(path), max_pixels)


def decode_photo(data: bytes, name: str, max_pixels: int) -> Image:
    """As `read_photo`, for bytes in memory; `name` is what messages call them.

    The size is taken from the header and checked before a pixel is decoded. Pillow's own
    limit of 179 million pixels holds as well.
    """
    formats = _formats_for(data, name)
    try:
        with warnings.catch_warnings():
            # The warnings are about sizes checked below and metadata nobody uses.
            warnings.simplefilter("ignore")
            with PillowImage.open(BytesIO(data), formats=formats) as picture:
                width, height = picture.size
                if width * height > max_pixels:
                    raise _too_many_pixels(name, max_pixels)
                if would_take_long(data):
                    raise PhotoError(
                        f"{name} would take very long to decode; "
                        "save it again with another program."
                    )
                picture.load()
                return _upright_rgb(picture)
    except PhotoError:
        raise
    except PillowImage.DecompressionBombError:
        raise _too_many_pixels(name, max_pixels) from None
    except UnidentifiedImageError:
        if formats == (HEIF,):
            raise _damaged(name) from None
        raise PhotoError(f"{name} is not a {KINDS} picture; give one that is.") from None
    except Exception as error:
        # Whatever it is: on hostile bytes decoders raise anything.
        raise _damaged(name) from error


def _formats_for(data: bytes, name: str) -> tuple[str, ...]:
    """What Pillow may take the bytes for; PhotoError for a HEIC picture that nothing here reads."""
    if data[4:8] != b"ftyp" or data[8:12] not in HEIF_BRANDS or b"avif" in data[8:64]:
        return FORMATS
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise PhotoError(
            f"{name} is a HEIC picture, and what reads it is not installed: "
            "pip install 'accessctl[heic]', or save it as JPEG."
        ) from None
    register_heif_opener(thumbnails=False)
    return (HEIF,)


def _read_regular(path: Path, max_bytes: int) -> bytes:
    try:
        # Before opening, because merely opening some devices does something; once more after
        # it, because the name may by then lead elsewhere.
        _refuse_irregular(path, os.stat(path).st_mode)
        # Non-blocking: opening a FIFO that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            _refuse_irregular(path, status.st_mode)
            if status.st_size > max_bytes:
                raise _too_large(path, max_bytes)
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise PhotoError(f"{path} does not exist; check the name.") from None
    except PermissionError:
        raise PhotoError(f"{path} may not be read by this user; check its permissions.") from None
    except (OSError, ValueError) as error:
        raise PhotoError(f"{path} cannot be read ({error}); name a {KINDS} file.") from error
    if len(data) > max_bytes:
        raise _too_large(path, max_bytes)
    if not data:
        raise PhotoError(f"{path} is empty; give another photo.")
    return data


def _refuse_irregular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise PhotoError(f"{path} is a folder; name a {KINDS} file.")
    if not stat.S_ISREG(mode):
        raise PhotoError(f"{path} is a device or a pipe; name a {KINDS} file.")


def _upright_rgb(picture: PillowImage.Image) -> Image:
    # Read before converting: some conversions drop the metadata.
    turn = UPRIGHT.get(_orientation(picture))
    rgb = _as_rgb(picture)
    if turn is not None:
        rgb = rgb.transpose(turn)
    return np.array(rgb, dtype=np.uint8)


def _orientation(picture: PillowImage.Image) -> int:
    """What the EXIF data says; 1, upright, where it is damaged: the pixels may be whole."""
    try:
        value = picture.getexif().get(EXIF_ORIENTATION, 1)
    except EXIF_FAULTS:
        return 1
    return value if isinstance(value, int) else 1


def _as_rgb(picture: PillowImage.Image) -> PillowImage.Image:
    if picture.mode.startswith("I"):
        # 16-bit grey; Pillow's own conversion would clip it instead of scaling.
        high_byte = np.clip(np.asarray(picture) >> 8, 0, 255).astype(np.uint8)
        return PillowImage.fromarray(high_byte).convert("RGB")
    if picture.has_transparency_data:
        layer = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        backdrop = PillowImage.new("RGB", layer.size, "white")
        backdrop.paste(layer, mask=layer)
        return backdrop
    return picture.convert("RGB")


def _damaged(name: str) -> PhotoError:
    return PhotoError(f"{name} is damaged and cannot be decoded; give another photo.")


def _too_large(path: Path, max_bytes: int) -> PhotoError:
    return PhotoError(
        f"{path} is larger than {max_bytes / 1e6:g} MB; give a smaller file, "
        "or raise gallery.max_photo_mb."
    )


def _too_many_pixels(name: str, max_pixels: int) -> PhotoError:
    return PhotoError(
        f"{name} has more than {max_pixels / 1e6:g} million pixels; scale it down, "
        "or raise gallery.max_photo_megapixels."
    )


class FolderFeed:
    def __init__(self, paths: list[Path], fps: float) -> None:
        self._paths: Iterator[tuple[int, Path]] = iter(enumerate(paths))
        self._fps = fps

    def read(self) -> Shot | None:
        for index, path in self._paths:
            return Shot(read_photo(path, FOLDER_MAX_BYTES, FOLDER_MAX_PIXELS), index / self._fps)
        return None

    def close(self) -> None:
        self._paths = iter(())


@dataclass(frozen=True, slots=True)
class ImageFolderSource:
    """The images of `folder` at `fps`, or `fast`, every one as soon as it is wanted."""

    folder: Path
    fps: float
    fast: bool = False
    endless: bool = False

    @property
    def live(self) -> bool:
        return not self.fast

    @property
    def description(self) -> str:
        return f"image folder {self.folder}"

    def open(self) -> FolderFeed:
        try:
            paths = images_in(self.folder)
        except OSError as error:
            raise CameraError(
                f"The folder {self.folder} cannot be read ({error.strerror}); name another one."
            ) from error
        if not paths:
            kinds = ", ".join(sorted(SUFFIXES))
            raise CameraError(f"The folder {self.folder} holds no image ({kinds}).")
        return FolderFeed(paths, self.fps)
