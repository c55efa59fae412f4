import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import InputError
from accessctl.policy.consent import (
    MAX_STROKES_BYTES,
    MAX_WORDS,
    ConsentRecord,
    ConsentText,
    ConsentWay,
    GivenConsent,
    Withheld,
    check_given,
    counting,
    counts_until,
    withheld_for,
)

TIMES = st.floats(0, 4e9)
WAYS = st.sampled_from([ConsentWay.TYPED_NAME, ConsentWay.DRAWN, ConsentWay.WITNESS])


def text(version: int, earlier_until: float | None = None) -> ConsentText:
    return ConsentText(version, bytes([version]) * 32, f"text {version}", 1.0, earlier_until)


def record(
    version: int | None = 1,
    how: ConsentWay = ConsentWay.WITNESS,
    withdrawn: float | None = None,
    number: int = 1,
) -> ConsentRecord:
    return ConsentRecord(number, "ab" * 16, version, how, 100.0, withdrawn)


@st.composite
def texts(draw: st.DrawFn) -> list[ConsentText]:
    ends = draw(st.lists(st.none() | TIMES, min_size=1, max_size=6))
    return [text(version, end) for version, end in enumerate(ends, 1)]


@pytest.mark.parametrize(
    ("given_", "versions", "until"),
    [
        (record(), [text(1)], None),
        (record(), [text(1), text(2)], None),
        (record(), [text(1), text(2, 500.0)], 500.0),
        (record(2), [text(1), text(2, 500.0)], None),
        (record(), [text(1), text(2, 900.0), text(3, 500.0)], 500.0),
        (record(2), [text(1), text(2, 500.0), text(3, 900.0)], 900.0),
        (record(3), [text(1), text(2)], -math.inf),
        (record(None, ConsentWay.OTHER_BASIS), [text(1), text(2, 500.0)], None),
        (record(None, ConsentWay.OTHER_BASIS, 300.0), [], 300.0),
        (record(withdrawn=300.0), [text(1)], 300.0),
    ],
)
def test_until_when_a_consent_counts(given_, versions, until) -> None:
    assert counts_until(given_, versions) == until


@given(texts(), WAYS, st.data())
def test_a_new_text_that_asks_nobody_anew_changes_nothing(versions, how, data) -> None:
    given_ = record(data.draw(st.sampled_from(versions)).version, how)
    later = [*versions, text(len(versions) + 1)]
    assert counts_until(given_, later) == counts_until(given_, versions)


@given(texts(), WAYS, TIMES, st.data())
def test_a_new_text_that_asks_everybody_anew_ends_all_earlier_ones_by_its_day(
    versions, how, day, data
) -> None:
    given_ = record(data.draw(st.sampled_from(versions)).version, how)
    later = [*versions, text(len(versions) + 1, day)]
    assert counts_until(given_, later) <= day
    assert counting([given_], later, day) is None
    assert counting([record(len(versions) + 1, how)], later, day) is not None


@given(texts(), TIMES, TIMES)
def test_a_withdrawn_consent_counts_no_more(versions, withdrawn, later) -> None:
    for how, version in ((ConsentWay.WITNESS, 1), (ConsentWay.OTHER_BASIS, None)):
        given_ = record(version, how, withdrawn)
        assert counting([given_], versions, withdrawn + later) is None


@given(texts(), TIMES, st.lists(st.integers(1, 6), max_size=5))
def test_the_newest_that_counts_is_taken(versions, now, chosen) -> None:
    given_ = [record(version, number=number) for number, version in enumerate(chosen)]
    found = counting(given_, versions, now)
    alone = [one for one in given_ if counting([one], versions, now) is not None]
    assert found == (alone[-1] if alone else None)


@given(st.booleans(), st.booleans(), st.booleans())
def test_who_is_sent_to_no_door(is_required, has_consent, is_disabled) -> None:
    cause = withheld_for(is_required=is_required, has_consent=has_consent, is_disabled=is_disabled)
    assert (cause is None) is (not is_disabled and (has_consent or not is_required))
    assert (cause is Withheld.NO_CONSENT) is (is_required and not has_consent)


@pytest.mark.parametrize(
    "given_",
    [
        GivenConsent(ConsentWay.TYPED_NAME, "Grace Example"),
        GivenConsent(ConsentWay.WITNESS, "W" * MAX_WORDS),
        GivenConsent(ConsentWay.OTHER_BASIS, "employment contract, section 4"),
        GivenConsent(ConsentWay.DRAWN, strokes=b"\x00" * MAX_STROKES_BYTES),
    ],
    ids=["typed", "longest", "basis", "drawn"],
)
def test_what_can_be_kept(given_: GivenConsent) -> None:
    check_given(given_)


@pytest.mark.parametrize(
    ("given_", "problem"),
    [
        (GivenConsent(ConsentWay.TYPED_NAME), "who signed"),
        (GivenConsent(ConsentWay.WITNESS, " \t "), "who signed"),
        (GivenConsent(ConsentWay.OTHER_BASIS, "x" * (MAX_WORDS + 1)), "at most 300"),
        (GivenConsent(ConsentWay.TYPED_NAME, "two\nlines"), "on one line"),
        (GivenConsent(ConsentWay.TYPED_NAME, "\x1b[31mred"), "on one line"),
        (GivenConsent(ConsentWay.TYPED_NAME, "nul\x00"), "on one line"),
        (GivenConsent(ConsentWay.TYPED_NAME, "Grace", b"x"), "drawn signature"),
        (GivenConsent(ConsentWay.DRAWN), "drawn signature"),
        (GivenConsent(ConsentWay.DRAWN, strokes=b"x" * (MAX_STROKES_BYTES + 1)), "at most 65536"),
    ],
    ids=["none", "blank", "long", "lines", "escape", "nul", "both", "no-strokes", "many-strokes"],
)
def test_what_shows_nothing_or_too_much_is_refused(given_: GivenConsent, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        check_given(given_)
