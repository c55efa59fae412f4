"""How a visitor was seen: whether the door had light to see them by, and how late its camera was.

It stands in a decision's record for whoever looks after the door; nothing is decided by it. How
bright a face is depends on its skin, so that is not kept: only how bright the whole picture is, and
how often the face could not be used for want of light, or for too much.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accessctl.domain import Quality
from accessctl.vision.quality import TOO_BRIGHT, TOO_DARK

KEY = "viewing"


@dataclass(frozen=True, slots=True)
class Viewing:
    """Of the `frames` of one attempt that showed the face, usable or not.

    `light` adds up their brightness, each in [0, 1], `badly_lit` counts those in which the face was
    too dark or too bright, and `oldest_s` is how old the oldest picture was when the door took it,
    see `Frame.age_s`.
    """

    frames: int = 0
    light: float = 0.0
    badly_lit: int = 0
    oldest_s: float = 0.0

    def with_frame(self, light: float, quality: Quality, age_s: float) -> "Viewing":
        """After one more frame with a face of that quality."""
        bad = not {TOO_DARK, TOO_BRIGHT}.isdisjoint(quality.reasons)
        return Viewing(
            self.frames + 1, self.light + light, self.badly_lit + bad, max(self.oldest_s, age_s)
        )

    def to_data(self) -> Mapping[str, Any]:
        """JSON values: the mean `light` and the share `badly_lit`, both in [0, 1], and `oldest_s`
        in seconds, each to two digits; nothing where no frame was seen."""
        if not self.frames:
            return {}
        shares = {"light": self.light / self.frames, "badly_lit": self.badly_lit / self.frames}
        told = shares | {"oldest_s": self.oldest_s}
        return {KEY: {key: round(value, 2) for key, value in told.items()}}


@dataclass(frozen=True, slots=True)
class Viewed:
    """What a decision's record tells of it, see `Viewing.to_data`; None where nothing is told."""

    light: float | None = None
    badly_lit: float | None = None
    oldest_s: float | None = None


def viewed(data: Mapping[str, Any]) -> Viewed:
    """Of any decision's data, of an older door's or of a hostile one's as well."""
    told = data.get(KEY)
    if not isinstance(told, Mapping):
        return Viewed()
    return Viewed(
        _figure(told.get("light"), 1.0),
        _figure(told.get("badly_lit"), 1.0),
        _figure(told.get("oldest_s"), math.inf),
    )


def _figure(value: Any, most: float) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value <= most and math.isfinite(value) else None
