import pytest

from accessctl.console.held_view import held_cases
from accessctl.console.words import Words, catalogue
from accessctl.domain import PersonId
from accessctl.hub.held import HeldProposal
from accessctl.hub.judging import HeldCause
from accessctl.sync.proposals import KINDS

WORDS = Words("en", catalogue())
ADA, EVE, GRACE = "a" * 32, "e" * 32, "9" * 32
NAMES = {PersonId(GRACE): "Grace", PersonId(EVE): "Eve"}


def held(number: int, person: str, change: str, cause: str, other: str | None = None):
    name = NAMES.get(PersonId(person), "Grace")
    return HeldProposal(number, "front", person, name, change, cause, None, 5.0, other)


def test_what_is_decided_at_once_is_one_case() -> None:
    cases = held_cases(
        [
            held(1, ADA, "add_person", "name", GRACE),
            held(2, EVE, "add_photo", "face", GRACE),
            held(3, ADA, "add_photo", "follows"),
            held(4, ADA, "set_rules", "follows"),
            held(5, EVE, "add_photo", "face", GRACE),
        ],
        WORDS,
        NAMES,
    )
    assert [(one.number, one.photos, one.own) for one in cases] == [
        (1, (1, 3), None),
        (2, (2,), EVE),
        (5, (5,), EVE),
    ]
    assert cases[0].changes == ("one more photo", "rules")
    assert cases[0].why == (
        "Somebody enrolled has that name, or one that looks like it. Enrolled is Grace."
    )
    assert cases[1].why.startswith("To the encoder this new photo shows somebody else than")


def test_whoever_is_enrolled_no_more_is_nobody_to_compare_with() -> None:
    (case,) = held_cases([held(1, ADA, "add_person", "face", "0" * 32)], WORDS, NAMES)
    assert (case.other, case.other_name) == (None, "")
    assert "Enrolled is" not in case.why


def test_of_a_door_with_groups_the_groups_are_asked_for() -> None:
    (case,) = held_cases([held(1, ADA, "add_person", "groups")], WORDS, NAMES)
    assert case.asks_groups
    assert case.why.startswith("The door has part in some groups only")


@pytest.mark.parametrize("cause", HeldCause)
def test_there_is_a_reason_in_words_for_every_cause(cause: HeldCause) -> None:
    (case,) = held_cases([held(1, ADA, "add_person", cause)], WORDS, NAMES)
    assert case.why.endswith(".")


@pytest.mark.parametrize("change", KINDS)
def test_there_is_a_word_for_every_change(change: str) -> None:
    assert f"held.change.{change}" in catalogue()
