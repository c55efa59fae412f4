"""Visits over broken tracks, and faces that never move."""

from dataclasses import replace
from pathlib import Path

import pytest

from accessctl.clock import Uptime
from accessctl.config import LockoutConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Box, CueVerdict, Face, Frame, Match, Outcome, PersonId, Quality, Reason
from accessctl.door.demands import Wanted
from accessctl.door.fake import FACE_BOX, portrait
from accessctl.door.setup import LiveSettings
from accessctl.door.visit import MOST_STRETCHES, Visit
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.vision.fake import fake_face
from tests.door.test_attempts import ADA, EVE, GRANTED, Doorstep

NEXT = FACE_BOX
STRANGER = (Outcome.UNKNOWN, Reason.NO_MATCH)


def on(track: int, box: Box = FACE_BOX, still_s: float = 0.0) -> list[Face]:
    return [replace(fake_face(track, box=box), still_s=still_s)]


def alive() -> Doorstep:
    here = Doorstep()
    here.house.wanted = Wanted(LivenessConfig(mode="passive", patience_s=2.0))
    return here


def test_a_track_that_breaks_on_the_way_is_one_visit_and_one_attempt() -> None:
    here = alive()
    assert here.stand(ADA, 0.6, faces=on(1)) == []
    here.house.cues.says = CueVerdict.CONFIRM
    assert here.stand(ADA, 3.0, faces=on(2, NEXT)) == [GRANTED]
    (event,) = [e for e in here.house.events() if "evidence" in e.data]
    assert (event.data["visit"], event.data["attempt"]) == ("visit-1", 1)


def test_what_one_track_showed_does_not_count_for_the_next() -> None:
    here = alive()
    here.house.cues.says = CueVerdict.CONFIRM
    here.stand(ADA, 0.2, faces=on(1))
    here.house.cues.says = CueVerdict.UNDECIDED
    assert GRANTED not in here.stand(ADA, 1.5, faces=on(2, NEXT))


@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_who_was_let_in_is_not_let_in_again_on_another_track(gap: float) -> None:
    here = Doorstep(cooldown_s=2.0)
    assert here.stand(ADA, 0.5, faces=on(1)) == [GRANTED]
    here.stand(ADA, gap, faces=())
    assert here.stand(ADA, 20.0, faces=on(2, NEXT)) == []
    assert len(here.house.unlock.payloads) == 1


def test_the_next_one_in_the_queue_is_not_who_went_in() -> None:
    here = Doorstep()
    here.house.enrol("Eve", EVE)
    assert here.stand(ADA, 0.5, faces=on(1)) == [GRANTED]
    assert here.stand(EVE, 1.0, faces=on(2, NEXT)) == [GRANTED]


def test_an_attack_stays_refused_on_another_track() -> None:
    here = alive()
    here.house.cues.says = CueVerdict.VETO
    assert here.stand(ADA, 3.0, faces=on(1)) == [(Outcome.DENIED, Reason.NOT_LIVE)]
    here.house.cues.says = CueVerdict.CONFIRM
    assert here.stand(ADA, 10.0, faces=on(2, NEXT)) == []


def test_who_stays_refused_on_another_track_is_not_shown_as_let_in() -> None:
    here = alive()
    here.house.cues.says = CueVerdict.VETO
    here.stand(ADA, 3.0, faces=on(1))
    here.house.cues.says = CueVerdict.CONFIRM
    here.stand(ADA, 2.0, faces=on(2, NEXT))
    here.house.observer.faces = on(2, NEXT)
    step = here.door.step(Frame(portrait(ADA), here.now, 0))
    (view,) = step.faces
    assert view.verdict is not None
    assert (view.verdict.outcome, view.verdict.reason) == (Outcome.DENIED, Reason.NOT_LIVE)


def test_a_track_that_breaks_for_ever_keeps_one_visit_before_this_one() -> None:
    """A portrait that flickers for months must not fill the memory."""
    here = alive()
    here.house.cues.says = CueVerdict.VETO
    for track in range(1, 5):
        here.stand(ADA, 1.0, faces=on(track))
    visit = here.door.visits[-1]
    assert visit.after is not None
    assert visit.after.after is None


def test_no_track_is_broken_to_get_an_easier_challenge(tmp_path: Path) -> None:
    """Each challenge that was asked and not answered is on record and counts."""
    here = Doorstep()
    here.house.wanted = Wanted(LivenessConfig(mode="challenge", action_s=20, challenge_s=60))
    with LockoutStore(tmp_path / "lockout.sqlite") as store:
        here.keeper = LockoutKeeper(store, "front", LockoutConfig(), lambda: Uptime("boot", 0.0))
        made = []
        for track in range(1, 5):
            made += here.stand(ADA, 5.0, faces=on(track))
        made += here.stand(ADA, 2.0, faces=())
        assert made == [(Outcome.DENIED, Reason.LIVENESS_UNDECIDED)] * 4
        assert store.read("front").refused == 4


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (CueVerdict.VETO, Reason.NOT_LIVE),
        (CueVerdict.DOUBT, Reason.LIVENESS_UNDECIDED),
    ],
)
def test_no_suspicion_is_shed_by_another_track(said: CueVerdict, told: Reason) -> None:
    here = alive()
    here.house.cues.cue, here.house.cues.says = "texture", said
    # Of two faces no one is decided on until it is alone.
    here.house.policy = here.house.policy.model_copy(update={"several_faces": "nearest"})
    wide = on(9, Box(20, 20, 90, 90))
    here.stand(ADA, 1.0, faces=[*on(1), *wide])
    here.house.cues.cue, here.house.cues.says = "rigidity", CueVerdict.CONFIRM
    here.stand(ADA, 4.0, faces=on(2))
    (first,) = [e.data for e in here.house.events() if e.data.get("visit") == "visit-1"]
    assert (first["decision"], first["reason"]) == ("denied", told)


def test_a_broken_track_gives_no_more_attempts() -> None:
    here = Doorstep()
    made = []
    for track in range(1, 10):
        made += here.stand(EVE, 1.0, faces=on(track))
    assert len({e.data["visit"] for e in here.house.events()}) < 9
    assert made.count(STRANGER) <= 6


def test_faces_that_could_be_each_others_are_new_visits() -> None:
    here = Doorstep()
    left, right = Box(10, 20, 50, 60), Box(50, 20, 50, 60)
    here.stand(EVE, 0.2, faces=[*on(1, left), *on(2, right)])
    here.stand(EVE, 0.2, faces=[*on(3, left), *on(4, right)])
    assert {visit.id for visit in here.door.visits} == {f"visit-{n}" for n in (1, 2, 3, 4)}


def test_a_face_elsewhere_is_a_new_visit() -> None:
    here = Doorstep()
    here.stand(EVE, 0.2, faces=on(1, Box(0, 0, 20, 24)))
    here.stand(EVE, 0.1, faces=on(2, Box(80, 80, 20, 24)))
    assert len(here.door.visits) == 2


def test_scenery_is_looked_at_once_and_noted_once(tmp_path: Path) -> None:
    here = Doorstep()
    with LockoutStore(tmp_path / "lockout.sqlite") as store:
        here.keeper = LockoutKeeper(store, "front", LockoutConfig(), lambda: Uptime("boot", 0.0))
        assert here.stand(EVE, 0.5, faces=on(1)) == [STRANGER]
        assert here.stand(EVE, 30.0, faces=on(1, still_s=61.0)) == []
        here.stand(EVE, 3.0, faces=())
        # Somebody walked past: another track, the same place.
        assert here.stand(EVE, 30.0, faces=on(2, still_s=90.0)) == []
        assert store.read("front").refused == LockoutConfig().stranger_weight
    states = [e.data.get("state") for e in here.house.events()]
    assert states.count("scenery") == 1


def test_any_movement_ends_that() -> None:
    here = Doorstep()
    here.stand(EVE, 0.5, faces=on(1))
    here.stand(EVE, 5.0, faces=on(1, still_s=61.0))
    assert here.stand(ADA, 1.0, faces=on(1)) == [GRANTED]


def test_a_face_that_was_never_looked_at_is_no_scenery_yet() -> None:
    here = alive()
    here.house.wanted = Wanted(LivenessConfig(mode="off"))
    dark = [replace(fake_face(1, box=FACE_BOX), still_s=0.0)]
    here.stand(ADA, 0.1, faces=dark)
    assert here.stand(ADA, 1.0, faces=on(1, still_s=61.0)) == [GRANTED]


def test_a_portrait_beside_the_door_is_no_company() -> None:
    here = Doorstep(several_faces="refuse")
    portrait = on(9, Box(70, 20, 50, 60))
    here.stand(EVE, 6.0, faces=portrait)
    hung = on(9, Box(70, 20, 50, 60), still_s=70.0)
    here.stand(EVE, 0.1, faces=hung)
    assert here.stand(ADA, 1.0, faces=[*on(1), *hung]) == [GRANTED]


UNDECIDED = (Outcome.DENIED, Reason.LIVENESS_UNDECIDED)


@pytest.mark.parametrize("last", [0.1, 0.2])
@pytest.mark.parametrize("broken_by", ["track", "fault"])
def test_a_track_that_breaks_at_the_last_moment_hides_no_attempt(
    tmp_path: Path, last: float, broken_by: str
) -> None:
    """However the photograph is taken away, what it showed is on record and counts."""
    here = Doorstep()
    here.house.wanted = Wanted(LivenessConfig(mode="passive"))
    with LockoutStore(tmp_path / "lockout.sqlite") as store:
        here.keeper = LockoutKeeper(store, "front", LockoutConfig(), lambda: Uptime("boot", 0.0))
        made = []
        for showing in range(3):
            here.stand(ADA, 4.0, faces=on(2 * showing))
            if broken_by == "fault":
                here.door.drop_frame(here.now + 1.0)
                made += here.stand(ADA, last, faces=on(2 * showing))
            else:
                made += here.stand(ADA, last, faces=on(2 * showing + 1))
            made += here.stand(ADA, 2.0, faces=())
        assert made == [UNDECIDED] * 3
        assert store.standing("front", here.ada).person.refused == 3
    told = [(e.data["visit"], e.data["attempt"]) for e in here.house.events()]
    assert told == [("visit-1", 1), ("visit-2", 1), ("visit-3", 1)]


def test_what_was_broken_off_never_lets_anybody_in() -> None:
    """She was alive, known and alone; but the frames of one track never speak for the next."""
    here = Doorstep()
    here.stand(ADA, 0.2, faces=on(1))
    made = here.stand(ADA, 0.1, faces=on(2))
    made += here.stand(ADA, 2.0, faces=())
    assert made == [(Outcome.UNKNOWN, Reason.LEFT_EARLY)]
    assert here.house.unlock.payloads == []


def test_by_rules_that_do_not_hold_any_more_nothing_is_decided() -> None:
    here = alive()
    here.stand(ADA, 1.0, faces=on(1))
    policy = here.house.policy
    here.door.take_over(LiveSettings(policy, here.door.gate))
    made = here.stand(ADA, 0.1, faces=on(1))
    assert made + here.stand(ADA, 2.0, faces=()) == []


def test_another_face_does_not_hide_whose_photograph_was_shown_before_it() -> None:
    here = alive()
    here.stand(ADA, 1.5, faces=on(1))
    made = here.stand(EVE, 0.6, faces=on(2))
    assert made == [STRANGER]
    assert here.stand(EVE, 2.0, faces=()) == [UNDECIDED]
    told = [(e.data["visit"], e.data["attempt"], e.person) for e in here.house.events()]
    assert told == [("visit-1", 1, None), ("visit-1", 2, here.ada)]


def test_who_is_decided_on_was_broken_off_for_nothing() -> None:
    here = alive()
    here.stand(ADA, 1.5, faces=on(1))
    here.house.cues.says = CueVerdict.CONFIRM
    assert here.stand(ADA, 2.0, faces=on(2)) == [GRANTED]
    assert here.stand(ADA, 2.0, faces=()) == []


def test_of_each_person_one_stretch_is_kept_and_of_few_people() -> None:
    visit = Visit("v", 0.0)
    for turn in range(50):
        person = PersonId(f"person {turn % 9}")
        match = Match(person, 0.9, 5.0, 2.0, 1e-5, 1e-5)
        visit = replace(visit, pooled=match, seen=turn % 7).on_another_track()
    assert len(visit.broken_off) == MOST_STRETCHES
    assert len({one.best_match for one in visit.broken_off}) == MOST_STRETCHES
    assert all(one.broken_off == () for one in visit.broken_off)


BLURRED, SMALL, TURNED = "too blurred", "face too small", "turned too far to the side"


@pytest.mark.parametrize("mode", ["refuse", "nearest"])
@pytest.mark.parametrize("reason", [BLURRED, SMALL, TURNED, "upside down"])
def test_a_picture_of_which_nothing_can_be_made_is_scenery_too(mode: str, reason: str) -> None:
    """A poster that is never fit to be looked at, wider than the visitor's face."""
    here = Doorstep(several_faces=mode)
    put_up = fake_face(9, box=Box(70, 20, 70, 80), quality=Quality(0.2, (reason,)))
    assert here.stand(ADA, 0.1, faces=[put_up]) == []
    poster = replace(put_up, still_s=70.0)
    assert here.stand(ADA, 1.0, faces=[*on(1), poster]) == [GRANTED]
    here.house.observer.faces = [poster]
    assert here.door.step(Frame(portrait(ADA), here.now, 0)).scenery == 1
    states = [e.data.get("state") for e in here.house.events()]
    assert states.count("scenery") == 1


def test_one_that_is_hardly_ever_usable_is_scenery_after_a_minute() -> None:
    here = Doorstep(several_faces="refuse")
    poster = replace(fake_face(9, box=Box(70, 20, 70, 80)), still_s=0.0)
    here.stand(ADA, 0.1, faces=[poster])
    here.now = 61.0
    hung = replace(poster, still_s=61.0, quality=Quality(0.2, (BLURRED,)))
    here.door.step(Frame(portrait(ADA), 60.5, 0))
    assert here.stand(ADA, 1.0, faces=[*on(1), hung]) == [GRANTED]


def test_a_face_without_a_usable_frame_that_moves_is_a_visitor_again() -> None:
    here = Doorstep(several_faces="refuse")
    back = replace(fake_face(9, box=Box(70, 20, 70, 80), quality=Quality(0.2, (TURNED,))))
    here.stand(ADA, 0.1, faces=[replace(back, still_s=70.0)])
    made = here.stand(ADA, 1.0, faces=[*on(1), back])
    assert made == [(Outcome.DENIED, Reason.TWO_FACES)]
