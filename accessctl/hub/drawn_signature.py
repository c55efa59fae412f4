"""A signature that was drawn on a page: its strokes as numbers, read as hostile and kept as text.

A drawing is `x,y x,y;x,y x,y`: points of a stroke with a space between, strokes with a semicolon,
in a field of WIDTH by HEIGHT units whose origin is above on the left. It is shown as an SVG that is
made here, of these numbers alone.
"""

import itertools
import math
import re
from dataclasses import dataclass

from accessctl.errors import InputError

WIDTH, HEIGHT = 600, 200
MOST_STROKES, MOST_POINTS = 100, 4000
MOST_CHARACTERS = 8 * MOST_POINTS
LEAST_INK = 60.0
"""So long a line, in the field's units, is the least that is taken for a signature."""

HEAD = b"accessctl signature 1\n"
"""How the content of a drawing begins, which is kept as a signature's file is."""

_DRAWING = re.compile(r"\d{1,3},\d{1,3}(?:[ ;]\d{1,3},\d{1,3})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Strokes of points (x, y) within the field, at least one of them."""

    strokes: tuple[tuple[tuple[int, int], ...], ...]

    def content(self) -> bytes:
        """As it is kept; see `drawing_in`."""
        lines = (" ".join(f"{x},{y}" for x, y in stroke) for stroke in self.strokes)
        return HEAD + ";".join(lines).encode("ascii")

    def svg(self) -> bytes:
        """A picture for a browser, without a script and without anything from elsewhere."""
        paths = "".join(
            f"M{stroke[0][0]} {stroke[0][1]}" + "".join(f"L{x} {y}" for x, y in stroke[1:])
            for stroke in self.strokes
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}"><rect width="{WIDTH}" height="{HEIGHT}" '
            f'fill="#fff"/><path d="{paths}" fill="none" stroke="#000" stroke-width="3" '
            'stroke-linecap="round" stroke-linejoin="round"/></svg>'
        ).encode("ascii")


def parse_drawing(text: str) -> Drawing:
    """InputError for what is no drawing, too much of one, or too little for a signature."""
    if len(text) > MOST_CHARACTERS or _DRAWING.fullmatch(text) is None:
        raise InputError("The drawn signature cannot be read; clear it and sign again.")
    strokes = tuple(
        tuple((int(x), int(y)) for x, y in (point.split(",") for point in stroke.split(" ")))
        for stroke in text.split(";")
    )
    points = [point for stroke in strokes for point in stroke]
    if len(strokes) > MOST_STROKES or len(points) > MOST_POINTS:
        raise InputError(
            f"A drawn signature has at most {MOST_STROKES} strokes and {MOST_POINTS} points; clear "
            "it and sign again."
        )
    if any(x > WIDTH or y > HEIGHT for x, y in points):
        raise InputError("The drawn signature leaves its field; clear it and sign again.")
    if ink(strokes) < LEAST_INK:
        raise InputError("A dot is no signature; clear it and sign again, or only type your name.")
    return Drawing(strokes)


def bounds() -> dict[str, int]:
    """What a page that is drawn on keeps to: width and height of the field in its units, and how
    many strokes and points there are at most."""
    return {"width": WIDTH, "height": HEIGHT, "strokes": MOST_STROKES, "points": MOST_POINTS}


def strokes_of(text: str) -> bytes:
    """What is kept of a drawing that a form sent (GivenConsent.strokes), nothing of an empty one;
    InputError."""
    return parse_drawing(text).content() if text else b""


def drawing_in(content: bytes) -> Drawing | None:
    """What `Drawing.content` gave; None for any other file, and for one that is no drawing."""
    if not content.startswith(HEAD):
        return None
    try:
        return parse_drawing(content[len(HEAD) :].decode("ascii"))
    except (UnicodeDecodeError, InputError):
        return None


def ink(strokes: tuple[tuple[tuple[int, int], ...], ...]) -> float:
    """How long the lines are together, in the field's units."""
    return sum(
        math.dist(one, other) for stroke in strokes for one, other in itertools.pairwise(stroke)
    )
