"""What is written under a face: pure, so that it can be checked without a picture."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from accessctl.domain import Outcome, PersonId
from accessctl.door.door import FaceView
from accessctl.preview.text import Colour

GREEN, AMBER, RED, BLUE = (80, 220, 120), (250, 190, 60), (245, 90, 80), (110, 180, 255)
COLOURS = {Outcome.GRANTED: GREEN, Outcome.DENIED: AMBER, Outcome.UNKNOWN: RED}

# Where on the bar the threshold stands; what is beyond shows by how much it was passed.
MARK = 0.6


@dataclass(frozen=True, slots=True)
class Label:
    """Title, a smaller line below, colour, and the bar's share in [0, 1] (None: no bar)."""

    title: str
    detail: str
    colour: Colour
    share: float | None


def label_of(view: FaceView, names: Mapping[PersonId, str], threshold: float) -> Label:
    """`threshold` is the normalised score that a grant needs; infinite when none will do."""
    match, verdict = view.match, view.verdict
    share = None if match is None else bar_share(match.score, threshold)
    figure = "" if match is None else f"similarity {match.similarity:.2f}"
    if verdict is None:
        prompt = view.prompt
        if prompt is not None:
            done = f"{prompt.step} of {prompt.steps}" if prompt.steps > 1 else figure
            return Label(prompt.text, done, AMBER, share)
        reasons = view.face.quality.reasons
        waiting = reasons[0] if reasons else "looking ..."
        return Label(waiting, figure, BLUE, share)
    name = "unknown"
    if verdict.outcome is not Outcome.UNKNOWN and verdict.match is not None:
        name = names.get(verdict.match.person, "(removed)")
    detail = f"{verdict.reason.value.replace('_', ' ')}  {figure}".strip()
    return Label(name, detail, COLOURS[verdict.outcome], share)


def bar_share(score: float, threshold: float) -> float:
    """The score as a share of the bar on which the threshold stands at MARK."""
    if not math.isfinite(threshold) or threshold <= 0:
        return 0.0
    return min(1.0, max(0.0, score / threshold * MARK))
