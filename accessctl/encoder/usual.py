"""How encoders usually want their crops cut and their pixels scaled."""

from accessctl.encoder.card_parts import Input

# ArcFace's template for 112x112 crops (Deng et al., CVPR 2019), shifted by a margin of 8.
TEMPLATE = (
    (46.2946, 59.6963),
    (81.5318, 59.5014),
    (64.0252, 79.7366),
    (49.5493, 100.3655),
    (78.7299, 100.2041),
)
REGIONS = {
    "arcface112": (8.0, 8.0, 120.0, 120.0),
    "canvas128": (0.0, 0.0, 128.0, 128.0),
    "dlib150": (14.3, 28.0, 114.9, 128.6),
}
"""Crops that encoders are usually trained on, as regions of the template's canvas."""

INPUTS: dict[str, tuple[tuple[float, float, float], float | tuple[float, float, float]]] = {
    "minus1to1": ((127.5, 127.5, 127.5), 1 / 127.5),
    "0to1": ((0, 0, 0), 1 / 255),
    "raw": ((0, 0, 0), 1),
    "imagenet": ((123.675, 116.28, 103.53), (1 / 58.395, 1 / 57.12, 1 / 57.375)),
    "dlib": ((122.782, 117.001, 104.298), 1 / 256),
    "vggface2": ((131.0912, 103.8827, 91.4953), 1),
}
"""Means in the order red, green, blue and scales that encoders usually eat."""


def usual_input(name: str, channels: str, size: int) -> Input:
    """One of INPUTS, its mean and scale in the order of `channels` ("rgb" or "bgr")."""
    mean, scale = INPUTS[name]
    if channels == "bgr":
        mean = mean[::-1]
        scale = scale[::-1] if isinstance(scale, tuple) else scale
    return Input.model_validate({"size": size, "channels": channels, "mean": mean, "scale": scale})
