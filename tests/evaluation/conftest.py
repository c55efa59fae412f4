from collections.abc import Callable
from typing import Any

import pytest

from accessctl.config import PolicyConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.door.demands import DrawChallenge, Wanted
from accessctl.door.fake import CALIBRATION
from accessctl.encoder.base import FAKE_CARD, Encoder, FakeEncoder
from accessctl.evaluation.trial_door import DoorParts
from accessctl.gallery.fake import random_units
from accessctl.liveness.challenge import draw_challenge
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.texture_network import TextureScorer
from accessctl.liveness.worker import Examine
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.recogniser import Recogniser

Parts = Callable[..., DoorParts]


@pytest.fixture
def parts() -> Parts:
    """A door to which pictures of one colour are one person; the cues are the real ones, unless
    `examine` says otherwise."""

    def make(
        *,
        encoder: Encoder | None = None,
        examine: Examine = CueWindow.results,
        texture: TextureScorer | None = None,
        draw: DrawChallenge = draw_challenge,
        **liveness: Any,
    ) -> DoorParts:
        return DoorParts(
            Recogniser(encoder or FakeEncoder()),
            Normaliser(random_units(300, FAKE_CARD.dimension, seed=1), 50),
            CALIBRATION,
            PolicyConfig(),
            Wanted(LivenessConfig(texture="off", **liveness), texture=texture, draw=draw),
            leave_after_s=1.0,
            examine=examine,
        )

    return make
