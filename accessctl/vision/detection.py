"""What a detector says of one picture, and how BlazeFace comes to say it; pure.

A large picture is first made smaller (`halved`); then it is laid into the square that the network
eats, and what the network gives becomes boxes of faces.

The networks are MediaPipe's (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face
Detection on Mobile GPUs", 2019). What surrounds them there is described by the options in
MediaPipe's `modules/face_detection/face_detection.pbtxt`, `face_detection_short_range.pbtxt`
and `face_detection_full_range.pbtxt`, and by its calculators `ImageToTensor` (the letterbox),
`SsdAnchors`, `TensorsToDetections`, `NonMaxSuppression` (weighted) and
`DetectionTransformation` (whole pixels). This is the same, step by step, so that the same file
finds the same faces here.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box, Image, Points

SMALLEST = 8
"""Pictures narrower or lower than this hold no face."""

KEYPOINTS = 6
ROW = 4 + 2 * KEYPOINTS
CLIPPED_AT = 100.0
"""Logits are clipped to this on both sides before the sigmoid (`score_clipping_thresh`)."""

SAME_FACE = 0.3
"""Boxes that overlap by more are one face (`min_suppression_threshold`)."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A box that may hold a face, in pixels; `score` in [0, 1].

    `keypoints` is float32 (6, 2): the eyes (left in the image first), nose tip, mouth,
    and the points in front of the two ears.
    """

    box: Box
    score: float
    keypoints: Points

    def shifted(self, dx: float, dy: float) -> "Detection":
        box = Box(self.box.x + dx, self.box.y + dy, self.box.w, self.box.h)
        return Detection(box, self.score, self.keypoints + np.array([dx, dy], np.float32))

    def scaled(self, factor: float) -> "Detection":
        box = Box(*(factor * side for side in (self.box.x, self.box.y, self.box.w, self.box.h)))
        return Detection(box, self.score, self.keypoints * np.float32(factor))


class Detector(Protocol):
    """Finds faces in pictures; for one thread at a time."""

    def detect(self, image: Image) -> list[Detection]:
        """Everything in `image` (RGB uint8 (H, W, 3)) that may be a face, best first."""
        ...

    def close(self) -> None:
        """Give back what the runtime holds; nothing can be detected afterwards."""
        ...


def halved(image: Image, enough: int) -> tuple[Image, int]:
    """`image` averaged down by a power of two, its longer side still `enough` or more.

    Also the factor by which it is smaller now. Halving is many times faster than any other
    averaging, and what is left to bilinear sampling, less than 2, does not alias.
    """
    factor = 1
    while max(image.shape[:2]) >= 2 * enough and min(image.shape[:2]) >= 2 * SMALLEST:
        height, width = image.shape[0] // 2, image.shape[1] // 2
        even = image[: 2 * height, : 2 * width]
        image = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
        factor *= 2
    return image, factor


@dataclass(frozen=True, slots=True)
class Network:
    """A file of BlazeFace: square pictures of `size` pixels in, boxes about its anchors out.

    Each layer has a grid of cells, one every `strides` pixels, and `boxes_per_layer` boxes a
    cell: one for the layer's own scale and, where `interpolated_scale_aspect_ratio` is 1, one
    for the scale between it and the next.
    """

    file: str
    size: int
    strides: tuple[int, ...]
    boxes_per_layer: int

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Of the input, of the output with a row a box, and of that with a logit a box."""
        boxes = len(anchors(self))
        return (1, self.size, self.size, 3), (1, boxes, ROW), (1, boxes, 1)


SHORT_RANGE = Network("face_detection_short_range.tflite", 128, (8, 16, 16, 16), 2)
FULL_RANGE = Network("face_detection_full_range_sparse.tflite", 192, (4,), 1)


def anchors(network: Network) -> Floats:
    """The centres (N, 2), x and y in [0, 1], about which a network's boxes are told, in its order.

    Layers of one stride that follow each other share their grid: all their boxes come cell by
    cell, row by row. The anchors' own size is 1 (`fixed_anchor_size`).
    """
    grids = []
    for stride, layers in groupby(network.strides):
        cells = -(-network.size // stride)
        middles = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(middles, middles)
        centres = np.stack([x.ravel(), y.ravel()], axis=1)
        grids.append(np.repeat(centres, network.boxes_per_layer * len(list(layers)), axis=0))
    return np.concatenate(grids).astype(np.float32)


def letterboxed(image: Image, size: int) -> Floats:
    """RGB `image` (H, W, 3) in the middle of a square (1, size, size, 3), values in [-1, 1].

    Its longer side fills the square, what is left is black. Pixels are sampled bilinearly at
    `scale * i - padding`, as MediaPipe does: their corners, not their centres, coincide.
    """
    height, width = image.shape[:2]
    scale = size / max(height, width)
    left, top = padding(width, height)
    to_square = np.array([[scale, 0, scale * left], [0, scale, scale * top], [0, 0, 1]])
    # An affine warp would do, but it rounds the sampled places otherwise: boxes then differ
    # from MediaPipe's by a pixel.
    square = cv2.warpPerspective(
        image, to_square, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    values: Floats = np.multiply(square[None], np.float32(2 / 255), dtype=np.float32)
    values -= np.float32(1)
    return values


def padding(width: int, height: int) -> tuple[float, float]:
    """Pixels of the picture that the square around it adds on its left and at its top."""
    side = max(width, height)
    return (side - width) / 2, (side - height) / 2


def sigmoid(logits: Floats) -> Floats:
    """The scores, in [0, 1], that logits (N,) stand for; that of a NaN is NaN."""
    clipped = np.clip(logits.astype(np.float64), -CLIPPED_AT, CLIPPED_AT)
    scores: Floats = (1 / (1 + np.exp(-clipped))).astype(np.float32)
    return scores


def decode(raw: Floats, centres: Floats, size: int) -> Floats:
    """Rows (N, 16) in fractions of the square: left, top, right, bottom, x and y of each keypoint.

    `raw` (N, 16) tells the box's centre and the keypoints from the anchors' `centres` (N, 2), and
    the box's width and height, all in pixels of the input.
    """
    told = raw / np.float32(size)
    middle, half = told[:, :2] + centres, told[:, 2:4] / 2
    points = told[:, 4:] + np.tile(centres, KEYPOINTS)
    return np.concatenate([middle - half, middle + half, points], axis=1)


def are_boxes(rows: Floats) -> NDArray[np.bool_]:
    """Which of `rows` (N, 16) are finite and have an area."""
    area = (rows[:, 2] > rows[:, 0]) & (rows[:, 3] > rows[:, 1])
    proper: NDArray[np.bool_] = area & np.isfinite(rows).all(axis=1)
    return proper


def found(
    raw: Floats, logits: Floats, centres: Floats, size: int, least: float
) -> tuple[Floats, Floats]:
    """The faces in what a network gives for a square of `size` pixels: rows (K, 16), scores (K,).

    Boxes that score less than `least` are left out before anything else is made of them.
    """
    scores = sigmoid(logits)
    sure = np.flatnonzero(scores >= np.float32(least))
    rows, scores = decode(raw[sure], centres[sure], size), scores[sure]
    proper = are_boxes(rows)
    return merged(rows[proper], scores[proper])


def overlaps(boxes: Floats, box: Floats) -> Floats:
    """Intersection over union of each of `boxes` (N, 4) with `box` (4,); 0 where they are apart.

    Boxes are left, top, right, bottom.
    """
    corners = np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])
    shared = np.clip(corners, 0, None).prod(axis=1)
    areas, area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1), (box[2:] - box[:2]).prod()
    together = areas + area - shared
    shares: Floats = np.divide(shared, together, out=np.zeros_like(shared), where=together > 0)
    return shares


def merged(rows: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """One row a face, best first: weighted non-maximum suppression.

    The best row takes with it all that overlap its box by more than SAME_FACE; of these the
    mean is told, weighted by their scores, with the best one's score. Then the best of the rest.
    """
    left = np.argsort(-scores, kind="stable")
    faces, best = [], []
    while len(left):
        same = overlaps(rows[left, :4], rows[left[0], :4]) > SAME_FACE
        # Whatever rounding makes of a box and itself, each turn takes one away.
        same[0] = True
        taken = left[same]
        faces.append(np.average(rows[taken], axis=0, weights=scores[taken]))
        best.append(scores[left[0]])
        left = left[~same]
    return np.array(faces, np.float32).reshape(-1, ROW), np.array(best, np.float32)


def detection(row: Floats, score: float, width: int, height: int) -> Detection:
    """The detection that a row (16,) of the square stands for in a picture of that size.

    The box is cut to whole pixels and its numbers to those of the picture, as MediaPipe's are;
    the keypoints are not.
    """
    square = row.reshape(-1, 2).astype(np.float64) * max(width, height)
    points = square - np.array(padding(width, height))
    (left, top), (right, bottom) = points[:2]
    box = Box(
        whole(left, width),
        whole(top, height),
        whole(right - left, width),
        whole(bottom - top, height),
    )
    return Detection(box, float(score), points[2:].astype(np.float32))


def whole(value: float, most: int) -> float:
    """`value` without its fraction, in 0 to `most`."""
    return float(min(max(int(value), 0), most))
