"""What the preview shows over the camera's picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accessctl.domain import Box, Image, PersonId
from accessctl.door.door import FaceView
from accessctl.preview.beside import draw_beside
from accessctl.preview.label import MARK, Label, label_of
from accessctl.preview.shapes import bar, bracket, shade
from accessctl.preview.text import Colour, put_text, text_size

WHITE, GREY = (255, 255, 255), (190, 190, 190)
TITLE, SMALL = 20, 14
BAR_WIDTH = 150
PADDING = 8
LINE = SMALL + 6
# Where the figures beside the stage names end, pixels from the left.
FIGURE_AT = 160


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
    threshold: float,
    panel: Panel,
) -> Image:
    """A copy of `image` (RGB uint8 (H, W, 3)) with faces marked and the panel around it."""
    canvas = image.copy()
    keep_free = [view.face.box for view in faces]
    keep_free += [draw_face(canvas, view, label_of(view, names, threshold)) for view in faces]
    keep_free += draw_panel(canvas, panel)
    for view in faces:
        place = draw_beside(canvas, view.face.box, view.gathered, keep_free)
        keep_free += [] if place is None else [place]
    return canvas


def draw_face(canvas: Image, view: FaceView, label: Label) -> Box:
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
