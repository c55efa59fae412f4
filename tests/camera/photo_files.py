"""Photos of known colours, as files of any kind."""

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

BYTES = 1_000_000
PIXELS = 1_000_000


def corners() -> Image.Image:
    """Red, green over blue, white: shows every rotation and every mix-up of channels."""
    image = Image.new("RGB", (32, 16), "white")
    image.paste("red", (0, 0, 16, 8))
    image.paste("lime", (16, 0, 32, 8))
    image.paste("blue", (0, 8, 16, 16))
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def colours(image: np.ndarray) -> list[list[str]]:
    names = {(255, 0, 0): "r", (0, 255, 0): "g", (0, 0, 255): "b", (255, 255, 255): "w"}
    height, width = image.shape[:2]
    rows = [height // 4, height * 3 // 4]
    columns = [width // 4, width * 3 // 4]

    def name(pixel: np.ndarray) -> str:
        nearest = min(names, key=lambda one: int(np.abs(pixel.astype(int) - one).sum()))
        return names[nearest]

    return [[name(image[y, x]) for x in columns] for y in rows]


def png_of(width: int, height: int, pixels: bytes, depth: int = 8) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + checksum

    header = struct.pack(">2I5B", width, height, depth, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
