import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box, PersonId
from accessctl.liveness.fake import FakeTexture, fake_frame
from accessctl.liveness.texture_sampling import GAP_S, TextureSampler

PICTURE = np.zeros((48, 64, 3), np.uint8)
ADA = PersonId(1)


def asked(times: list[float], person: PersonId | None = None) -> list[float]:
    """Of the frames at these times, those that got an answer."""
    sampler = TextureSampler(FakeTexture())
    frames = [sampler.sample(PICTURE, fake_frame(time, person=person)) for time in times]
    return [frame.captured for frame in frames if not math.isnan(frame.texture)]


def test_without_a_network_nobody_is_asked():
    frame = fake_frame(0.0)
    assert TextureSampler(None).sample(PICTURE, frame) is frame


def test_an_answer_comes_with_the_networks_bounds():
    scorer = FakeTexture(0.7)
    scorer.confirm, scorer.doubt = 0.8, 0.2
    frame = TextureSampler(scorer).sample(PICTURE, fake_frame(0.0, box=Box(1, 2, 80, 90)))
    assert frame.texture == 0.7
    assert frame.texture_bounds == (0.2, 0.8)
    assert scorer.boxes == [Box(1, 2, 80, 90)]


@pytest.mark.parametrize(("fps", "every"), [(3, 1), (5, 1), (7.5, 2), (10, 2), (15, 3), (30, 6)])
def test_about_five_answers_a_second(fps, every):
    times = [n / fps for n in range(61)]
    assert asked(times) == times[::every]


def test_five_frames_a_second_that_tremble_are_all_asked_about():
    times = [n / 5 + (0.01 if n % 2 else 0.0) for n in range(20)]
    assert asked(times) == times


def test_frames_that_show_nobody_do_not_take_the_turn_of_those_that_do():
    sampler = TextureSampler(FakeTexture())
    nobody = sampler.sample(PICTURE, fake_frame(0.0))
    ada = sampler.sample(PICTURE, fake_frame(0.05, person=ADA))
    again = sampler.sample(PICTURE, fake_frame(0.1, person=ADA))
    assert [math.isnan(frame.texture) for frame in (nobody, ada, again)] == [False, False, True]


def test_time_that_runs_backwards_begins_anew():
    assert asked([10.0, 3.0, 3.1, 3.2]) == [10.0, 3.0, 3.2]


def test_a_face_of_which_it_cannot_tell_costs_nothing_and_takes_no_turn():
    scorer = FakeTexture()
    sampler = TextureSampler(scorer)
    small = replace(fake_frame(0.0), box=Box(0, 0, 40, 50))
    assert sampler.sample(PICTURE, small) is small
    assert scorer.boxes == []
    assert not math.isnan(sampler.sample(PICTURE, fake_frame(0.05)).texture)


def test_what_the_network_raises_is_passed_on():
    scorer = FakeTexture()
    scorer.fault = RuntimeError("no tensor")
    with pytest.raises(RuntimeError, match="no tensor"):
        TextureSampler(scorer).sample(PICTURE, fake_frame(0.0))


# A frame is a picture, which takes a busy machine a while.
@settings(deadline=None)
@given(st.lists(st.floats(0.0, 20.0), min_size=1, max_size=60))
def test_no_two_answers_come_too_soon(times):
    found = asked(sorted(times))
    assert found[0] == min(times)
    assert all(after - before >= GAP_S for before, after in pairwise(found))
