"""One face throughout: the same track, the same identity, no jump that a swap makes."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.result import CueResult, CueVerdict, undecided

CUE = "continuity"
FASTEST = 6.0
"""Face widths a second; a head that is thrown about does three."""

SLACK = 0.5
"""Face widths by which a face may jump at once, whatever the time."""


def continuity(frames: Sequence[LivenessFrame], *, veto: float = 0.7) -> CueResult:
    """The least cosine between the embedding of a frame and the mean of all; only ever vetoes.

    Another track, time that runs backwards and a jump in place or size veto as well, with the
    figure 0. One frame with an embedding or none says nothing about identity.
    """
    if len({frame.track for frame in frames}) > 1 or any(
        _jumped(before, after) for before, after in pairwise(frames)
    ):
        return CueResult(CUE, CueVerdict.VETO, 0.0, veto)
    found = [frame.embedding for frame in frames if frame.embedding is not None]
    if len(found) < 2:
        return undecided(CUE, veto)
    embeddings = np.stack(found).astype(np.float64)
    mean = embeddings.mean(axis=0)
    least = float((embeddings @ mean).min() / max(float(np.linalg.norm(mean)), 1e-9))
    if not least >= veto:
        return CueResult(CUE, CueVerdict.VETO, least, veto)
    return undecided(CUE, veto, least)


def _jumped(before: LivenessFrame, after: LivenessFrame) -> bool:
    elapsed = after.captured - before.captured
    if not elapsed >= 0:
        return True
    width = max(min(before.box.w, after.box.w), 1.0)
    way = float(np.hypot(*np.subtract(after.box.centre, before.box.centre))) / width
    growth = abs(float(np.log(max(after.box.w, 1.0) / max(before.box.w, 1.0))))
    return max(way, growth) > SLACK + FASTEST * elapsed
