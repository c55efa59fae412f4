import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box, Pose
from accessctl.liveness.blink import eye_aspect_ratio
from accessctl.liveness.combine import Liveness
from accessctl.liveness.fake import (
    FakeExaminer,
    FakeTexture,
    fake_frame,
    fake_result,
    speaking,
)
from accessctl.liveness.result import CueVerdict


@given(
    st.floats(0, 0.6),
    st.builds(
        Box, st.floats(-500, 500), st.floats(-500, 500), st.floats(40, 400), st.floats(40, 400)
    ),
)
def test_the_eyes_are_as_open_as_they_should_be(opening: float, box: Box) -> None:
    found = eye_aspect_ratio(fake_frame(0.0, opening=opening, box=box).landmarks)
    assert found == pytest.approx((opening, opening), abs=1e-3)


def test_a_frame_is_what_was_asked_for() -> None:
    embedding = np.array([0.6, 0.8], np.float32)
    frame = fake_frame(2.5, track=7, pose=Pose(1, 2, 3), embedding=embedding)
    assert (frame.captured, frame.track, frame.pose) == (2.5, 7, Pose(1, 2, 3))
    assert frame.embedding is embedding


def test_a_face_of_other_size_keeps_its_place_in_both_views() -> None:
    frame = fake_frame(0.0, box=Box(10, 20, 60, 80))
    middle = np.array([frame.box.centre])
    assert frame.face.from_frame(middle)[0] == pytest.approx((60, 80))
    assert 0 < frame.around.from_frame(middle).min() < frame.around.from_frame(middle).max() < 160


def test_the_examiner_says_the_strongest_of_its_words() -> None:
    veto = fake_result("edges", CueVerdict.VETO)
    confirm = fake_result("depth", CueVerdict.CONFIRM)
    assert FakeExaminer(confirm, veto).verdict.verdict is Liveness.ATTACK
    assert FakeExaminer(confirm, veto).verdict.vetoes == ("edges",)
    assert FakeExaminer(confirm).verdict.verdict is Liveness.LIVE
    assert FakeExaminer().verdict.verdict is Liveness.UNDECIDED


def test_the_examiner_may_change_its_mind_and_keeps_what_it_saw() -> None:
    fake = FakeExaminer()
    frames = [fake_frame(0.0), fake_frame(0.1)]
    assert [fake.add(frame) for frame in frames] == [True, True]
    assert fake.frames == frames
    fake.results = (fake_result("blink", CueVerdict.CONFIRM),)
    assert fake.verdict.verdict is Liveness.LIVE


def test_the_texture_scorer_says_what_it_is_told_and_keeps_where_it_looked() -> None:
    fake = FakeTexture(0.3)
    picture = np.zeros((8, 8, 3), np.uint8)
    assert fake.score(picture, Box(1, 2, 3, 4)) == 0.3
    assert fake.boxes == [Box(1, 2, 3, 4)]
    fake.fault = RuntimeError("broken")
    with pytest.raises(RuntimeError, match="broken"):
        fake.score(picture, Box(1, 2, 3, 4))


def test_who_speaks_opens_the_lips_by_a_share_of_the_width() -> None:
    closed = fake_frame(0.0).landmarks
    assert speaking(closed, 1, width=50)[13, 1] == closed[13, 1] + 3
    assert speaking(closed, 5)[14, 1] == closed[14, 1] + 6
    np.testing.assert_array_equal(speaking(closed, 2), closed)
    np.testing.assert_array_equal(speaking(closed, 1)[33], closed[33])
