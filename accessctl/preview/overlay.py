"""What the preview shows over the camera's picture.

Each face has its corners marked and a label below it. What the cues of liveness have gathered
is written beside it, where it hides no face and no other text. Around the picture stand the
status, the times of the stages, the last decisions, and the keys.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from accessctl.domain import Box, Image, Outcome, PersonId
from accessctl.door.visit import FaceView
from accessctl.liveness.cues.table import Lines
from accessctl.liveness.evidence import CueVerdict
from accessctl.preview.drawing import Colour, bar, bracket, put_text, shade, text_size

GREEN, AMBER, RED, BLUE = (80, 220, 120), (250, 190, 60), (245, 90, 80), (110, 180, 255)
OUTCOME_COLOURS = {Outcome.GRANTED: GREEN, Outcome.DENIED: AMBER, Outcome.UNKNOWN: RED}
# Where on the bar the threshold stands; what is beyond shows by how much it was passed.
MARK = 0.6

REMOVED = "(removed)"
WHITE, GREY = (255, 255, 255), (190, 190, 190)
TITLE, SMALL = 20, 14
BAR_WIDTH = 150
PADDING = 8
LINE = SMALL + 6
# Where the figures beside the stage names end, pixels from the left.
FIGURE_AT = 160

GATHERED_SIZE = 13
GATHERED_LINE = GATHERED_SIZE + 5
GATHERED_PADDING, GAP, MARGIN = 6, 10, 4
GATHERED_WIDTHS = (330, 230, 160)
"""Widest text in pixels, tried in this order; longer lines are broken."""
GATHERED_WHITE = (235, 235, 235)
VERDICT_COLOURS = {CueVerdict.VETO: RED, CueVerdict.DOUBT: AMBER, CueVerdict.CONFIRM: GREEN}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The normalised score that a grant needs, of a face that is searched and of one that is
    compared by a badge; infinite where none will do."""

    searched: float
    claimed: float

    def of(self, view: FaceView) -> float:
        return self.searched if view.claimed is None else self.claimed


@dataclass(frozen=True, slots=True)
class Panel:
    """The words around the picture: status line, stage times in ms, last decisions, help."""

    status: str
    stages: Mapping[str, float]
    decisions: Sequence[str]
    help: str


def draw(
    image: Image,
    faces: Sequence[FaceView],
    names: Mapping[PersonId, str],
    thresholds: Thresholds,
    panel: Panel,
) -> Image:
    """A copy of `image` (RGB uint8 (H, W, 3)) with faces marked and the panel around it."""
    canvas = image.copy()
    keep_free = [view.face.box for view in faces]
    keep_free += [
        draw_face(canvas, view, label_of(view, names, thresholds.of(view))) for view in faces
    ]
    keep_free += draw_panel(canvas, panel)
    for view in faces:
        place = draw_beside(canvas, view.face.box, view.gathered, keep_free)
        keep_free += [] if place is None else [place]
    return canvas


@dataclass(frozen=True, slots=True)
class FaceLabel:
    """Title, a smaller line below, colour, and the bar's share in [0, 1] (None: no bar)."""

    title: str
    detail: str
    colour: Colour
    share: float | None


def label_of(view: FaceView, names: Mapping[PersonId, str], threshold: float) -> FaceLabel:
    """`threshold` is the normalised score that a grant needs; infinite when none will do."""
    match, verdict = view.match, view.verdict
    share = None if match is None else bar_share(match.score, threshold)
    figure = "" if match is None else f"similarity {match.similarity:.2f}"
    if verdict is None:
        prompt = view.prompt
        if prompt is not None:
            done = f"{prompt.step} of {prompt.steps}" if prompt.steps > 1 else figure
            return FaceLabel(view.told, done, AMBER, share)
        if view.claimed is not None:
            figure = f"badge of {names.get(view.claimed, REMOVED)}  {figure}".strip()
        return FaceLabel(view.told, figure, BLUE, share)
    name = "unknown"
    if verdict.outcome is not Outcome.UNKNOWN and verdict.match is not None:
        name = names.get(verdict.match.person, REMOVED)
    detail = f"{verdict.reason.value.replace('_', ' ')}  {figure}".strip()
    return FaceLabel(name, detail, OUTCOME_COLOURS[verdict.outcome], share)


def bar_share(score: float, threshold: float) -> float:
    """The score as a share of the bar on which the threshold stands at MARK."""
    if not math.isfinite(threshold) or threshold <= 0:
        return 0.0
    return min(1.0, max(0.0, score / threshold * MARK))


def draw_face(canvas: Image, view: FaceView, label: FaceLabel) -> Box:
    """Mark a face and write `label` below it; where that stands."""
    box = view.face.box
    bracket(canvas, box, label.colour)
    texts = [(label.title, TITLE, label.colour)]
    if label.detail:
        texts.append((label.detail, SMALL, WHITE))
    sizes = [text_size(text, size) for text, size, _ in texts]
    width = max([w for w, _ in sizes] + ([BAR_WIDTH] if label.share is not None else []))
    height = sum(h for _, h in sizes) + (16 if label.share is not None else 0)
    x = max(0, min(round(box.x), canvas.shape[1] - width - 2 * PADDING))
    y = max(0, min(round(box.y + box.h) + 6, canvas.shape[0] - height - 2 * PADDING))
    place = Box(x, y, width + 2 * PADDING, height + 2 * PADDING)
    shade(canvas, x, y, width + 2 * PADDING, height + 2 * PADDING)
    x, y = x + PADDING, y + PADDING
    for (text, size, colour), (_, text_height) in zip(texts, sizes, strict=True):
        put_text(canvas, text, x, y, size, colour)
        y += text_height
    if label.share is not None:
        bar(canvas, x, y + 6, BAR_WIDTH, label.share, MARK, label.colour)
    return place


def draw_panel(canvas: Image, panel: Panel) -> list[Box]:
    """Write the words around the picture; where they stand."""
    figures = [(stage, f"{value:.1f} ms", GREY) for stage, value in panel.stages.items()]
    above = _column(canvas, [(panel.status, "", WHITE), *figures], 12, 12)
    *before, latest = ["", *panel.decisions]
    lines = [*[(text, "", GREY) for text in before if text], (latest, "", WHITE)]
    lines.append((panel.help, "", GREY))
    height = len(lines) * LINE + 2 * PADDING
    return [above, _column(canvas, lines, 12, canvas.shape[0] - height - 12)]


def _column(canvas: Image, lines: Sequence[tuple[str, str, Colour]], x: int, y: int) -> Box:
    """Lines of text, with a figure each that ends at FIGURE_AT, on a shaded ground."""
    width = max([FIGURE_AT, *(text_size(text, SMALL)[0] for text, _, _ in lines)])
    height = len(lines) * LINE + 2 * PADDING
    shade(canvas, x, y, width + 2 * PADDING, height)
    for row, (text, figure, colour) in enumerate(lines):
        top = y + PADDING + row * LINE
        put_text(canvas, text, x + PADDING, top, SMALL, colour)
        right = x + PADDING + FIGURE_AT - text_size(figure, SMALL)[0]
        put_text(canvas, figure, right, top, SMALL, colour)
    return Box(x, y, width + 2 * PADDING, height)


def draw_beside(canvas: Image, box: Box, lines: Lines, keep_free: Sequence[Box]) -> Box | None:
    """Write `lines` beside the face in `box` where they hide neither it nor any of `keep_free`.

    Returns where they stand; None, and nothing is drawn, where there is no room for them.
    """
    if not lines:
        return None
    size = (canvas.shape[1], canvas.shape[0])
    for widest in GATHERED_WIDTHS:
        rows = [
            (row, VERDICT_COLOURS.get(word, GATHERED_WHITE))
            for text, word in lines
            for row in wrap(text, widest)
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
        if rows and text_size(longer, GATHERED_SIZE)[0] > widest:
            rows.append(f"   {word}")
        else:
            rows[-1:] = [longer]
    return rows


def extent(rows: Sequence[tuple[str, Colour]]) -> tuple[int, int]:
    """Width and height of the rows on their ground, pixels."""
    width = max(text_size(row, GATHERED_SIZE)[0] for row, _ in rows)
    return width + 2 * GATHERED_PADDING, len(rows) * GATHERED_LINE + 2 * GATHERED_PADDING


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
        put_text(
            canvas,
            row,
            x + GATHERED_PADDING,
            y + GATHERED_PADDING + index * GATHERED_LINE,
            GATHERED_SIZE,
            colour,
        )
