"""Pictures as small as a page shows them, made at the hub for each look and kept nowhere."""

import cv2

from accessctl.camera.photo import decode_photo
from accessctl.errors import PhotoError
from accessctl.shrinking import shrunk

SIDE_PX = 240
MOST_PIXELS = 50_000_000
JPEG_QUALITY = 75


def small_jpeg(jpeg: bytes) -> bytes:
    """The same picture, its longer side between one and two times 240 pixels where it was longer;
    PhotoError for what is no picture."""
    image = decode_photo(jpeg, "The picture", MOST_PIXELS)
    factor = max(1, min(max(image.shape[:2]) // SIDE_PX, min(image.shape[:2])))
    smaller = cv2.cvtColor(shrunk(image, factor), cv2.COLOR_RGB2BGR)
    encoded, made = cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not encoded:
        raise PhotoError("The picture cannot be made smaller.")
    return made.tobytes()
