"""A door with badges, on fakes: read, compared 1:1, refused, used up."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config.policy import AccessConfig
from accessctl.domain import Decision, Outcome, PersonRules, Reason
from accessctl.door.badges import BadgesAtDoor
from accessctl.door.fake import EPOCH, FACE_BOX
from accessctl.policy.evidence_record import from_data
from accessctl.policy.lockout_store import LockoutStore
from accessctl.policy.replay import Replayed, replay
from accessctl.recognition.calibration import comparison_fmr
from accessctl.vision.fake import fake_face
from tests.door.badge_entrance import (
    ALAN,
    BESIDE,
    CARD,
    FRAMES,
    GRACE,
    OTHER,
    STRANGER,
    Entrance,
    verdicts,
)

GRANTED = [(Outcome.GRANTED, Reason.MATCHED)]
MISMATCH = [(Outcome.DENIED, Reason.BADGE_MISMATCH)]
REQUIRED = [(Outcome.UNKNOWN, Reason.BADGE_REQUIRED)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LockoutStore]:
    with LockoutStore(tmp_path / "lockout.sqlite") as opened:
        yield opened


@pytest.fixture
def entrance(store: LockoutStore) -> Entrance:
    return Entrance(store)


def test_whose_badge_it_is_is_let_in_and_on_record(entrance: Entrance) -> None:
    assert entrance.read()
    assert entrance.visit(GRACE) == GRANTED
    (decision,) = entrance.decided()
    assert decision.person == entrance.grace
    assert decision.data["evidence"]["naming"] == "claimed"
    assert len(decision.data["badge"]) == 8
    assert CARD not in str(decision.data)
    assert entrance.told() == []


def test_another_face_is_refused_as_whom_the_badge_says(entrance: Entrance) -> None:
    entrance.read()
    assert entrance.visit(STRANGER) == MISMATCH
    (decision,) = entrance.decided()
    assert decision.person == entrance.grace
    assert entrance.house.unlock.payloads == []


def test_somebody_else_who_is_enrolled_is_no_more_whom_the_badge_says(entrance: Entrance) -> None:
    entrance.read()
    assert entrance.visit(ALAN) == MISMATCH
    # Without a badge they are themselves.
    assert entrance.visit(ALAN) == GRANTED


def test_a_badge_is_used_up_by_its_attempt(entrance: Entrance) -> None:
    entrance.read()
    first = entrance.stand(ALAN, track=50, frames=6)
    again = entrance.stand(ALAN, track=50, frames=12)
    assert verdicts(first) == MISMATCH
    assert verdicts(again) == GRANTED
    assert entrance.desk.report().person is None


def test_it_may_be_read_while_its_person_stands_there(entrance: Entrance) -> None:
    entrance = Entrance(identify_up_to=1)
    track = 9
    assert verdicts(entrance.stand(GRACE, track, 20)) == REQUIRED
    # No attempt is spent on waiting, however long it takes.
    assert entrance.stand(GRACE, track, 200) == []
    entrance.desk.offer(CARD, "test")
    made = entrance.stand(GRACE, track, 6)
    assert verdicts(made) == GRANTED
    assert made[0].attempt == 2


def test_it_waits_for_so_long_and_no_longer(entrance: Entrance) -> None:
    entrance.read()
    entrance.pass_time(9.5)
    assert entrance.desk.report().person == entrance.grace
    entrance.pass_time(1.0)
    assert entrance.desk.report().person is None
    assert entrance.told()[0]["why"] == "nobody came"
    assert entrance.visit(ALAN) == GRANTED


def test_time_passes_while_no_frame_comes(entrance: Entrance) -> None:
    entrance.read()
    entrance.show([], STRANGER, 1)
    frames_at, entrance.now = entrance.now, entrance.now + 60
    assert entrance.desk.waiting(frames_at + 0.1, 10.0) is None


def test_of_two_at_the_door_nobody_knows_whose_it_is(entrance: Entrance) -> None:
    entrance.read()
    both = [fake_face(1, box=FACE_BOX), fake_face(2, box=BESIDE)]
    entrance.show(both, GRACE, 3)
    assert entrance.desk.report().person == entrance.grace
    assert all(visit.claim is None for visit in entrance.door.visits)


def test_who_was_let_in_and_still_stands_there_keeps_nobody_s_badge(entrance: Entrance) -> None:
    assert verdicts(entrance.stand(GRACE, track=1)) == GRANTED
    assert entrance.desk.offer(OTHER, "test").accepted
    entrance.show([fake_face(1, box=FACE_BOX), fake_face(2, box=BESIDE)], ALAN, 1)
    claims = [visit.claim and visit.claim.person for visit in entrance.door.visits]
    assert claims == [None, entrance.alan]


def test_a_passer_by_in_the_background_does_not_matter(entrance: Entrance) -> None:
    entrance.read()
    small = replace(BESIDE, w=20, h=25)
    entrance.show([fake_face(1, box=FACE_BOX), fake_face(2, box=small)], GRACE, 1)
    claims = [visit.claim and visit.claim.person for visit in entrance.door.visits]
    assert claims == [entrance.grace, None]


def test_an_unknown_badge_is_on_record_without_its_number(entrance: Entrance) -> None:
    assert not entrance.read("99887766")
    (told,) = entrance.told()
    assert told["state"] == "unknown_badge"
    assert told["badge"] == entrance.house.gallery.badge_digest("99887766").hex()[:8]
    assert "99887766" not in str(entrance.house.events())
    assert entrance.visit(ALAN) == GRANTED


def test_unknown_badges_are_looked_at_ever_less_often(entrance: Entrance) -> None:
    for number in range(1000):
        entrance.now += 0.5
        entrance.desk.offer(str(number + 1000), "test")
    # 1 + 2 + 4 + 8 + 16 + 30 ... seconds: some twenty in 500.
    assert 15 < len(entrance.told()) < 25
    entrance.now += 120
    assert entrance.desk.offer(CARD, "test").accepted


def test_a_row_of_wrong_faces_locks_that_person_out_and_a_badge_does_not_help(
    entrance: Entrance,
) -> None:
    for _ in range(2):
        entrance.read()
        assert entrance.visit(STRANGER) == MISMATCH
    entrance.read()
    assert entrance.visit(GRACE) == [(Outcome.DENIED, Reason.LOCKED_OUT)]
    assert entrance.visit(ALAN) == GRANTED


def test_a_badge_that_is_held_before_the_reader_is_read_once(entrance: Entrance) -> None:
    entrance.read()
    for _ in range(12):
        entrance.now += 0.4
        assert not entrance.desk.offer(CARD, "test").accepted
    entrance.now += 1.2
    assert entrance.desk.offer(OTHER, "test").accepted
    entrance.now += 1.2
    assert entrance.desk.offer(CARD, "test").accepted


def test_a_badge_read_too_fast_after_another_is_read_once_that_is_over(entrance: Entrance) -> None:
    entrance.read("99887766")
    entrance.now += 0.5
    assert not entrance.desk.offer(CARD, "test").accepted
    entrance.now += 0.6
    assert entrance.desk.offer(CARD, "test").accepted


def test_a_door_that_only_watches_says_so_and_keeps_no_badge(entrance: Entrance) -> None:
    acting = False
    desk = BadgesAtDoor(entrance.roster, entrance.house.audit, float, float, lambda: acting)
    for number in (CARD, "99887766"):
        told = desk.offer(number, "test")
        assert (told.accepted, "another one acts" in told.sentence) == (False, True)
    assert entrance.told() == []
    acting = True
    assert desk.waiting(0.0, 10.0) is None
    assert desk.offer(CARD, "test").accepted


@pytest.mark.parametrize("late", [False, True])
def test_a_badge_of_whoever_was_let_in_is_not_the_next_one_s(
    entrance: Entrance, late: bool
) -> None:
    """Shown twice because the door took its time, or out of habit after it had opened."""
    if not late:
        entrance.read()
        entrance.stand(GRACE, 1, frames=1)
        entrance.now += 2.5
        assert entrance.desk.offer(CARD, "test").accepted
    assert verdicts(entrance.stand(GRACE, 1)) == GRANTED
    if late:
        assert entrance.desk.offer(CARD, "test").accepted
        entrance.stand(GRACE, 1, frames=1)
    entrance.leave()
    assert entrance.visit(ALAN) == GRANTED


def test_a_face_that_is_lost_for_a_moment_hides_no_badge(store: LockoutStore) -> None:
    """Each badge that another face is shown with is on record and counts, also once the attempts
    of the visit are spent and the face seems to be another one's."""
    entrance = Entrance(store, attempts=1)
    for track in (1, 2):
        entrance.desk.offer(CARD, "test")
        assert verdicts(entrance.stand(STRANGER, track)) == MISMATCH
        entrance.stand(STRANGER, track, frames=25)
    assert len(entrance.decided()) == 2
    assert store.standing("front", entrance.grace).person.refused == 2


def test_a_badge_of_somebody_whose_rules_deny_opens_nothing(entrance: Entrance) -> None:
    entrance.house.gallery.set_rules(entrance.grace, PersonRules(valid_until=EPOCH - 1))
    entrance.pass_time(1.1)
    entrance.read()
    assert entrance.visit(GRACE) == [(Outcome.DENIED, Reason.EXPIRED)]


@pytest.mark.parametrize("removed", ["badge", "person"])
def test_what_is_taken_away_while_it_waits_counts_for_nobody(
    entrance: Entrance, removed: str
) -> None:
    entrance.read()
    gallery = entrance.house.gallery
    if removed == "badge":
        gallery.remove_badges(entrance.grace, gallery.badges())
    else:
        gallery.remove("Grace")
    entrance.pass_time(1.1)
    assert entrance.told()[0]["why"] == "it was taken away"
    assert entrance.visit(ALAN) == GRANTED


def test_a_badge_that_is_taken_away_during_its_visit_lets_nobody_in(entrance: Entrance) -> None:
    entrance.read()
    entrance.stand(GRACE, 5, frames=1)
    gallery = entrance.house.gallery
    gallery.remove_badges(entrance.grace, gallery.badges())
    entrance.roster.refresh()
    assert verdicts(entrance.stand(GRACE, 5, frames=5)) == MISMATCH
    assert entrance.house.unlock.payloads == []


def test_a_second_badge_replaces_the_first_that_nobody_used(entrance: Entrance) -> None:
    entrance.read(CARD)
    entrance.read(OTHER)
    assert entrance.told()[0]["why"] == "another badge was read"
    assert entrance.visit(ALAN) == GRANTED


def test_above_the_limit_nobody_is_known_without_a_badge() -> None:
    entrance = Entrance(identify_up_to=1)
    assert entrance.visit(GRACE) == REQUIRED
    entrance.read()
    assert entrance.visit(GRACE) == GRANTED
    # The next one in view is not let in by it.
    assert entrance.visit(GRACE) == REQUIRED


def test_whoever_stands_there_above_the_limit_is_asked_for_a_badge() -> None:
    entrance = Entrance(identify_up_to=1)
    entrance.show([fake_face(1, box=FACE_BOX)], GRACE, 3)
    (payload,) = entrance.house.speaker.payloads
    assert (payload["prompt"], payload["ask"]) == ("Show your badge.", "badge")


def test_a_wrong_face_above_the_limit_waits_for_another_badge() -> None:
    entrance = Entrance(identify_up_to=1)
    entrance.read()
    assert verdicts(entrance.stand(ALAN, 7, frames=100)) == MISMATCH
    entrance.desk.offer(OTHER, "test")
    assert verdicts(entrance.stand(ALAN, 7, frames=6)) == GRANTED


def test_a_claim_outlives_a_track_that_breaks(entrance: Entrance) -> None:
    entrance.read()
    entrance.stand(GRACE, 1, frames=2)
    assert verdicts(entrance.stand(GRACE, 2, frames=FRAMES)) == GRANTED
    assert entrance.decided()[0].data["evidence"]["naming"] == "claimed"


def test_the_rate_of_a_badge_does_not_depend_on_the_gallery(entrance: Entrance) -> None:
    entrance.read()
    entrance.stand(GRACE, 1, frames=1)
    (visit,) = entrance.door.visits
    policy = entrance.house.policy
    assert entrance.door._decider.rules(visit).max_fmr == policy.target_fmr / policy.attempts


def test_what_was_decided_by_badges_is_decided_so_again() -> None:
    entrance = Entrance(identify_up_to=1)
    entrance.visit(GRACE)
    entrance.read()
    entrance.visit(GRACE)
    entrance.read()
    entrance.visit(STRANGER)
    policy = entrance.house.policy

    def again(policy) -> list[Replayed | int]:
        events = entrance.house.audit.query()
        return list(replay(events, policy, AccessConfig(), "off", comparison_fmr))

    same = again(policy)
    assert [one.changed for one in same if isinstance(one, Replayed)] == [False] * 3
    # Whom nobody was compared with cannot be known by a policy that would have searched.
    other = again(policy.model_copy(update={"identify_up_to": 1000}))
    assert [isinstance(one, int) for one in other] == [True, False, False]


def test_the_desk_works_for_whoever_sets_a_badge(entrance: Entrance) -> None:
    ticket, other = "a" * 16, "b" * 16
    assert entrance.desk.learn(ticket) is None
    assert entrance.desk.offer("new card", "test").accepted
    assert entrance.desk.learn(ticket) == entrance.house.gallery.badge_digest("new card")
    assert entrance.told() == []
    # It is still held before the reader, and no visitor's.
    assert not entrance.desk.offer("new card", "test").accepted
    entrance.desk.learn(other)
    entrance.now += 10
    # Whoever asked has gone.
    assert entrance.desk.offer(CARD, "test").accepted
    assert entrance.desk.report().person == entrance.grace


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from([CARD, OTHER, "unknown"])),
        st.tuples(st.just("stand"), st.sampled_from([GRACE, ALAN, STRANGER])),
        st.tuples(st.just("leave"), st.none()),
        st.tuples(st.just("track"), st.none()),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 11.0])),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS, limit=st.sampled_from([1, 1000]))
def test_no_badge_makes_a_grant_of_somebody_else(steps: list, limit: int) -> None:
    """Whatever is read in whatever order: a grant is of whom the last frames show, a stranger is
    never granted, and above the limit nobody whose badge was not read in the last seconds."""
    entrance = Entrance(identify_up_to=limit)
    track, shown, read = 1, 0, {}
    for kind, value in steps:
        made: list[Decision] = []
        if kind == "read":
            entrance.read(value)
            read[value] = entrance.now
            track += 1
        elif kind == "stand":
            shown = value
            made = entrance.stand(value, track)
        elif kind == "leave":
            made = entrance.leave()
            track += 1
        elif kind == "track":
            track += 1
        else:
            entrance.pass_time(value)
            track += 1
        for decision in made:
            if decision.outcome is Outcome.GRANTED:
                who = {entrance.grace: GRACE, entrance.alan: ALAN}[decision.person]
                assert who == shown
                number = CARD if who == GRACE else OTHER
                assert limit > 2 or entrance.now - read.get(number, -99) < 10 + 1.2 * len(steps)
    granted = [e for e in entrance.decided() if e.data["decision"] == "granted"]
    for event in granted:
        kept = from_data(event.data["evidence"])
        assert (kept.evidence.naming.value == "claimed") == ("badge" in event.data)
        assert limit > 2 or "badge" in event.data
