from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pytest

from accessctl.domain import Embedding, Match, Outcome, PersonId, Reason, Sighting
from accessctl.door.demands import Prompt
from accessctl.door.visit import MAX_SIGHTINGS, LifeShown, Visit, pooled
from accessctl.door.visit_liveness import VisitLiveness
from accessctl.gallery.badges import Badge
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import Naming, Verdict
from accessctl.policy.evidence_record import LivenessRecord

EAST, NORTH = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
MATCH = Match(PersonId("a"), 0.9, 5.0, 2.0, 1e-5, 1e-5)


def sighting(captured: float, embedding: Embedding = EAST, quality: float = 0.8) -> Sighting:
    return Sighting(captured, embedding, quality, MATCH)


def test_a_visit_without_a_usable_frame_has_nothing_to_show() -> None:
    visit = Visit("v", last_seen=3.0)
    evidence = visit.evidence()
    assert (evidence.sightings, evidence.pooled, evidence.seen) == ((), None, 0)
    assert evidence.since == 3.0
    assert evidence.left is False
    assert visit.evidence(left=True).left is True


def encoded(visit: Visit, one: Sighting, window_s: float) -> Visit:
    """The visit after a usable frame that the whole encoder has seen."""
    sightings = visit.window_with(one, window_s)
    return visit.usable(one.captured).with_sightings(sightings, MATCH)


def test_since_is_the_first_usable_frame_not_the_first_sight() -> None:
    visit = Visit("v", last_seen=1.0)
    visit = encoded(visit, sighting(1.5), 10)
    visit = encoded(visit, sighting(2.0), 10)
    assert visit.evidence().since == 1.5
    assert visit.evidence().seen == 2


def test_frames_older_than_the_window_no_longer_count_but_were_seen() -> None:
    visit = Visit("v", last_seen=0.0)
    for captured in (0.0, 1.0, 2.0, 3.0):
        visit = encoded(visit, sighting(captured), 2.0)
    evidence = visit.evidence()
    # At 3.0 a window of 2 s reaches back to 1.0, which is in.
    assert [one.captured for one in evidence.sightings] == [1.0, 2.0, 3.0]
    assert evidence.seen == 4
    assert evidence.since == 0.0


def test_a_frame_that_was_not_encoded_is_seen_and_is_no_evidence() -> None:
    visit = encoded(Visit("v", last_seen=0.0), sighting(0.0), 10).usable(0.1).usable(0.2)
    assert (visit.seen, visit.encoded) == (3, 1)
    assert len(visit.evidence().sightings) == 1


def test_several_frames_are_one_embedding_by_their_quality() -> None:
    one, other = sighting(0.0, EAST, quality=0.6), sighting(0.1, NORTH, quality=0.8)
    # 0.6 east and 0.8 north: already of unit length.
    assert pooled((one, other)).embedding == pytest.approx([0.6, 0.8])
    # The mean of 1.4 is 1 long.
    assert pooled((one, other)).spread == pytest.approx(1 - 1 / 1.4**2)
    visit = encoded(encoded(Visit("v", last_seen=0.0), one, 10), other, 10)
    assert visit.pooled is MATCH
    assert visit.evidence().pooled is MATCH


def test_what_is_out_of_the_window_does_not_count_any_more() -> None:
    visit = encoded(Visit("v", last_seen=0.0), sighting(0.0, EAST), 1.0)
    (kept,) = visit.window_with(sighting(5.0, NORTH), 1.0)
    assert kept.captured == 5.0


def test_memory_is_bounded_however_long_the_window() -> None:
    visit = Visit("v", last_seen=0.0)
    for number in range(MAX_SIGHTINGS + 30):
        visit = encoded(visit, sighting(number / 100), 1e9)
    evidence = visit.evidence()
    assert len(evidence.sightings) == MAX_SIGHTINGS
    assert evidence.sightings[-1].captured == (MAX_SIGHTINGS + 29) / 100
    assert evidence.seen == MAX_SIGHTINGS + 30


def test_a_visit_from_which_nothing_is_asked_has_shown_nothing() -> None:
    visit = Visit("v", last_seen=0.0)
    assert visit.life.record == LivenessRecord()
    assert (visit.life.doubted, visit.gathered, visit.prompt) == (False, (), None)
    assert encoded(visit, sighting(0.0), 10).evidence().live is None


def test_what_has_happened_stays_as_it_was() -> None:
    before = Visit("v", last_seen=0.0)
    after = encoded(before, sighting(0.5), 10)
    assert (before.seen, before.evidence().sightings) == (0, ())
    assert (after.seen, len(after.evidence().sightings)) == (1, 1)


def test_the_second_factor_is_asked_for_before_a_gesture_until_the_visit_is_over() -> None:
    wave, pin = Prompt("Blink twice.", "blink_twice", 1, 1), Prompt("Enter your PIN.", "pin", 1, 1)
    visit = Visit("v", last_seen=0.0, life=LifeShown(prompt=wave))
    assert visit.prompt == wave
    asked = replace(visit, factor_prompt=pin)
    assert asked.prompt == pin
    assert asked.over().prompt is None


@pytest.mark.parametrize(
    ("before", "after", "refuses"),
    [
        ((Proof.PENDING, Proof.PENDING), (Proof.REFUTED, Proof.PENDING), True),
        ((Proof.PENDING, Proof.PENDING), (Proof.PENDING, Proof.MISSING), True),
        ((Proof.MISSING, Proof.PENDING), (Proof.MISSING, Proof.SHOWN), True),
        ((Proof.MISSING, Proof.PENDING), (Proof.MISSING, Proof.PENDING), False),
        ((Proof.PENDING, Proof.PENDING), (Proof.SHOWN, Proof.PENDING), False),
    ],
)
def test_want_of_proof_refuses_once_it_is_news(before, after, refuses: bool) -> None:
    assert LifeShown(*after).newly_refuses(LifeShown(*before)) is refuses


MISMATCH = Verdict(Outcome.DENIED, Reason.BADGE_MISMATCH, MATCH)


def test_each_badge_that_another_face_was_shown_with_counts() -> None:
    visit = Visit("v", last_seen=0.0)
    for _ in range(3):
        visit, counted = visit.charge(MISMATCH)
        assert counted == MISMATCH
    expired = Verdict(Outcome.DENIED, Reason.EXPIRED, MATCH)
    visit, first = visit.charge(expired)
    visit, second = visit.charge(expired)
    assert (first, second) == (expired, None)


@dataclass
class Posed:
    """What the visit asks its liveness, of which a challenge was asked and not answered."""

    unanswered: PersonId
    doubted: bool = False

    def record(self) -> LivenessRecord:
        return LivenessRecord("challenge", asked=("blink",))


def test_no_challenge_is_got_rid_of_by_another_s_badge() -> None:
    bob = PersonId("b")
    life = LifeShown(source=cast("VisitLiveness", Posed(bob)))
    visit = replace(encoded(Visit("v", last_seen=0.0), sighting(0.5), 10), life=life)
    _, counted = visit.charge(MISMATCH)
    assert counted is not None
    assert counted.reason is Reason.LIVENESS_UNDECIDED
    assert counted.match is not None
    assert counted.match.person == bob


def test_a_badge_is_for_one_attempt_and_outlives_a_track_that_breaks() -> None:
    badge = Badge(PersonId("a"), bytes(32), 1.0)
    visit = replace(encoded(Visit("v", last_seen=0.0), sighting(0.5), 10), claim=badge)
    assert visit.on_another_track().claim == badge
    assert visit.by_other_rules().claim == badge
    assert visit.again().claim is None
    assert visit.from_the_beginning().claim is None
    assert visit.evidence(naming=Naming.CLAIMED).naming is Naming.CLAIMED
