"""What the cues of liveness have gathered, written beside a face and never over one."""

from collections.abc import Iterator, Sequence

from accessctl.domain import Box, Image
from accessctl.liveness.cues.table import Lines
from accessctl.liveness.evidence import CueVerdict
from accessctl.preview.label import AMBER, GREEN, RED
from accessctl.preview.shapes import shade
from accessctl.preview.text import Colour, put_text, text_size

SIZE = 13
LINE = SIZE + 5
PADDING, GAP, MARGIN = 6, 10, 4
WIDTHS = (330, 230, 160)
"""Widest text in pixels, tried in this order; longer lines are broken."""

WHITE = (235, 235, 235)
COLOURS = {CueVerdict.VETO: RED, CueVerdict.DOUBT: AMBER, CueVerdict.CONFIRM: GREEN}


def draw_beside(canvas: Image, box: Box, lines: Lines, keep_free: Sequence[Box]) -> Box | None:
    """Write `lines` beside the face in `box` where they hide neither it nor any of `keep_free`.

    Returns where they stand; None, and nothing is drawn, where there is no room for them.
    """
    if not lines:
        return None
    size = (canvas.shape[1], canvas.shape[0])
    for widest in WIDTHS:
        rows = [
            (row, COLOURS.get(word, WHITE)) for text, word in lines for row in wrap(text, widest)
        ]
        place = free_place(extent(rows), box, keep_free, size)
        if place is not None:
            _write(canvas, place, rows)
            return place
    return None


def wrap(text: str, widest: int) -> list[str]:
    """The words of `text` in rows of at most `widest` pixels; all but the first are indented, and
    a word that is wider stands alone."""
    rows: list[str] = []
    for word in text.split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and text_size(longer, SIZE)[0] > widest:
            rows.append(f"   {word}")
        else:
            rows[-1:] = [longer]
    return rows


def extent(rows: Sequence[tuple[str, Colour]]) -> tuple[int, int]:
    """Width and height of the rows on their ground, pixels."""
    width = max(text_size(row, SIZE)[0] for row, _ in rows)
    return width + 2 * PADDING, len(rows) * LINE + 2 * PADDING


def free_place(
    extent: tuple[int, int], box: Box, keep_free: Sequence[Box], picture: tuple[int, int]
) -> Box | None:
    """Where a rectangle of `extent` (width, height) lies in a `picture` (width, height) without
    touching `box` or any of `keep_free`: as near to `box` as there is room."""
    width, height = extent
    if width > picture[0] or height > picture[1]:
        return None
    for x, y in _candidates(extent, box, picture):
        place = Box(
            min(max(x, 0.0), picture[0] - width), min(max(y, 0.0), picture[1] - height), *extent
        )
        if not any(overlap(place, one) for one in (box, *keep_free)):
            return place
    return None


def overlap(first: Box, second: Box) -> bool:
    """Whether two rectangles come nearer to each other than MARGIN."""
    across = first.x < second.x + second.w + MARGIN and second.x < first.x + first.w + MARGIN
    along = first.y < second.y + second.h + MARGIN and second.y < first.y + first.h + MARGIN
    return across and along


def _candidates(
    extent: tuple[int, int], box: Box, picture: tuple[int, int]
) -> Iterator[tuple[float, float]]:
    width, height = extent
    beside = (box.x + box.w + GAP, box.x - GAP - width)
    for y in (box.y, box.y + box.h - height, 0.0):
        yield from ((x, y) for x in beside)
    edges = (picture[0] - width, 0.0)
    for y in (box.y - GAP - height, box.y + box.h + GAP, 0.0, picture[1] - height):
        yield from ((x, y) for x in (box.x, *edges))


def _write(canvas: Image, place: Box, rows: Sequence[tuple[str, Colour]]) -> None:
    x, y = round(place.x), round(place.y)
    shade(canvas, x, y, round(place.w), round(place.h))
    for index, (row, colour) in enumerate(rows):
        put_text(canvas, row, x + PADDING, y + PADDING + index * LINE, SIZE, colour)
