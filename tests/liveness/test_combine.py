import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonId
from accessctl.liveness import combine as module
from accessctl.liveness.combine import Liveness, LivenessVerdict, combine, examine
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.fake import fake_frame, fake_result
from accessctl.liveness.result import CueResult, CueVerdict
from accessctl.liveness.roles import ROLES, Role

VETO, DOUBT, CONFIRM, CLEAR, UNDECIDED = CueVerdict
VERDICTS = st.lists(st.sampled_from(list(CueVerdict)), max_size=8)
ADA = PersonId("ada")


@given(VERDICTS, st.integers())
def test_a_veto_then_a_doubt_then_a_confirmation_whatever_the_order(
    said: list[CueVerdict], seed: int
) -> None:
    results = [fake_result(str(index), verdict) for index, verdict in enumerate(said)]
    shuffled = random.Random(seed).sample(results, len(results))
    if VETO in said:
        expected = Liveness.ATTACK
    elif DOUBT in said:
        expected = Liveness.UNDECIDED
    elif CONFIRM in said:
        expected = Liveness.LIVE
    else:
        expected = Liveness.UNDECIDED
    assert combine(results) is combine(shuffled) is expected


@given(VERDICTS)
def test_a_further_veto_always_refuses_and_a_further_doubt_never_grants(
    said: list[CueVerdict],
) -> None:
    results = [fake_result(str(index), verdict) for index, verdict in enumerate(said)]
    assert combine([*results, fake_result("more", VETO)]) is Liveness.ATTACK
    assert combine([*results, fake_result("more", DOUBT)]) is not Liveness.LIVE


def test_the_cues_that_refuse_and_those_that_suspend() -> None:
    words = (fake_result("a", VETO), fake_result("b", DOUBT), fake_result("c", CLEAR))
    verdict = LivenessVerdict(combine(words), words)
    assert (verdict.vetoes, verdict.doubts) == (("a",), ("b",))


def test_nothing_at_all_confirms_nothing() -> None:
    assert examine([]).verdict is Liveness.UNDECIDED
    found = examine([fake_frame(0.0)])
    assert found.verdict is Liveness.UNDECIDED
    assert [result.cue for result in found.results] == [role.name for role in ROLES]


class Cue:
    """Says what it is told for the frames it is shown: by their capture times, else clear."""

    def __init__(self, says: dict[tuple[float, ...], CueVerdict] | CueVerdict) -> None:
        self.says = says
        self.shown: list[tuple[float, ...]] = []

    def __call__(self, frames: Sequence[LivenessFrame]) -> CueResult:
        times = tuple(frame.captured for frame in frames)
        self.shown.append(times)
        said = self.says.get(times, CLEAR) if isinstance(self.says, dict) else self.says
        return fake_result("cue", said)


def heard(monkeypatch: pytest.MonkeyPatch, cue: Cue, frames, **role_and: object) -> CueVerdict:
    asked = {key: role_and.pop(key) for key in ("after", "candidate") if key in role_and}
    monkeypatch.setattr(module, "ROLES", (Role("cue", cue, **role_and),))  # type: ignore[arg-type]
    return examine(frames, **asked).results[0].verdict  # type: ignore[arg-type]


def frames(*persons: PersonId | None, seen: float = 1.0) -> list[LivenessFrame]:
    made = [fake_frame(float(i), person=person) for i, person in enumerate(persons)]
    return [replace(frame, around=replace(frame.around, seen=seen)) for frame in made]


def test_only_frames_that_show_the_candidate_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = frames(ADA, None, ADA)
    life = Cue({(0.0, 1.0, 2.0): CONFIRM, (0.0, 2.0): CONFIRM})
    assert heard(monkeypatch, life, theirs, confirms=True, candidate=ADA) is CONFIRM
    assert life.shown == [(0.0, 1.0, 2.0), (0.0, 2.0)]
    # What all frames together confirm, but not hers alone, is only clear.
    lent = Cue({(0.0, 1.0, 2.0): CONFIRM, (0.0, 2.0): UNDECIDED})
    assert heard(monkeypatch, lent, theirs, confirms=True, candidate=ADA) is CLEAR


@pytest.mark.parametrize("said", [DOUBT, VETO])
def test_all_frames_may_speak_of_an_attack(monkeypatch, said: CueVerdict) -> None:
    theirs = frames(ADA, None, ADA)
    everywhere = Cue({(0.0, 1.0, 2.0): said, (0.0, 2.0): CONFIRM})
    assert heard(monkeypatch, everywhere, theirs, confirms=True, candidate=ADA) is said
    hers = Cue({(0.0, 1.0, 2.0): CONFIRM, (0.0, 2.0): said})
    assert heard(monkeypatch, hers, theirs, confirms=True, candidate=ADA) is said


def test_a_face_that_fills_the_picture_confirms_nothing_by_shape(monkeypatch) -> None:
    narrow = frames(ADA, ADA, seen=0.74)
    said = Cue({(0.0, 1.0): CONFIRM})
    assert heard(monkeypatch, said, narrow, confirms=True, framed=True, candidate=ADA) is CLEAR
    assert heard(monkeypatch, said, narrow, confirms=True, candidate=ADA) is CONFIRM
    wide = frames(ADA, ADA, seen=0.75)
    assert heard(monkeypatch, said, wide, confirms=True, framed=True, candidate=ADA) is CONFIRM


def test_what_was_doubted_is_not_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cue = Cue(UNDECIDED)
    heard(monkeypatch, cue, frames(ADA, ADA, ADA), after={"cue": 1.0, "other": 2.0})
    assert cue.shown == [(2.0,)]


def test_hard_facts_are_looked_for_in_all_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, later = frames(ADA, ADA, ADA), {"cue": 1.0}
    fact = Cue({(0.0, 1.0, 2.0): VETO})
    assert heard(monkeypatch, fact, seen, facts=True, after=later) is VETO
    assert heard(monkeypatch, fact, seen, facts=False, after=later) is CLEAR
    # Only a hard fact counts there: what was doubted is not doubted again.
    doubted = Cue({(0.0, 1.0, 2.0): DOUBT})
    assert heard(monkeypatch, doubted, seen, facts=True, after=later) is CLEAR


def test_time_that_ran_back_is_seen_behind_a_doubt() -> None:
    back = [fake_frame(t) for t in (8.0, 9.0, 10.0, 5.0)]
    assert examine(back, after={"continuity": 10.0}).vetoes == ("continuity",)
