import math
from dataclasses import replace

import pytest

from accessctl.domain import Match, Outcome, PersonId, Quality, Reason
from accessctl.door.demands import Prompt
from accessctl.door.door import FaceView
from accessctl.policy.decide import Verdict
from accessctl.preview.label import AMBER, BLUE, GREEN, MARK, RED, bar_share, label_of
from accessctl.vision.fake import fake_face

ADA = PersonId("a1")
NAMES = {ADA: "Ada"}
MATCH = Match(ADA, similarity=0.876, score=5.0, margin=2.0, fmr=1e-5, fmr_upper=1e-5)


def view(match: Match | None = MATCH, verdict: Verdict | None = None, *reasons: str) -> FaceView:
    return FaceView(fake_face(quality=Quality(0.5, reasons)), "v1", match, verdict)


def test_before_the_verdict_nobody_is_named() -> None:
    label = label_of(view(), NAMES, threshold=5.0)
    assert (label.title, label.detail, label.colour) == ("looking ...", "similarity 0.88", BLUE)
    assert "Ada" not in label.title + label.detail


def test_what_the_visitor_is_asked_for_comes_first() -> None:
    asked = replace(view(MATCH, None, "turned away"), prompt=Prompt("Look up.", "look_up", 2, 3))
    label = label_of(asked, NAMES, 5.0)
    assert (label.title, label.detail, label.colour) == ("Look up.", "2 of 3", AMBER)
    hint = label_of(replace(view(), prompt=Prompt("Turn your head.")), NAMES, 5.0)
    assert (hint.title, hint.detail) == ("Turn your head.", "similarity 0.88")


def test_what_is_wrong_with_the_face_is_told() -> None:
    label = label_of(view(None, None, "too far", "too dark"), NAMES, 5.0)
    assert (label.title, label.detail, label.share) == ("too far", "", None)


@pytest.mark.parametrize(
    ("outcome", "reason", "title", "detail", "colour"),
    [
        (Outcome.GRANTED, Reason.MATCHED, "Ada", "matched  similarity 0.88", GREEN),
        (Outcome.DENIED, Reason.COOLDOWN, "Ada", "cooldown  similarity 0.88", AMBER),
        (Outcome.UNKNOWN, Reason.NO_MATCH, "unknown", "no match  similarity 0.88", RED),
        (Outcome.UNKNOWN, Reason.LEFT_EARLY, "unknown", "left early  similarity 0.88", RED),
    ],
)
def test_the_verdict(
    outcome: Outcome, reason: Reason, title: str, detail: str, colour: tuple[int, int, int]
) -> None:
    label = label_of(view(MATCH, Verdict(outcome, reason, MATCH)), NAMES, 5.0)
    assert (label.title, label.detail, label.colour) == (title, detail, colour)


def test_a_verdict_without_a_match() -> None:
    verdict = Verdict(Outcome.UNKNOWN, Reason.EMPTY_GALLERY, None)
    label = label_of(view(None, verdict), {}, math.inf)
    assert (label.title, label.detail, label.share) == ("unknown", "empty gallery", None)


def test_somebody_removed_since_has_no_name() -> None:
    verdict = Verdict(Outcome.GRANTED, Reason.MATCHED, MATCH)
    assert label_of(view(MATCH, verdict), {}, 5.0).title == "(removed)"


@pytest.mark.parametrize(
    ("score", "threshold", "share"),
    [
        (5.0, 5.0, MARK),
        (2.5, 5.0, MARK / 2),
        (0.0, 5.0, 0.0),
        (-3.0, 5.0, 0.0),
        (50.0, 5.0, 1.0),
        (9.0, math.inf, 0.0),
        (9.0, 0.0, 0.0),
        (9.0, -1.0, 0.0),
    ],
)
def test_the_bar(score: float, threshold: float, share: float) -> None:
    assert bar_share(score, threshold) == pytest.approx(share)


def test_the_label_has_the_bar_of_its_match() -> None:
    assert label_of(view(), NAMES, threshold=10.0).share == pytest.approx(MARK / 2)
