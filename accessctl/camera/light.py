"""How bright a whole picture is."""

from accessctl.domain import Image

STRIDE = 8


def brightness(image: Image) -> float:
    """Mean of all channels of RGB uint8 (H, W, 3), in [0, 1], seen on every 8th row and column."""
    return float(image[::STRIDE, ::STRIDE].mean()) / 255
