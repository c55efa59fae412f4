from collections.abc import Sequence
from dataclasses import replace

import pytest

from accessctl import extensions
from accessctl.errors import ConfigError, ExtensionError
from accessctl.liveness.cues.table import (
    ALONE,
    CLOSER,
    HINT,
    LOOK,
    ROLES,
    TURN,
    WORDS,
    CueRole,
    CueWords,
    added_cues,
    breaks,
    evidence_line,
    evidence_lines,
    hint,
    may_veto,
    words_of,
)
from accessctl.liveness.evidence import CueResult, CueVerdict, LivenessFrame
from accessctl.liveness.examiner import Liveness, VisitCues, examine
from accessctl.liveness.fake import fake_frame, fake_result


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


pytestmark = pytest.mark.usefixtures("nothing_added")

OTHERS = tuple(role for role in ROLES if role.name != "stillness")
"""What looks at frames that are all alike."""

FRAMES = [fake_frame(index / 10) for index in range(10)]


class Saying:
    """A cue that says what it is told to, and keeps how many frames it was shown."""

    def __init__(self, verdict: CueVerdict, cue: str = "warmth") -> None:
        self.result: object = fake_result(cue, verdict)
        self.shown: list[int] = []

    def __call__(self, frames: Sequence[LivenessFrame]) -> CueResult:
        self.shown.append(len(frames))
        return self.result  # type: ignore[return-value]


def roles(look: object, **may: bool) -> tuple[CueRole, ...]:
    extensions.register("cues", "warmth", CueRole("warmth", look, **may))  # type: ignore[arg-type]
    return added_cues(["warmth"])


def test_nothing_is_added_unless_it_is_named() -> None:
    extensions.register("cues", "warmth", Saying(CueVerdict.CLEAR))
    assert added_cues([]) == ()


def test_a_plain_function_may_doubt_and_no_more() -> None:
    extensions.register("cues", "warmth", Saying(CueVerdict.DOUBT))
    (role,) = added_cues(["warmth"])
    assert role.name == "warmth"
    assert role == CueRole("warmth", role.look)
    assert role.look(FRAMES).verdict is CueVerdict.DOUBT


@pytest.mark.parametrize(
    ("says", "may", "counts_as"),
    [
        (CueVerdict.CONFIRM, {}, CueVerdict.CLEAR),
        (CueVerdict.CONFIRM, {"confirms": True}, CueVerdict.CONFIRM),
        (CueVerdict.VETO, {}, CueVerdict.DOUBT),
        (CueVerdict.VETO, {"vetoes": True}, CueVerdict.DOUBT),
        (CueVerdict.VETO, {"facts": True}, CueVerdict.VETO),
        (CueVerdict.DOUBT, {"confirms": True}, CueVerdict.DOUBT),
        (CueVerdict.UNDECIDED, {"confirms": True}, CueVerdict.UNDECIDED),
    ],
)
def test_it_says_no_more_than_its_role_allows(
    says: CueVerdict, may: dict[str, bool], counts_as: CueVerdict
) -> None:
    (role,) = roles(Saying(says), **may)
    assert role.look(FRAMES).verdict is counts_as


@pytest.mark.parametrize("given", [None, CueVerdict.CLEAR, ("warmth", "clear"), "confirm"])
def test_what_is_no_result_is_a_fault(given: object) -> None:
    look = Saying(CueVerdict.CLEAR)
    look.result = given
    (role,) = roles(look)
    with pytest.raises(ExtensionError, match="'warmth' gave something else than a CueResult"):
        role.look(FRAMES)


def test_it_cannot_speak_for_another_cue() -> None:
    (role,) = roles(Saying(CueVerdict.CLEAR, cue="continuity"))
    with pytest.raises(ExtensionError, match="spoke for the cue 'continuity'"):
        role.look(FRAMES)


@pytest.mark.parametrize("name", [role.name for role in ROLES])
def test_a_built_in_cue_is_not_replaced(name: str) -> None:
    extensions.register("cues", name, Saying(CueVerdict.CLEAR, name))
    with pytest.raises(ConfigError, match=f"the cue '{name}' is built in"):
        added_cues([name])


def test_a_cue_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^liveness\.cues: there is no cue 'warmth'"):
        added_cues(["warmth"])
    extensions.register("cues", "warmth", 42)
    with pytest.raises(ExtensionError, match="neither a CueRole nor a function"):
        added_cues(["warmth"])
    extensions.register("cues", "warmth", CueRole("cold", Saying(CueVerdict.CLEAR)))
    with pytest.raises(ExtensionError, match="calls itself 'cold'"):
        added_cues(["warmth"])


def test_it_confirms_life_beside_the_built_in_ones() -> None:
    added = roles(Saying(CueVerdict.CONFIRM), confirms=True)
    assert examine(FRAMES, roles=OTHERS).verdict is Liveness.UNDECIDED
    assert examine(FRAMES, roles=(*OTHERS, *added)).verdict is Liveness.LIVE


def test_its_doubt_suspends_and_its_second_one_refuses_where_it_may_veto() -> None:
    for vetoes, end in ((True, Liveness.ATTACK), (False, Liveness.UNDECIDED)):
        doubting = roles(Saying(CueVerdict.DOUBT), vetoes=vetoes)
        visit = VisitCues(window_s=3.0, every_s=0.5, roles=(*OTHERS, *doubting))
        frames = (fake_frame(index / 10) for index in range(40))
        said = [visit.verdict.verdict for frame in frames if visit.add(frame)]
        assert said[0] is Liveness.UNDECIDED
        assert said[-1] is end
        assert ("warmth" in visit.verdict.vetoes) is vetoes


@pytest.mark.parametrize(("breaks", "end"), [(True, Liveness.UNDECIDED), (False, Liveness.LIVE)])
def test_what_was_shown_before_a_doubt_that_breaks_counts_no_more(
    breaks: bool, end: Liveness
) -> None:
    """Another cue had shown life by then, and says nothing afterwards."""
    warmth, place = Saying(CueVerdict.CONFIRM), Saying(CueVerdict.CLEAR, "place")
    extensions.register("cues", "warmth", CueRole("warmth", warmth, confirms=True))
    extensions.register("cues", "place", CueRole("place", place, breaks=breaks))
    added = added_cues(["warmth", "place"])
    visit = VisitCues(window_s=9.0, every_s=0.5, roles=(*OTHERS, *added))
    story = [(CueVerdict.CONFIRM, CueVerdict.CLEAR), (CueVerdict.UNDECIDED, CueVerdict.DOUBT)]
    story.append((CueVerdict.UNDECIDED, CueVerdict.CLEAR))
    for act, (of_warmth, of_place) in enumerate(story):
        warmth.result = fake_result("warmth", of_warmth)
        place.result = fake_result("place", of_place)
        for index in range(10):
            visit.add(fake_frame(act + index / 10))
        if act == 0:
            assert visit.verdict.verdict is Liveness.LIVE
    assert visit.verdict.verdict is end


def test_it_speaks_in_its_own_words() -> None:
    words = CueWords("warmth", "cold", "rather cold", "Warm up.")
    extensions.register("cues", "warmth", CueRole("warmth", Saying(CueVerdict.DOUBT), words=words))
    added = added_cues(["warmth"])
    assert words_of("warmth", added) is words
    assert words_of("warmth").name == "warmth"
