"""When the texture network is asked about a visit: some five times a second."""

from dataclasses import replace

from accessctl.domain import Image
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.texture import can_tell
from accessctl.liveness.texture_network import TextureScorer

GAP_S = 0.18
"""So long is the network not asked again. Pictures that follow one another at once tell it little
that is new. A fifth of a second, less what a camera of five frames a second may tremble."""


class TextureSampler:
    """Asks `scorer` about the frames of one visit, in their order; None: never.

    Frames that show somebody by themselves are counted apart from those that do not, because
    only the former can confirm life and the latter must not take their turn.
    """

    def __init__(self, scorer: TextureScorer | None) -> None:
        self._scorer = scorer
        self._asked: dict[bool, float] = {}

    def sample(self, image: Image, frame: LivenessFrame) -> LivenessFrame:
        """`frame`, with the network's answer where it is due and can tell.

        `image` is RGB uint8 (H, W, 3), what `frame` was gathered from. Passes on what the
        scorer raises.
        """
        scorer, shows = self._scorer, frame.person is not None
        if scorer is None or not self._due(frame.captured, shows) or not can_tell(frame):
            return frame
        self._asked[shows] = frame.captured
        return replace(
            frame,
            texture=scorer.score(image, frame.box),
            texture_bounds=(scorer.doubt, scorer.confirm),
        )

    def _due(self, now: float, shows: bool) -> bool:
        passed = now - self._asked.get(shows, float("-inf"))
        # Where time ran backwards all begins anew.
        return not 0 <= passed < GAP_S
