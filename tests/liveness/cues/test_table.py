from dataclasses import replace

import pytest

from accessctl.liveness.cues.table import (
    ALONE,
    CLOSER,
    HINT,
    LOOK,
    ROLES,
    TURN,
    WORDS,
    breaks,
    evidence_line,
    evidence_lines,
    hint,
    may_veto,
    words_of,
)
from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.fake import fake_result


def test_each_cue_is_there_once_and_says_its_name_of_nothing() -> None:
    names = [role.name for role in ROLES]
    assert len(set(names)) == len(names)
    for role in ROLES:
        assert role.look([]).cue == role.name


def test_who_holds_still_or_looks_odd_is_never_refused_for_it() -> None:
    assert not may_veto("stillness")
    assert not may_veto("texture")
    assert may_veto("continuity")
    assert may_veto("surroundings")


def test_a_cue_that_nobody_knows_may_refuse_and_breaks_nothing() -> None:
    assert may_veto("made up")
    assert not breaks("made up")


def test_a_break_undoes_what_was_shown_before() -> None:
    assert breaks("continuity")
    assert not breaks("stillness")


def test_life_by_shape_or_movement_is_bound_to_what_surrounds_the_face() -> None:
    assert {role.name for role in ROLES if role.framed} == {"depth", "blink"}
    assert {role.name for role in ROLES if role.confirms} == {"depth", "blink", "texture"}


VETO, DOUBT, CONFIRM, CLEAR, UNDECIDED = CueVerdict


def skin(verdict: CueVerdict, frames: int, figure: float = 0.9) -> CueResult:
    return replace(fake_result("texture", verdict), frames=frames, figure=figure)


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (skin(UNDECIDED, 3), "skin and light: 3 of 4 looks, looks alive so far"),
        (skin(UNDECIDED, 3, 0.49), "skin and light: 3 of 4 looks, not convinced yet"),
        (skin(UNDECIDED, 2, float("nan")), "skin and light: 2 of 4 looks"),
        # Enough looks, but within less than a second.
        (skin(UNDECIDED, 5), "skin and light: 5 looks, looks alive so far"),
        (skin(CONFIRM, 6), "skin and light: 6 looks, looks alive"),
        (skin(DOUBT, 5, 0.1), "skin and light: 5 looks, looks like a picture - look at the camera"),
        (fake_result("depth", UNDECIDED), "movement: none yet - turn your head a little"),
        (fake_result("surroundings", CLEAR), "surroundings: nothing speaks against you"),
        (
            fake_result("surroundings", DOUBT),
            "surroundings: they seem to move along - come a little closer, with nothing around "
            "your face",
        ),
        (fake_result("edges", VETO), "rim: held up in a frame or a hand - refused"),
        (fake_result("made_up", DOUBT), "made_up: doubtful - look at the camera"),
    ],
)
def test_one_line_a_cue(result: CueResult, line: str) -> None:
    assert evidence_line(result) == line


@pytest.mark.parametrize("cue", ["texture", "infrared"])
def test_what_a_door_may_do_without_is_not_mentioned_before_it_says_something(cue: str) -> None:
    nothing = replace(fake_result(cue, UNDECIDED), frames=0)
    blink = fake_result("blink", UNDECIDED)
    assert evidence_line(nothing) is None
    assert evidence_line(replace(nothing, verdict=CLEAR)) is not None
    assert evidence_lines([nothing, blink]) == (("blink: none yet", UNDECIDED),)


def test_every_cue_has_words_of_its_own() -> None:
    assert {role.name for role in ROLES} <= set(WORDS)
    names = [words.name for words in WORDS.values()]
    assert len(set(names)) == len(names)


def test_every_word_of_every_cue_makes_a_line() -> None:
    for cue in WORDS:
        lines = {evidence_line(replace(fake_result(cue, word), frames=5)) for word in CueVerdict}
        assert len(lines) == len(CueVerdict), cue
        assert all(line and line.startswith(f"{words_of(cue).name}: ") for line in lines)


def test_what_is_doubted_is_asked_for_first() -> None:
    said = [skin(UNDECIDED, 2), fake_result("edges", DOUBT), fake_result("stillness", DOUBT)]
    assert hint(said, near=False) == ALONE
    assert hint([fake_result("stillness", DOUBT)]) == TURN


def test_then_what_is_missing() -> None:
    assert hint([skin(UNDECIDED, 2)], near=False) == CLOSER


def test_who_fills_the_picture_steps_back():
    assert hint([skin(UNDECIDED, 2)], fills=True) == "Step back a little."
    assert hint([skin(UNDECIDED, 3)]) == LOOK
    # The network has seen enough, or there is none: only moving helps.
    assert hint([skin(CLEAR, 6)]) == HINT
    assert hint([skin(UNDECIDED, 0)]) == HINT
    assert hint([]) == HINT
