"""Under which conditions a film is played; every one only makes it poorer."""

import zlib

from accessctl.evaluation.disturbed import (
    Change,
    at_most,
    hand_held,
    late,
    losing,
    shrunk,
    stalling,
    until,
)

FULL = "full"
RATES = (30.0, 15.0, 10.0, 7.5, 5.0)
WIDTHS = (400, 280, 200, 140, 100, 70)
SLACK = 0.95
"""A film with so much of a rate or of a width has it."""

WORDS = {
    FULL: "as it is",
    **{f"fps{rate:g}": f"{rate:g} frames a second" for rate in RATES},
    "lost": "a tenth of the frames lost at random",
    "late": "frames up to 40 ms late",
    "stalls": "a stall of half a second every 1.5 s",
    "hand": "the camera moved as by a hand",
    "busy": "7.5 frames a second, late, with stalls",
    **{f"px{width}": f"face {width} px wide" for width in WIDTHS},
}
"""Every condition's name, and what the tables call it."""


def names(wanted: str) -> list[str]:
    """The conditions of a list with commas, or `all`; ValueError for one that is none."""
    chosen = list(WORDS) if wanted == "all" else wanted.split(",")
    unknown = set(chosen) - set(WORDS)
    if unknown:
        raise ValueError(f"no condition {sorted(unknown)[0]!r}; there are {', '.join(WORDS)}")
    return chosen


def applies(condition: str, *, fps: float, face_px: float) -> bool:
    """Whether a film of that rate, with faces so wide, can be made poorer in that way."""
    if condition.startswith("fps"):
        return fps >= SLACK * float(condition[3:])
    if condition.startswith("px"):
        return face_px >= SLACK * float(condition[2:])
    return True


def changes(condition: str, name: str, limit_s: float, face_px: float) -> tuple[Change, ...]:
    """What is done to the film `name`; chance is the same each time."""
    seed = zlib.crc32(f"{name} {condition}".encode())
    first = until(limit_s)
    if condition == FULL:
        return (first,)
    if condition.startswith("fps"):
        return first, at_most(float(condition[3:]))
    if condition.startswith("px"):
        return first, shrunk(min(1.0, float(condition[2:]) / face_px))
    disturbed: dict[str, tuple[Change, ...]] = {
        "lost": (losing(0.1, seed),),
        "late": (late(0.04, seed),),
        "stalls": (stalling(1.5, 0.5, seed),),
        "hand": (hand_held(0.03, seed),),
        "busy": (at_most(7.5), stalling(1.5, 0.5, seed), late(0.04, seed)),
    }
    return (first, *disturbed[condition])
