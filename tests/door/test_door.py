from accessctl.domain import Box, EventKind, Frame, Outcome, Quality, Reason
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions, portrait
from accessctl.errors import StoreError
from accessctl.vision.fake import fake_face

ADA, EVE = 1, 2


def seen(track: int = 1, *reasons: str) -> list:
    return [fake_face(track, box=FACE_BOX, quality=Quality(0.8, reasons))]


def house_with_ada() -> FakeHouse:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    return house


def test_grants_an_enrolled_person_once_and_unlocks_once() -> None:
    house = house_with_ada()
    steps = house.play(house.door(), [(ADA, seen())] * 10)
    assert [(d.outcome, d.reason) for d in decisions(steps)] == [(Outcome.GRANTED, Reason.MATCHED)]
    assert [len(step.decisions) for step in steps][:3] == [0, 0, 1]
    assert len(house.unlock.payloads) == 1
    assert house.unlock.payloads[0]["person"] == "Ada"


def test_a_stranger_is_unknown_and_nothing_opens() -> None:
    house = house_with_ada()
    made = decisions(house.play(house.door(), [(EVE, seen())] * 10))
    assert [(d.outcome, d.reason) for d in made] == [(Outcome.UNKNOWN, Reason.NO_MATCH)]
    assert made[0].person is None
    assert house.unlock.payloads == []


def test_the_decision_carries_its_evidence() -> None:
    house = house_with_ada()
    ada = house.gallery.person("Ada").id
    (made,) = decisions(house.play(house.door(), [(ADA, seen())] * 3))
    assert made.person == ada
    assert made.frames == 3
    assert made.match is not None
    assert made.match.similarity > 0.999
    # First usable frame at 0.0 s, the deciding one at 0.2 s, plus some processing.
    assert 200 <= made.latency_ms < 5000


def test_unusable_frames_are_no_evidence() -> None:
    house = house_with_ada()
    made = decisions(house.play(house.door(), [(ADA, seen(1, "too blurred"))] * 10))
    assert made == []


def test_how_the_visitor_was_seen_is_on_record() -> None:
    house = house_with_ada()
    door = house.door()
    looks = [(("too dark",), 0.9), ((), 0.2), ((), 0.0), ((), 0.1)]
    for at, (reasons, age_s) in enumerate(looks):
        house.observer.faces = seen(1, *reasons)
        door.step(Frame(portrait(ADA), at / 10, at, age_s))
    (decided,) = [one for one in house.events() if one.kind is EventKind.DECISION]
    # Frames that are not usable count as well.
    light = round(portrait(ADA)[::8, ::8].mean() / 255, 2)
    assert decided.data["viewing"] == {"light": light, "badly_lit": 0.25, "oldest_s": 0.9}


def test_everything_is_on_record_without_names() -> None:
    house = house_with_ada()
    house.play(house.door(), [(ADA, seen())] * 4)
    kinds = [event.kind for event in house.events()]
    assert kinds == [EventKind.DECISION, EventKind.ACTION]
    assert "Ada" not in repr(house.events())


def test_without_a_record_nothing_opens() -> None:
    house = house_with_ada()
    house.audit.full = True
    made = decisions(house.play(house.door(), [(ADA, seen())] * 6))
    assert [(d.outcome, d.reason) for d in made] == [(Outcome.DENIED, Reason.NO_RECORD)]
    assert house.unlock.payloads == []


def test_a_refused_action_is_on_record() -> None:
    house = house_with_ada()
    house.runner.full = True
    house.play(house.door(), [(ADA, seen())] * 3)
    action = house.events()[-2]
    assert action.kind is EventKind.ACTION
    assert action.data["ok"] is False


def test_a_second_visit_that_leaves_within_the_cooldown_is_denied() -> None:
    house = house_with_ada()
    door = house.door()
    first = decisions(house.play(door, [(ADA, seen(1))] * 3))
    second = decisions(house.play(door, [(ADA, seen(2))] * 3 + [(ADA, [])] * 12, start=1.0))
    third = decisions(house.play(door, [(ADA, seen(3))] * 3, start=6.0))
    assert [d.reason for d in first + second + third] == [
        Reason.MATCHED,
        Reason.COOLDOWN,
        Reason.MATCHED,
    ]
    assert len(house.unlock.payloads) == 2


def test_a_stranger_who_stays_is_refused_so_often_as_a_visit_has_attempts() -> None:
    house = house_with_ada()
    made = decisions(house.play(house.door(), [(EVE, seen())] * 200))
    assert [d.reason for d in made] == [Reason.NO_MATCH] * house.policy.attempts


def test_a_visitor_who_leaves_early_is_decided_when_gone() -> None:
    house = house_with_ada()
    steps = house.play(house.door(), [(ADA, seen())] * 2 + [(ADA, [])] * 12)
    made = [
        (index, d.outcome, d.reason) for index, step in enumerate(steps) for d in step.decisions
    ]
    # Last seen in frame 1 (0.1 s); gone once more than 1 s has passed: frame 12 (1.2 s).
    assert made == [(12, Outcome.UNKNOWN, Reason.LEFT_EARLY)]


def test_closing_decides_the_visits_that_are_open() -> None:
    house = house_with_ada()
    door = house.door()
    house.play(door, [(ADA, seen())] * 2)
    assert [d.reason for d in door.close(0.1)] == [Reason.LEFT_EARLY]
    assert list(door.close(0.1)) == []


def test_a_swap_within_one_track_is_not_granted() -> None:
    house = house_with_ada()
    house.enrol("Eve", EVE)
    scenes = [(EVE, seen()), (EVE, seen())] + [(ADA, seen())] * 8
    made = decisions(house.play(house.door(), scenes))
    assert made[0].outcome is Outcome.UNKNOWN
    assert house.unlock.payloads == []


def test_two_faces_are_two_visits() -> None:
    house = house_with_ada()
    nowhere = fake_face(2, box=Box(60, 40, 40, 50))
    steps = house.play(house.door(), [(ADA, [*seen(1), nowhere])] * 8)
    outcomes = {d.visit: d.outcome for d in decisions(steps)}
    assert outcomes == {"visit-1": Outcome.GRANTED, "visit-2": Outcome.UNKNOWN}


def test_somebody_removed_meanwhile_is_not_let_in() -> None:
    house = house_with_ada()
    door = house.door()
    house.play(door, [(ADA, [])])
    house.gallery.remove("Ada")
    made = decisions(house.play(door, [(ADA, seen())] * 6, start=2.0))
    assert [(d.outcome, d.reason) for d in made] == [(Outcome.UNKNOWN, Reason.EMPTY_GALLERY)]


def test_somebody_enrolled_meanwhile_is_let_in() -> None:
    house = house_with_ada()
    door = house.door()
    house.play(door, [(EVE, [])])
    house.enrol("Eve", EVE)
    made = decisions(house.play(door, [(EVE, seen())] * 3, start=2.0))
    assert [d.outcome for d in made] == [Outcome.GRANTED]


def test_a_gallery_that_is_away_leaves_the_last_copy_in_use() -> None:
    house = house_with_ada()
    door = house.door()
    house.gallery.fault = StoreError("locked")
    made = decisions(house.play(door, [(ADA, seen())] * 3, start=5.0))
    assert [d.outcome for d in made] == [Outcome.GRANTED]


def test_views_tell_a_spectator_who_it_looks_like() -> None:
    house = house_with_ada()
    steps = house.play(house.door(), [(ADA, seen())] * 3)
    first, last = steps[0].faces[0], steps[-1].faces[0]
    assert first.verdict is None
    assert first.match is not None
    assert last.verdict is not None
    assert last.verdict.outcome is Outcome.GRANTED
    assert {"search", "track", "landmarks", "encode", "match", "decide", "frame"} <= set(
        steps[-1].timings
    )
