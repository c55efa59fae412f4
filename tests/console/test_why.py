import math
from dataclasses import replace

import pytest

from accessctl.console.event_view import Tone
from accessctl.console.why import (
    MOST_FRAMES,
    StepMark,
    cue_line,
    one_in,
    rarity_share,
    steps_to,
    why_of,
)
from accessctl.console.words import Words, catalogue
from accessctl.domain import CueVerdict, Event, Reason
from accessctl.door.visit import MAX_SIGHTINGS
from accessctl.policy.circumstances import REFUSALS
from accessctl.policy.decide import Standing
from accessctl.policy.evidence_record import CueWord
from tests.console.sample_site import GRANTED, HOPPER, LATE, NAMES, SPOOF, STRANGER

WORDS = Words("en", catalogue())


def why(decision, names=NAMES):
    return why_of(decision.event(1000.0), WORDS, names)


def test_a_grant_shows_each_figure_beside_what_it_was_held_against() -> None:
    said = why(GRANTED)
    assert (said.tone, said.sign, said.whom) == (Tone.GRANTED, "Granted", "Eileen Collins")
    rarity, similarity, lead = said.gauges
    # 2e-7 is one in five million; 1e-5, one in a hundred thousand, was wanted.
    assert rarity.value == "1 stranger in 5,000,000"
    assert rarity.wanted == "wanted: 1 stranger in 100,000"
    assert rarity.share == pytest.approx(6.69897 / 8, abs=1e-4)
    assert rarity.limit == pytest.approx(5 / 8)
    assert rarity.holds is True
    assert (similarity.value, similarity.share, similarity.limit) == ("0.710", 0.71, None)
    assert (lead.value, lead.holds, lead.share) == ("4.20", True, 1.0)
    assert lead.limit == pytest.approx(0.5 / 4.2)
    assert said.frames == (Standing.AGREES,) * 6
    assert said.frames_said == "6 of 6 pictures agree, 3 wanted"
    assert {step.mark for step in said.steps} == {StepMark.PASSED}
    assert ("Time to the decision", "0.81 s") in said.facts
    assert ("People enrolled", "214") in said.facts
    assert ("Light in the picture", "43\N{NO-BREAK SPACE}%") in said.facts
    assert ("Age of the oldest picture", "0.12 s") in said.facts
    assert "Face too dark or too bright" not in dict(said.facts)


def test_pictures_that_did_not_count_and_those_that_are_not_drawn_are_told() -> None:
    assert why(GRANTED).frames_notes == ()
    event = replace(GRANTED, frames=130, agreeing=20).event(1000.0)
    event.data["evidence"]["seen"] = 400
    said = why_of(event, WORDS, NAMES)
    assert said.frames_said == "20 of 130 pictures agree, 3 wanted"
    # The first ten of the twenty that agree are among those that are left out.
    assert said.frames == (Standing.AGREES,) * 10 + (Standing.SILENT,) * 110
    assert said.frames_notes == (
        "130 of the visit's 400 pictures counted: the latest ones.",
        "Only the last 120 are drawn.",
    )


def test_as_many_pictures_as_a_door_keeps_are_drawn() -> None:
    assert MOST_FRAMES == MAX_SIGHTINGS


def test_a_stranger_falls_short_and_is_named_nearest_to_somebody() -> None:
    said = why(STRANGER)
    assert said.whom == "Somebody, nearest to Eileen Collins"
    rarity, _, lead = said.gauges
    assert (rarity.value, rarity.holds) == ("1 stranger in 330", False)
    # A lead of 0.3 on a bar of four times the 0.5 that was wanted.
    assert (lead.holds, lead.share, lead.limit) == (False, pytest.approx(0.15), 0.25)
    assert [step.mark for step in said.steps[:2]] == [StepMark.FAILED, StepMark.OPEN]


def test_the_step_that_was_not_taken_is_named_and_those_after_it_were_not_reached() -> None:
    said = why(LATE)
    marks = {step.label: step.mark for step in said.steps}
    assert marks["Allowed here and now"] is StepMark.FAILED
    assert marks["No attack seen"] is StepMark.PASSED
    assert marks["Life shown"] is StepMark.OPEN
    assert said.whom == NAMES[HOPPER]


def test_every_reason_to_refuse_has_its_step() -> None:
    for reason in set(Reason) - {Reason.MATCHED}:
        lines = steps_to("denied", reason.value, WORDS)
        assert [line.mark for line in lines].count(StepMark.FAILED) == 1, reason
    assert steps_to("denied", "a_reason_of_a_newer_door", WORDS) == ()


def test_the_steps_stand_in_the_order_in_which_the_policy_refuses() -> None:
    """As many grounds as REFUSALS has, a reason of each in the same order."""
    first_reasons = (
        *(Reason.GALLERY_STALE, Reason.LOCKED_OUT, Reason.TWO_FACES, Reason.NOT_LIVE),
        *(Reason.LOCKED_DOWN, Reason.WRONG_DOOR, Reason.RULES_STALE, Reason.PASSBACK),
        *(Reason.LIVENESS_UNDECIDED, Reason.NO_GESTURE, Reason.SECOND_FACTOR_WRONG),
    )
    # Of the thirteen, unknown crossings are NO_RECORD, and the second factor has two grounds.
    assert len(REFUSALS) == len(first_reasons) + 2
    at = [
        [line.mark for line in steps_to("denied", reason.value, WORDS)].index(StepMark.FAILED)
        for reason in first_reasons
    ]
    assert at == sorted(at)


def test_what_a_cue_said_stands_beside_its_limit() -> None:
    edges, texture, depth = why(SPOOF).cues
    assert (edges.label, edges.verdict, edges.said) == (
        "Rim of a picture",
        "refused",
        CueVerdict.VETO,
    )
    assert edges.figure == "0.830, limit 0.350"
    # The limit is the middle of the bar; 0.83 is more than twice 0.35.
    assert (edges.share, edges.limit) == (1.0, 0.5)
    assert texture.share == pytest.approx(0.08 / 1.0)
    assert (depth.figure, depth.share) == ("not measured", None)


@pytest.mark.parametrize(
    "said",
    [
        CueWord("new_cue", "newly_said", 0.5, 0.0),
        CueWord("blink", "clear", math.nan, 0.4),
        CueWord("blink", "clear", math.inf, 0.4),
    ],
    ids=["unknown", "nan", "infinite"],
)
def test_a_cue_that_nobody_here_knows_or_no_number_is_told_as_it_is(said: CueWord) -> None:
    line = cue_line(said, WORDS)
    assert line.share is None
    assert line.label in ("new cue", "Blink")


def test_a_record_of_an_older_door_shows_figures_without_limits() -> None:
    said = why(replace(GRANTED, limited=False))
    assert [gauge.limit for gauge in said.gauges] == [None, None, None]
    assert [gauge.holds for gauge in said.gauges] == [None, None, None]
    assert said.frames == ()
    assert said.frames_said == "6 pictures were looked at"


@pytest.mark.parametrize("evidence", [None, {}, {"frames": 3}, []])
def test_evidence_that_cannot_be_read_leaves_the_words(evidence: object) -> None:
    event = GRANTED.event(1000.0)
    data = {**event.data, "evidence": evidence}
    said = why_of(Event(event.time, event.kind, data, event.person), WORDS, {})
    assert (said.whom, said.reason) == ("person 5f0c1d2e", "recognised")
    assert (said.gauges, said.facts, said.steps) == ((), (), ())


def test_the_only_person_enrolled_leads_over_nobody() -> None:
    lead = why(replace(GRANTED, margin=math.inf)).gauges[2]
    assert (lead.value, lead.holds) == ("nobody else is enrolled", None)


@pytest.mark.parametrize(
    ("fmr", "many", "share"),
    [
        (1.0, 1, 0.0),
        (0.5, 2, 0.037629),
        (1e-4, 10_000, 0.5),
        (3.7e-6, 270_000, 0.678975),
        (1e-9, 1_000_000_000, 1.0),
        (0.0, 100_000_000, 1.0),
        (5e-324, 100_000_000, 1.0),
    ],
)
def test_rarity_is_told_in_strangers_and_drawn_by_orders_of_magnitude(
    fmr: float, many: int, share: float
) -> None:
    assert one_in(fmr) == many
    assert rarity_share(fmr) == pytest.approx(share, abs=1e-6)
