"""A head is never quite still; a photograph on a stand is."""

from collections.abc import Sequence

import numpy as np

from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.points import STEADY
from accessctl.liveness.result import CueResult, CueVerdict, undecided

CUE = "stillness"


def stillness(
    frames: Sequence[LivenessFrame], *, min_seconds: float = 2.0, veto: float = 0.004
) -> CueResult:
    """How far the face wanders in the window, in face widths (root mean square); only vetoes.

    The middle of the points that no expression moves is averaged over half a second, which
    takes the mesh's own trembling out of it.
    """
    if len(frames) < 8 or frames[-1].captured - frames[0].captured < min_seconds:
        return undecided(CUE, veto)
    middles = np.array([frame.landmarks[list(STEADY), :2].mean(axis=0) for frame in frames])
    times = np.array([frame.captured for frame in frames])
    slots = ((times - times[0]) / 0.5).astype(int)
    averages = np.array([middles[slots == slot].mean(axis=0) for slot in np.unique(slots)])
    width = float(np.median([frame.box.w for frame in frames]))
    wander = float(np.sqrt(np.square(averages - averages.mean(axis=0)).sum(axis=1).mean()) / width)
    if wander <= veto:
        return CueResult(CUE, CueVerdict.VETO, wander, veto)
    return undecided(CUE, veto, wander)
