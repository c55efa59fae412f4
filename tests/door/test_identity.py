"""Which frames of a visit are encoded, and that nobody is let in on others."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config import PolicyConfig, VisionConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.demo.people import COLLINS, HOPPER, collins, cutouts, hopper
from accessctl.demo.scene import empty_room, place
from accessctl.demo.script import Stance
from accessctl.domain import Embedding, Face, Frame, Image, Outcome
from accessctl.door.demands import Wanted
from accessctl.door.door import Door
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions, portrait
from accessctl.door.identity import FEWEST, Identifier
from accessctl.door.visit import Step, Visit
from accessctl.encoder.base import FakeEncoder
from accessctl.liveness.evidence import CueVerdict
from accessctl.policy.decide import DecisionRules, Standing, standing
from accessctl.recognition.recogniser import Recogniser
from accessctl.vision.fake import fake_face
from accessctl.vision.observer import Observer

REPOSITORY = Path(__file__).parents[2]
FPS = 15
NOBODY_YET = PolicyConfig(min_frames=3, unknown_after_frames=600, unknown_after_s=60)


class CountingEncoder(FakeEncoder):
    def __init__(self) -> None:
        super().__init__()
        self.crops: list[Image] = []

    def embed(self, crops: Image) -> Embedding:
        self.crops.extend(crops)
        return super().embed(crops)


class Watched:
    """A door whose encoder is counted; everybody in `enrolled` may enter."""

    def __init__(self, policy: PolicyConfig = NOBODY_YET, enrolled: Sequence[int] = (1,)) -> None:
        self.house = FakeHouse(recogniser=Recogniser(CountingEncoder()), policy=policy)
        for person in enrolled:
            self.house.enrol(f"person {person}", person)
        self.door: Door = self.house.door()
        self.frames, self.fps = 0, FPS

    @property
    def encoded(self) -> int:
        encoder = self.house.recogniser._encoder
        assert isinstance(encoder, CountingEncoder)
        return len(encoder.crops)

    @property
    def visit(self) -> Visit:
        (visit,) = self.door.visits
        return visit

    def wait_for_life(self) -> None:
        """From now on, a door where nobody is let in whom no cue has found alive; none does."""
        self.house.wanted = Wanted(LivenessConfig(mode="passive", window_s=2.0, every_s=0.2))
        self.door = self.house.door()

    def show(self, picture: Image, face: Face | None = None) -> tuple[Step, int]:
        """One more frame, and how many faces were encoded for it."""
        before = self.encoded
        self.house.observer.faces = [face or fake_face(box=FACE_BOX)]
        step = self.door.step(Frame(picture, self.frames / self.fps, self.frames))
        self.frames += 1
        return step, self.encoded - before


def stranger_at(door: Watched, frames: int) -> list[int]:
    return [door.show(portrait(9))[1] for _ in range(frames)]


def test_the_first_frames_of_a_visit_are_all_encoded() -> None:
    assert stranger_at(Watched(), FEWEST) == [1] * FEWEST


def test_then_a_face_that_stands_still_is_encoded_in_every_fourth_frame() -> None:
    # 3 / 15 s is within LONGEST_S, 4 / 15 s is not.
    assert stranger_at(Watched(), FEWEST + 12) == [1] * FEWEST + [0, 0, 0, 1] * 3


def test_as_many_as_a_grant_asks_for_are_kept_in_the_window() -> None:
    strict = NOBODY_YET.model_copy(update={"min_frames": 12})
    door = Watched(strict)
    assert stranger_at(door, 12) == [1] * 12
    for _ in range(200):
        door.show(portrait(9))
        newest = door.visit.sightings[-1].captured
        counting = [one for one in door.visit.sightings if newest - one.captured <= 3.0]
        assert len(counting) >= 12


def test_every_usable_frame_counts_as_seen_and_only_encoded_ones_as_evidence() -> None:
    door = Watched()
    stranger_at(door, FEWEST + 3)
    evidence = door.visit.evidence()
    assert (evidence.seen, len(evidence.sightings)) == (FEWEST + 3, FEWEST)


def test_sides_take_turns_by_the_frames_that_were_encoded() -> None:
    door = Watched()
    stranger_at(door, FEWEST + 8)
    assert door.visit.encoded == FEWEST + 2


@given(
    st.lists(st.sampled_from([1, 2, 9]), min_size=1, max_size=40),
    st.integers(0, 2**16),
)
@settings(max_examples=30, deadline=None)
def test_wherever_faces_are_swapped_the_very_frame_is_encoded(cast: list[int], seed: int) -> None:
    """Whoever else comes into view on the same track is told in their first frame: as it was when
    every frame was encoded."""
    door = Watched(enrolled=(1, 2))
    # Nothing is decided, because nobody is found alive.
    door.wait_for_life()
    rng = np.random.default_rng(seed)
    before = None
    for person in cast:
        noise = rng.normal(0, 4, (120, 120, 3))
        picture = np.clip(portrait(person) + noise, 0, 255).astype(np.uint8)
        step, encoded = door.show(picture)
        assert not decisions([step])
        if person != before:
            assert encoded == 1
        before = person


@given(st.lists(st.sampled_from([1, 2, 9]), min_size=1, max_size=60))
@settings(max_examples=30, deadline=None)
def test_nobody_is_granted_on_a_frame_that_was_not_encoded(cast: list[int]) -> None:
    policy = PolicyConfig(min_frames=3, unknown_after_frames=8, unknown_after_s=0.2, cooldown_s=1.0)
    door = Watched(policy, enrolled=(1, 2))
    rules = DecisionRules.of(policy, door.house.roster().max_fmr)
    for person in cast:
        step, encoded = door.show(portrait(person))
        for one in decisions([step]):
            if one.outcome is Outcome.GRANTED:
                assert encoded == 1
                visit, pooled = door.visit, door.visit.pooled
                assert pooled is not None
                assert visit.sightings[-1].captured == (door.frames - 1) / FPS
                words = [standing(s, pooled, rules.frame_fmr) for s in visit.sightings]
                assert words.count(Standing.AGREES) >= policy.min_frames
                assert Standing.CONFLICTS not in words
                assert len({s.captured for s in visit.sightings}) == len(visit.sightings)


def test_a_visitor_whose_life_is_shown_while_frames_repeat_is_let_in_on_an_encoded_one() -> None:
    """Life is found late, in a frame that repeats the one before: the encoder sees it first."""
    door = Watched()
    door.wait_for_life()
    for _ in range(14):
        assert not decisions([door.show(portrait(1))[0]])
    assert door.encoded < 14 + 1
    door.house.cues.says = CueVerdict.CONFIRM
    granted = []
    for _ in range(8):
        step, encoded = door.show(portrait(1))
        granted += [(one.outcome, encoded) for one in decisions([step])]
    assert granted == [(Outcome.GRANTED, 1)]


def test_of_a_fast_camera_those_frames_are_encoded_that_the_cues_take() -> None:
    door = Watched()
    door.wait_for_life()
    door.fps = 30
    # No frame is like the one before it, and the cues take every second one.
    encoded = [door.show(portrait(2 + n % 7))[1] for n in range(FEWEST + 20)]
    assert encoded[:FEWEST] == [1] * FEWEST
    assert encoded[FEWEST:] in ([0, 1] * 10, [1, 0] * 10)
    life, newest = door.visit.life, door.visit.sightings[-1].captured
    assert life.passes_over(newest + 1 / 30)
    assert not life.passes_over(newest + 2 / 30)


def test_a_frame_that_repeats_another_shows_life_for_the_same_person() -> None:
    door = Watched()
    door.wait_for_life()
    for _ in range(16):
        door.show(portrait(1))
    frames = door.house.cues.looks[-1].frames
    assert len({frame.person for frame in frames}) == 1
    assert frames[-1].person is not None
    assert any(frame.embedding is None for frame in frames)
    assert any(frame.embedding is not None for frame in frames)


def test_life_is_not_lent_by_another_face_between_two_frames() -> None:
    """The stranger's frame between two of the enrolled person's is nobody's, or the stranger's."""
    door = Watched()
    door.wait_for_life()
    for number in range(18):
        door.show(portrait(9 if number % 3 == 2 else 1))
    shown = [frame.person for frame in door.house.cues.looks[-1].frames]
    enrolled = door.visit.sightings[0].match
    assert enrolled is not None
    for frame, person in zip(door.house.cues.looks[-1].frames, shown, strict=True):
        number = round(frame.captured * FPS)
        assert (person == enrolled.person) == (number % 3 != 2)


def test_several_faces_of_one_frame_are_told_apart() -> None:
    """Of two faces in view one stands still and one is another person in each frame."""
    door = Watched()
    left, right = fake_face(box=FACE_BOX, track=1), fake_face(box=FACE_BOX, track=2)
    identifier = Identifier(door.house.recogniser, door.house.roster(), NOBODY_YET, lambda _: True)
    visits = {1: Visit("a", 0.0), 2: Visit("b", 0.0)}
    for number in range(FEWEST + 1):
        frame = Frame(portrait(1), number / FPS, number)
        found = identifier.identify(frame, [left], visits, {})
        moving = Frame(portrait(20 + number), number / FPS, number)
        found |= identifier.identify(moving, [right], visits, {})
        visits = {track: one.visit for track, one in found.items()}
    assert found[1].shown.repeated
    assert not found[2].shown.repeated
    assert found[1].shown.embedding is None
    assert found[2].shown.embedding is not None


@pytest.mark.parametrize("size", [60, 120, 240])
def test_a_face_that_comes_nearer_and_is_the_same_is_no_other(size: int) -> None:
    door = Watched()
    stranger_at(door, FEWEST)
    picture = cv2.resize(portrait(9), (size, size))
    scale = size / 120
    box = type(FACE_BOX)(*(scale * side for side in (20, 20, 60, 70)))
    assert door.show(picture, fake_face(box=box))[1] == 0


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_in_a_film_of_two_people_swapped_in_place_no_swap_goes_by(every: int) -> None:
    """Two portraits of the demo, found by the real networks, take turns on one track."""
    observer = Observer(VisionConfig(models=REPOSITORY / "models" / "cache" / "mediapipe"))
    room, film = empty_room(0), []
    for photo, figure in ((hopper(), HOPPER), (collins(), COLLINS)):
        cutout, poses = cutouts(photo, figure), []
        for number in range(4):
            picture = room.copy()
            place(picture, cutout, Stance(160, 640 + 2 * number, 330, yaw=number))
            (face,) = observer.still(picture)
            poses.append((picture, replace(face, track=1)))
        film.append(poses)
    observer.close()
    door = Watched()
    door.wait_for_life()
    swaps = 0
    for number in range(42):
        who = number // every % 2
        picture, face = film[who][number % 4]
        _, encoded = door.show(picture, face)
        if number % every == 0:
            swaps += 1
            assert encoded == 1
    assert swaps == -(-42 // every)
    # Where the faces stay for a while, some frames repeat the ones before.
    assert every < 7 or door.encoded < 42


def test_the_times_of_both_stages_are_told_though_nobody_is_in_view() -> None:
    door = Watched()
    door.house.observer.faces = []
    step = door.door.step(Frame(portrait(1), 0.0, 0))
    assert (step.timings["encode"], step.timings["match"]) == (0.0, 0.0)
