"""What the presentations of a self-test add up to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.evaluation.selftest import Presented, Result, tally, worst

A, R, N = Result.ACCEPTED, Result.REFUSED, Result.NO_FACE


def presented(**species: list[Result]) -> list[Presented]:
    return [
        Presented(name, number, result)
        for name, results in species.items()
        for number, result in enumerate(results, start=1)
    ]


def test_errors_are_refused_people_and_accepted_attacks() -> None:
    live, prints, phone = tally(presented(live=[A, R, A], print=[R, A, N], phone=[N, N]))
    assert (live.name, live.rate.errors, live.rate.trials, live.no_face) == ("BPCER", 1, 3, 0)
    assert (prints.name, prints.rate.errors, prints.rate.trials) == ("APCER", 1, 2)
    # One of two: 1 - 0.975 ** 0.5 to 0.975 ** 0.5.
    assert prints.rate.low == pytest.approx(1 - 0.975**0.5)
    assert prints.rate.high == pytest.approx(0.975**0.5)
    assert (phone.rate, phone.no_face) == (None, 2)


def test_the_worst_species_is_named() -> None:
    found = tally(presented(live=[R, R], print=[R, R], phone=[A, R], mask=[A, R, A, R], tablet=[N]))
    # Two attacks of four and one of two: the fewer leave the higher rate possible.
    assert worst(found).species == "phone"


def test_where_none_passes_the_least_tried_is_worst() -> None:
    assert worst(tally(presented(print=[R] * 5, phone=[R] * 2))).species == "phone"


def test_without_an_answered_attack_none_is_worst() -> None:
    assert worst(tally(presented(live=[A], print=[N]))) is None
    assert worst([]) is None


def test_what_is_kept_of_a_species() -> None:
    prints, phone = tally(presented(print=[R, N], phone=[N]))
    kept = prints.content()
    assert kept.pop("high") == pytest.approx(0.975)
    assert kept == {
        "species": "print",
        "rate": "APCER",
        "errors": 0,
        "trials": 1,
        "low": 0.0,
        "no_face": 1,
    }
    assert phone.content() == {"species": "phone", "rate": "APCER", "no_face": 1}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["live", "print", "mask"]), st.sampled_from(Result))))
def test_every_presentation_is_counted_once(results: list[tuple[str, Result]]) -> None:
    found = tally(Presented(species, 1, result) for species, result in results)
    total = sum(one.no_face + (one.rate.trials if one.rate else 0) for one in found)
    assert total == len(results)
    assert [one.species for one in found] == list(dict.fromkeys(s for s, _ in results))
