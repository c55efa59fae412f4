"""Evidence that somebody was matched, and the rules that it is held to."""

import numpy as np

from accessctl.domain import Match, Outcome, PersonId, Reason, Sighting
from accessctl.policy.decide import DecisionRules, Evidence, Verdict

RULES = DecisionRules(
    max_fmr=1e-4,
    frame_fmr=1e-2,
    min_frames=3,
    min_margin=0.5,
    unknown_after_frames=5,
    unknown_after_s=2.0,
    cooldown_s=5.0,
)
ADA, BOB = PersonId("ada"), PersonId("bob")
MATCH = Match(ADA, 0.9, 8.0, 2.0, 1e-6, 2e-6)
GRANT = Verdict(Outcome.GRANTED, Reason.MATCHED, MATCH)


def shown(frames: int, *, left: bool = False) -> Evidence:
    sighting = Sighting(0.0, np.array([1, 0], np.float32), 0.8, MATCH)
    return Evidence((sighting,) * frames, MATCH, frames, 0.0, left)
