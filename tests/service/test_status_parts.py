import json

import pytest

from accessctl.domain import Match, Outcome, PersonId, Quality, Reason
from accessctl.door.demands import Prompt
from accessctl.door.visit import FaceView, Step
from accessctl.errors import StoreError
from accessctl.policy.decide import Verdict
from accessctl.service.status_parts import (
    MOST_VISITORS_TOLD,
    LockoutView,
    lockout_told,
    visitors_seen,
    visitors_told,
)
from accessctl.vision.fake import fake_face

ADA = PersonId("a1")
NAMES = {ADA: "Ada"}
MATCH = Match(ADA, similarity=0.876, score=5.0, margin=2.0, fmr=1e-5, fmr_upper=1e-5)


def step(*faces: FaceView) -> Step:
    return Step(faces, (), {})


def face(verdict: Verdict | None = None, prompt: Prompt | None = None, *reasons: str) -> FaceView:
    return FaceView(fake_face(quality=Quality(0.5, reasons)), "v1", MATCH, verdict, prompt)


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (face(), "looking ..."),
        (face(None, None, "too far", "too dark"), "too far"),
        (face(None, Prompt("Turn your head."), "too far"), "Turn your head."),
    ],
)
def test_nobody_is_named_before_the_decision_only_told(shown, told):
    (said,) = visitors_told(visitors_seen(step(shown)), NAMES)
    assert said == {"visit": "v1", "told": told, "outcome": None, "reason": None, "person": None}


@pytest.mark.parametrize(
    ("verdict", "name"),
    [
        (Verdict(Outcome.GRANTED, Reason.MATCHED, MATCH), "Ada"),
        (Verdict(Outcome.DENIED, Reason.COOLDOWN, MATCH), "Ada"),
        (Verdict(Outcome.UNKNOWN, Reason.NO_MATCH, MATCH), None),
        (Verdict(Outcome.DENIED, Reason.COOLDOWN, None), None),
    ],
)
def test_a_decided_attempt_says_how_it_ended(verdict, name):
    (said,) = visitors_told(visitors_seen(step(face(verdict))), NAMES)
    assert (said["told"], said["person"]) == ("", name)
    assert (said["outcome"], said["reason"]) == (verdict.outcome.value, verdict.reason.value)
    json.dumps(said)


def test_a_crowd_is_cut_short():
    assert len(visitors_seen(step(*[face()] * 30))) == MOST_VISITORS_TOLD


def test_a_lockout_that_cannot_be_read_says_why():
    def read() -> LockoutView:
        raise StoreError("lockout.sqlite is damaged.")

    assert lockout_told(read, NAMES) == {"error": "lockout.sqlite is damaged."}
