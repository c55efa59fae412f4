"""What a cue is given of a face in one frame, and what it says.

Given are the mesh, of which each cue follows other points, and two small pictures of the face and
of what surrounds it. What a cue says is a `CueResult`: its verdict, how sure it is, and on which
frames that rests.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Box, Embedding, Face, Frame, Image, PersonId, Points, Pose
from accessctl.domain import CueVerdict as CueVerdict
from accessctl.shrinking import shrunk

FACE_SIZE, FACE_REACH = 160, 1.3
"""Side of the face picture in pixels, and how many face sizes it shows."""

AROUND_SIZE, AROUND_REACH = 160, 3.2

SCENE_WIDTH = 160
"""Width in pixels of the small picture of the whole frame."""

TEXTURE_BOUNDS = (0.1, 0.9)
"""Of a texture network whose card names no others, and where none was asked."""

TEXTURE_CLEARS = 0.6
"""From so much on its mean clears a doubt; its bounds lie below and above."""

NOSE = (1, 4, 5, 195, 45, 275, 220, 440, 44, 274)
"""Tip and lower bridge: what stands out furthest."""

FLAT = (
    *(33, 133, 263, 362, 70, 63, 105, 66, 107, 300, 293, 334, 296, 336),
    *(10, 67, 297, 109, 338, 151, 108, 337, 69, 299, 104, 333),
    *(50, 280, 205, 425, 187, 411, 117, 346, 118, 347, 101, 330, 123, 352),
    *(36, 266, 100, 329, 207, 427, 216, 436, 214, 434),
)
"""Brows, forehead, eye corners and cheeks: they lie further back, around the nose and close to
one plane. Mouth and jaw are left out, because talking moves them."""

LEFT_EYE = (33, 160, 158, 133, 153, 144)
RIGHT_EYE = (362, 385, 387, 263, 373, 380)
"""Outer or inner corner, two of the upper lid, other corner, two of the lower lid."""

STEADY = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 10, 151, 9, 127, 356, 234, 454)
"""Eye corners, nose, forehead and temples: no expression moves them."""

MOUTH = (61, 291, 13, 14, 0, 17, 78, 308, 39, 269, 181, 405)
LIDS = (159, 145, 386, 374, 160, 144, 385, 380)
"""Lips, and the middles of the lids: what an expression moves most."""

NAN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class FramePatch:
    """A square part of a frame: `image` uint8 (S, S) or (S, S, 3) and where it comes from.

    Pixel (x, y) of the view shows the frame at `left + x / scale`, `top + y / scale`.
    `seen` is the share of the square that lies inside the frame, in [0, 1]; the rest
    repeats the frame's edge.
    """

    image: Image
    left: float
    top: float
    scale: float
    seen: float

    def from_frame(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """Points (N, 2) in pixels of the frame as pixels of the view."""
        moved = (points[:, :2] - (self.left, self.top)) * self.scale
        return np.asarray(moved, np.float32)

    def to_frame(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """Points (N, 2) in pixels of the view as pixels of the frame."""
        return np.asarray(points[:, :2] / self.scale + (self.left, self.top), np.float32)


@dataclass(frozen=True, slots=True)
class InfraredSight:
    """What a second, infrared camera shows where a face is in the picture.

    `captured` is when, on the clock of the frames; `box` is the face that it shows there, in
    pixels of the frame, None where it shows none. `brightness` is the mean of that face, in
    [0, 1] and NaN where there is none, `around` that of the part of the infrared picture that
    was searched.
    """

    captured: float
    box: Box | None
    brightness: float
    around: float


@dataclass(frozen=True, slots=True, eq=False)
class LivenessFrame:
    """One face in one frame, small enough to keep for a visit (about 110 kB).

    `captured` is in seconds of a monotonic clock; `landmarks` float32 (468, 3), `box` and the
    views' places in pixels of the frame; `face` is grey and shows little more than the
    face, `around` is RGB and shows what surrounds it; `embedding` is there when the frame was
    good enough to recognise, `person` is whom it then shows by itself, if anybody. `scene` is
    the whole frame, small and grey, so that a camera that moves can be told from a face that
    does. `texture` is how likely the texture network takes the face for a living one, in
    [0, 1]; NaN where it was not asked. `texture_bounds` are that network's own: a mean up to
    the first speaks of an attack, one from the second on shows life. `infrared` is None where
    no infrared camera was asked, or it could not tell.
    """

    captured: float
    track: int
    landmarks: Points
    pose: Pose
    box: Box
    face: FramePatch
    around: FramePatch
    embedding: Embedding | None = None
    person: PersonId | None = None
    scene: FramePatch | None = None
    texture: float = float("nan")
    texture_bounds: tuple[float, float] = TEXTURE_BOUNDS
    infrared: InfraredSight | None = None


def gather(
    frame: Frame,
    face: Face,
    embedding: Embedding | None = None,
    person: PersonId | None = None,
    *,
    infrared: InfraredSight | None = None,
) -> LivenessFrame:
    """The evidence that `face`, found in `frame`, gives; some two milliseconds."""
    return LivenessFrame(
        captured=frame.captured,
        track=face.track,
        landmarks=face.landmarks,
        pose=face.pose,
        box=face.box,
        face=_grey(_view(frame.image, face.box, FACE_REACH, FACE_SIZE)),
        around=_view(frame.image, face.box, AROUND_REACH, AROUND_SIZE),
        embedding=embedding,
        person=person,
        scene=_scene(frame.image),
        infrared=infrared,
    )


def _scene(image: Image) -> FramePatch:
    height, width = image.shape[:2]
    scale = min(1.0, SCENE_WIDTH / width)
    factor = width // SCENE_WIDTH
    if factor > 1 and width == factor * SCENE_WIDTH and height % factor == 0:
        return _grey(FramePatch(shrunk(image, factor), 0.0, 0.0, scale, 1.0))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return _grey(FramePatch(small.astype(np.uint8, copy=False), 0.0, 0.0, scale, 1.0))


def _view(image: Image, box: Box, reach: float, size: int) -> FramePatch:
    side = max(2.0, reach * max(box.w, box.h))
    x, y = box.centre
    left, top = x - side / 2, y - side / 2
    scale = size / side
    height, width = image.shape[:2]
    across = max(0.0, min(width, left + side) - max(0.0, left))
    along = max(0.0, min(height, top + side) - max(0.0, top))
    # Shrinking with bilinear sampling alone would alias and make textures crawl.
    if scale < 0.5:
        factor = int(1 / scale)
        x0, columns = _blocks(left, side, width, factor)
        y0, rows = _blocks(top, side, height, factor)
        part = image[y0 : y0 + rows * factor, x0 : x0 + columns * factor]
        # Whole blocks are averaged ten times faster than any other ratio.
        source = shrunk(part, factor)
        steps = np.array([scale * factor, scale * factor])
        shift = (np.array([x0, y0]) - (left, top)) * scale + (steps - scale) / 2
    else:
        source, steps = image, np.array([scale, scale])
        shift = np.array([-left, -top]) * scale
    transform = np.array([[steps[0], 0, shift[0]], [0, steps[1], shift[1]]])
    patch = cv2.warpAffine(
        source, transform, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    share = min(1.0, across * along / side**2)
    return FramePatch(patch.astype(np.uint8, copy=False), left, top, scale, share)


def _blocks(start: float, side: float, length: int, factor: int) -> tuple[int, int]:
    """The first pixel, and how many blocks of `factor` pixels cover `side` from `start` on, as
    far as they lie within `length`; at least one."""
    first = int(np.clip(start, 0, max(0, length - factor)))
    end = int(np.clip(start + side + 1, first + 1, length))
    return first, max(1, min(-(-(end - first) // factor), (length - first) // factor))


def _grey(view: FramePatch) -> FramePatch:
    grey = cv2.cvtColor(view.image, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    return FramePatch(grey, view.left, view.top, view.scale, view.seen)


@dataclass(frozen=True, slots=True)
class CueResult:
    """One cue's word: its `figure`, and the `threshold` it met or missed.

    A figure that could not be measured is NaN. `frames` counts the frames, or independent pairs
    of frames, that the word rests on; `since` and `until` are the capture times of the first
    and the last of them, NaN where there are none. Two results whose spans do not overlap
    share no frame.
    """

    cue: str
    verdict: CueVerdict
    figure: float
    threshold: float
    frames: int = 0
    since: float = NAN
    until: float = NAN


def undecided(cue: str, threshold: float, figure: float = NAN) -> CueResult:
    return CueResult(cue, CueVerdict.UNDECIDED, figure, threshold)
