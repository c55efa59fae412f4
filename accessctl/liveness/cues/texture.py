"""What the texture network makes of a visit: skin and what is around it, or paper and glass."""

from collections.abc import Sequence

import numpy as np

from accessctl.liveness.cues.expression import FaceMovement, movement
from accessctl.liveness.evidence import (
    TEXTURE_BOUNDS,
    TEXTURE_CLEARS,
    CueResult,
    CueVerdict,
    LivenessFrame,
    undecided,
)

TEXTURE = "texture"

MIN_SAMPLES = 4
MIN_SPAN_S = 0.95
"""Single pictures err, and those that follow one another at once err together: four that span
a second, or the little less that a camera of five frames a second makes of it."""

MOVES, MOVES_ENOUGH, WARPED = 0.004, 0.008, 1.1
"""Nothing is confirmed before mouth and lids have moved by the first of these, in face widths, and
by so many times as much as the rest of the face was warped: some photographs look like skin. On a
stand they come to 0.002, leant, shaken and brought closer hardly further than they are warped."""

SURE, LONGER_S = 0.85, 2.4
"""From a mean of SURE on MOVES_ENOUGH suffices however the face is warped; a mean below must hold
for so many seconds."""

NEAR_SEEN = 0.4
"""Where less of what surrounds the face is in the picture, only a mean of SURE counts: a screen of
which no rim is seen comes to 0.83."""

LEAST = 0.3
"""A single answer below speaks of an attack rather than of life, and nothing is confirmed beside
it."""

MIN_FACE_PX = 60.0
"""Narrower faces show no texture; they are not recognised either (`vision.min_face_px`)."""

MIN_GREY = 25.0
"""A face whose mean is darker, of 255, is noise to the network."""

MIN_SEEN = 0.19
"""So much of what surrounds the face must be in the picture, as a share of the wide view: where all
of it is face, no cut of the network shows more than the others, and a rim cannot be seen."""


def texture(frames: Sequence[LivenessFrame]) -> CueResult:
    """The mean of the network's answers, in [0, 1]; its doubt only suspends, it never vetoes.

    Rests on the frames that carry an answer and that `can_tell`: at least MIN_SAMPLES that span
    MIN_SPAN_S. Confirms at a mean from the network's own bound on, with no answer below LEAST, if
    the frames show a face that `moves` by itself; a mean below SURE must hold for LONGER_S, and
    does only with NEAR_SEEN of what surrounds the face in the picture. Doubts up to its lower
    bound; clear from TEXTURE_CLEARS on.
    """
    sampled = [frame for frame in frames if np.isfinite(frame.texture) and can_tell(frame)]
    if not sampled:
        return undecided(TEXTURE, TEXTURE_BOUNDS[1])
    doubt, confirm = sampled[-1].texture_bounds
    if np.median([frame.around.seen for frame in sampled]) < NEAR_SEEN:
        confirm = max(confirm, SURE)
    values = np.array([frame.texture for frame in sampled])
    mean = float(values.mean())
    since, until = sampled[0].captured, sampled[-1].captured
    if len(sampled) < MIN_SAMPLES or not until - since >= MIN_SPAN_S:
        verdict, threshold = CueVerdict.UNDECIDED, confirm
    elif mean <= doubt:
        verdict, threshold = CueVerdict.DOUBT, doubt
    elif mean >= confirm and values.min() >= LEAST and _lives(frames, mean, until - since):
        verdict, threshold = CueVerdict.CONFIRM, confirm
    else:
        verdict = CueVerdict.CLEAR if mean >= TEXTURE_CLEARS else CueVerdict.UNDECIDED
        threshold = confirm
    return CueResult(TEXTURE, verdict, mean, threshold, len(sampled), since, until)


def _lives(frames: Sequence[LivenessFrame], mean: float, seconds: float) -> bool:
    sure = mean >= SURE
    return (sure or seconds >= LONGER_S) and moves(movement(frames), sure=sure)


def moves(seen: FaceMovement, *, sure: bool) -> bool:
    """Whether mouth and lids move further than a picture's would; less will do where the network
    is `sure`, with a mean of SURE or more."""
    least = max(MOVES * seen.trembling, WARPED * seen.warp)
    if sure:
        least = min(least, MOVES_ENOUGH * seen.trembling)
    return seen.expression >= least


def can_tell(frame: LivenessFrame) -> bool:
    """Whether the network is to be asked of this face: it is large and bright enough, and does
    not fill the picture."""
    bright = float(frame.face.image.mean()) >= MIN_GREY
    return frame.box.w >= MIN_FACE_PX and bright and not fills(frame)


def fills(frame: LivenessFrame) -> bool:
    """Whether the face leaves too little of the picture to what surrounds it."""
    return not frame.around.seen >= MIN_SEEN
