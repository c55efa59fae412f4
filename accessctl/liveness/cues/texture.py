"""What the texture network makes of a visit: skin and what is around it, or paper and glass."""

from collections.abc import Sequence

import numpy as np

from accessctl.liveness.cues.expression import expression
from accessctl.liveness.evidence import (
    TEXTURE_BOUNDS,
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

MOVES = 0.007
"""Nothing is confirmed before mouth or lids have moved by so much of the face's width: some
photographs look like skin, and held up, leant and shaken as a whole only two of 37 come to that."""

SURE, LONGER_S, MOVES_MORE = 0.85, 2.4, 0.010
"""A mean below SURE must hold for so many seconds, and they must move by the second instead."""

NEAR_SEEN, NEAR = 0.4, 0.8
"""Where less than the first of what surrounds the face is in the picture, the mean must be at least
the second: a screen of which no rim is seen comes to 0.78."""

HALF, LEAST = 0.5, 0.3
"""A mean from HALF on clears a doubt; a single answer below LEAST speaks of an attack rather than
of life, and nothing is confirmed beside it."""

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
    MIN_SPAN_S. Confirms at a mean from the network's own bound, or NEAR, on, with no answer below
    LEAST, and with an `expression` of MOVES in all frames, below SURE only after LONGER_S and with
    MOVES_MORE. Doubts up to its lower bound; clear from HALF on.
    """
    sampled = [frame for frame in frames if np.isfinite(frame.texture) and can_tell(frame)]
    if not sampled:
        return undecided(TEXTURE, TEXTURE_BOUNDS[1])
    doubt, confirm = sampled[-1].texture_bounds
    if np.median([frame.around.seen for frame in sampled]) < NEAR_SEEN:
        confirm = max(confirm, NEAR)
    values = np.array([frame.texture for frame in sampled])
    mean = float(values.mean())
    since, until = sampled[0].captured, sampled[-1].captured
    if len(sampled) < MIN_SAMPLES or not until - since >= MIN_SPAN_S:
        verdict, threshold = CueVerdict.UNDECIDED, confirm
    elif mean <= doubt:
        verdict, threshold = CueVerdict.DOUBT, doubt
    elif mean >= confirm and values.min() >= LEAST and _moves(frames, mean, until - since):
        verdict, threshold = CueVerdict.CONFIRM, confirm
    else:
        verdict = CueVerdict.CLEAR if mean >= HALF else CueVerdict.UNDECIDED
        threshold = confirm
    return CueResult(TEXTURE, verdict, mean, threshold, len(sampled), since, until)


def _moves(frames: Sequence[LivenessFrame], mean: float, seconds: float) -> bool:
    if mean >= SURE:
        return expression(frames) >= MOVES
    return seconds >= LONGER_S and expression(frames) >= MOVES_MORE


def can_tell(frame: LivenessFrame) -> bool:
    """Whether the network is to be asked of this face: it is large and bright enough, and does
    not fill the picture."""
    bright = float(frame.face.image.mean()) >= MIN_GREY
    return frame.box.w >= MIN_FACE_PX and bright and not fills(frame)


def fills(frame: LivenessFrame) -> bool:
    """Whether the face leaves too little of the picture to what surrounds it."""
    return not frame.around.seen >= MIN_SEEN
