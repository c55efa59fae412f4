import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.evaluation.liveness import CueCount, apcer, bpcer, cue_counts, rate
from accessctl.evaluation.presentation import Presentation
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import Liveness

VETO, CONFIRM = CueVerdict.VETO, CueVerdict.CONFIRM


def counted(species: str, cue: str, **said: int) -> CueCount:
    return CueCount(species, cue, dict.fromkeys(CueVerdict, 0) | said)


def seen(accepted: bool, **cues: CueVerdict) -> Presentation:
    return Presentation("a.mp4", 1, 2.0, accepted, Liveness.UNDECIDED, cues)


def test_attacks_that_pass_are_errors() -> None:
    found = apcer([seen(True), seen(False), seen(False), seen(False)])
    assert (found.errors, found.trials, found.value) == (1, 4, 0.25)


def test_people_who_do_not_pass_are_errors() -> None:
    found = bpcer([seen(True), seen(False), seen(False), seen(False)])
    assert (found.errors, found.trials, found.value) == (3, 4, 0.75)


def test_an_attack_that_passed_for_a_moment_has_passed() -> None:
    for_a_moment = Presentation("a.mp4", 1, 2.0, True, Liveness.ATTACK, {})
    assert apcer([for_a_moment]).errors == 1


def test_the_interval_of_no_error_in_two() -> None:
    # With no error in n the upper bound is 1 - 0.025 ** (1 / n).
    found = rate(0, 2)
    assert found.low == 0
    assert found.high == pytest.approx(1 - 0.025**0.5)


def test_the_interval_of_one_error_in_two() -> None:
    # P(at least 1 of 2) = 1 - (1 - p)^2 = 0.025 and P(at most 1 of 2) = 1 - p^2 = 0.025.
    found = rate(1, 2)
    assert found.low == pytest.approx(1 - 0.975**0.5)
    assert found.high == pytest.approx(0.975**0.5)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_the_two_rates_are_each_others_rest(accepted: list[bool]) -> None:
    presentations = [seen(one) for one in accepted]
    passed, refused = apcer(presentations), bpcer(presentations)
    assert passed.errors + refused.errors == len(accepted)
    assert passed.low <= passed.value <= passed.high
    assert passed.low == pytest.approx(1 - refused.high)


@pytest.mark.parametrize(("errors", "trials"), [(0, 0), (3, 2), (-1, 2)])
def test_what_is_no_rate(errors: int, trials: int) -> None:
    with pytest.raises(ValueError, match="trials"):
        rate(errors, trials)
    with pytest.raises(ValueError, match="0 trials"):
        apcer([])


def test_every_cue_is_counted_by_species() -> None:
    found = {
        "print": [seen(False, edges=VETO, depth=CONFIRM), seen(False, edges=VETO, depth=VETO)],
        "live": [seen(True, edges=CueVerdict.DOUBT, depth=CueVerdict.CLEAR)],
    }
    assert cue_counts(found) == [
        counted("print", "edges", veto=2),
        counted("print", "depth", veto=1, confirm=1),
        counted("live", "edges", doubt=1),
        counted("live", "depth", clear=1),
    ]


def test_a_cue_that_was_not_heard_is_undecided() -> None:
    found = cue_counts({"print": [seen(False), seen(False, blink=CONFIRM)], "mask": []})
    assert found == [counted("print", "blink", confirm=1, undecided=1)]
