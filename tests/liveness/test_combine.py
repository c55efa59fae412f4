import random

from hypothesis import given
from hypothesis import strategies as st

from accessctl.liveness.combine import Liveness, combine, examine
from accessctl.liveness.fake import fake_frame, fake_result
from accessctl.liveness.result import CueVerdict

VERDICTS = st.lists(st.sampled_from(list(CueVerdict)), max_size=8)


@given(VERDICTS, st.integers())
def test_a_veto_dominates_and_order_does_not_matter(said: list[CueVerdict], seed: int) -> None:
    results = [fake_result(str(index), verdict) for index, verdict in enumerate(said)]
    shuffled = random.Random(seed).sample(results, len(results))
    if CueVerdict.VETO in said:
        expected = Liveness.ATTACK
    elif CueVerdict.CONFIRM in said:
        expected = Liveness.LIVE
    else:
        expected = Liveness.UNDECIDED
    assert combine(results) is combine(shuffled) is expected


@given(VERDICTS)
def test_a_further_veto_always_refuses(said: list[CueVerdict]) -> None:
    results = [fake_result(str(index), verdict) for index, verdict in enumerate(said)]
    assert combine([*results, fake_result("more", CueVerdict.VETO)]) is Liveness.ATTACK


def test_nothing_at_all_confirms_nothing() -> None:
    assert examine([]).verdict is Liveness.UNDECIDED
    assert examine([fake_frame(0.0)]).verdict is Liveness.UNDECIDED


def test_a_moving_camera_leaves_one_cue_out() -> None:
    fixed = {result.cue for result in examine([fake_frame(0.0)]).results}
    moving = {result.cue for result in examine([fake_frame(0.0)], still_camera=False).results}
    assert fixed - moving == {"surroundings"}
