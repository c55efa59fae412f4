"""Life and intent at the door, on fakes."""

import logging
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Decision, Frame, Outcome, Quality
from accessctl.door import liveness_gate as liveness_gate_module
from accessctl.door.demands import Wanted
from accessctl.door.fake import portrait
from accessctl.door.setup import LiveSettings
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import FEWEST, CueWindow
from accessctl.liveness.fake import fake_result
from accessctl.policy.evidence_record import from_data
from tests.door.guests import (
    ADA,
    CONFIRM,
    EVE,
    FACE,
    GRANTED,
    NOT_LIVE,
    NOTHING,
    UNDECIDED,
    UNUSABLE,
    VETO,
    Guest,
    LateLooks,
)


def test_nobody_is_let_in_before_a_cue_confirmed_life() -> None:
    ada = Guest()
    assert ada.show(30) == []
    ada.house.cues.says = CONFIRM
    assert ada.show(6) == [GRANTED]
    assert len(ada.house.unlock.payloads) == 1


def test_who_is_alive_waits_no_longer_than_for_the_first_look() -> None:
    ada = Guest()
    ada.house.cues.says = CONFIRM
    assert ada.show(FEWEST - 1) == []
    assert ada.show(1) == [GRANTED]


def test_a_picture_is_refused_and_the_cues_that_saw_it_are_on_record() -> None:
    print_ = Guest()
    print_.house.cues.says = VETO
    assert print_.show(30) == [NOT_LIVE]
    assert print_.house.unlock.payloads == []
    data = print_.evidence()
    assert data["vetoes"] == {"scripted": [0.5, 0.5]}
    recorded = from_data(data["evidence"])
    assert recorded.liveness.value == "refuted"
    assert [word.verdict for word in recorded.cues.cues] == ["veto"]


def test_a_veto_outweighs_a_confirmation_until_the_end_of_the_visit() -> None:
    both = Guest(unknown_after_frames=100, unknown_after_s=60.0)
    both.house.cues.says = VETO
    both.show(FEWEST, person=EVE)
    both.house.cues.says = CONFIRM
    # Eve's frames leave the window, Ada's are recognised, and it is still the same visit.
    assert both.show(60) == [NOT_LIVE]
    assert both.house.unlock.payloads == []


def test_patience_ends_in_a_refusal() -> None:
    ada = Guest(Wanted(LivenessConfig(mode="passive", patience_s=2.0)))
    made = ada.show(40)
    assert made == [UNDECIDED]
    # It ends the attempt: whoever shows life later is let in.
    ada.house.cues.says = CONFIRM
    assert ada.show(30) == [GRANTED]


def test_leaving_undecided_is_a_refusal() -> None:
    ada = Guest()
    ada.show(10)
    assert ada.leave() == [UNDECIDED]


def test_a_refusal_does_not_wait_for_a_good_frame() -> None:
    """Whoever turns away at that moment is refused all the same."""
    ada = Guest(Wanted(LivenessConfig(mode="passive", patience_s=2.0)))
    assert ada.show(10) == []
    assert ada.show(30, faces=(UNUSABLE,)) == [UNDECIDED]


def test_a_grant_waits_for_a_good_frame() -> None:
    ada = Guest()
    ada.show(10)
    ada.house.cues.says = CONFIRM
    assert ada.show(10, faces=(UNUSABLE,)) == []
    assert ada.show(1) == [GRANTED]


def test_cues_that_fail_open_nothing_and_are_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ada = Guest()
    ada.house.cues.fault = ZeroDivisionError("no pixels")
    with caplog.at_level(logging.ERROR):
        made = ada.show(60)
    assert made == [UNDECIDED]
    assert ada.house.unlock.payloads == []
    assert [type(error) for _, error in ada.house.faults] == [ZeroDivisionError]
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    # The next visit begins anew.
    ada.house.cues.fault = None
    ada.house.cues.says = CONFIRM
    ada.leave()
    assert ada.show(10, faces=(replace(FACE, track=2),)) == [GRANTED]


def test_evidence_that_cannot_be_gathered_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError("no landmarks")

    ada = Guest()
    ada.house.cues.says = CONFIRM
    monkeypatch.setattr(liveness_gate_module, "gather", broken)
    assert ada.show(30) == [UNDECIDED]
    assert len(ada.house.faults) == 1


def test_a_decided_visit_costs_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered: list[float] = []
    gather = liveness_gate_module.gather

    def counting(frame: Frame, *args: Any, **more: Any) -> Any:
        gathered.append(frame.captured)
        return gather(frame, *args, **more)

    monkeypatch.setattr(liveness_gate_module, "gather", counting)
    ada = Guest()
    ada.house.cues.says = CONFIRM
    ada.show(50)
    assert len(gathered) == FEWEST
    assert len(ada.house.cues.looks) == 1


def test_a_veto_ends_the_looking_before_the_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Guest(unknown_after_frames=100, unknown_after_s=60.0)
    stranger.house.cues.says = VETO
    stranger.show(50, person=EVE)
    assert len(stranger.house.cues.looks) == 1


def test_frames_in_quick_succession_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    guest = Guest()
    guest.house.observer.faces = (FACE,)
    for index in range(100):
        guest.door.step(Frame(portrait(ADA), index / 100, index))
    captured = [frame.captured for frame in guest.house.cues.looks[-1].frames]
    gaps = [after - before for before, after in pairwise(captured)]
    assert min(gaps) == pytest.approx(0.05)


def test_a_stranger_cannot_lend_their_life() -> None:
    """Only frames that show Ada by themselves reach the cues as hers."""
    guest = Guest(unknown_after_frames=100, unknown_after_s=60.0)
    guest.show(10, person=EVE)
    guest.show(10, person=ADA)
    (look, *_) = guest.house.cues.looks
    assert {frame.person for frame in look.frames} == {None}
    last = guest.house.cues.looks[-1]
    ada = guest.house.gallery.person("Ada").id
    assert {frame.person for frame in last.frames} == {None, ada}


moments = st.lists(
    st.tuples(
        st.sampled_from([ADA, ADA, ADA, EVE]),
        st.sampled_from(["usable", "usable", "unusable", "gone", "other"]),
        st.sampled_from(list(CueVerdict)),
        st.sampled_from(list(CueVerdict)),
        st.booleans(),
        st.integers(1, 12),
    ),
    max_size=8,
)


def heard(looks: LateLooks, track: int, cue: str) -> list[CueVerdict]:
    """What the door has been told of that cue's words on a track, in order."""
    return [
        result.verdict
        for answer in looks.heard
        for result in answer.results
        if result.cue == cue and answer.look.frames[-1].track == track
    ]


@settings(max_examples=40, deadline=None)
@given(moments)
@example(
    [
        (ADA, "usable", CONFIRM, NOTHING, False, 2),
        (ADA, "unusable", CONFIRM, NOTHING, False, 10),
        (ADA, "usable", CONFIRM, NOTHING, True, 8),
    ]
)
@example(
    [
        (ADA, "usable", VETO, VETO, False, 6),
        (ADA, "gone", VETO, VETO, False, 11),
        (ADA, "usable", CONFIRM, CONFIRM, False, 12),
    ]
)
@example([(ADA, "usable", NOTHING, NOTHING, False, 12)])
@example([(ADA, "usable", CONFIRM, CueVerdict.DOUBT, False, 12)])
def test_no_order_of_events_grants_without_live_frames(moments: list[tuple]) -> None:
    """Whatever is shown, whatever the cues say of it and however late: who is let in was seen
    in as many frames as a grant needs, all of them looked at, confirmed, not vetoed and not in
    doubt."""
    looked: set[tuple[int, float]] = set()
    said: dict[int, set[CueVerdict]] = {}
    tracks = {"usable": 1, "unusable": 1, "other": 2}
    seen = {1: 0.0, 2: 0.0}
    ids = {1: 1, 2: 2}

    def track_of(place: int, now: float) -> int:
        """As a tracker has it: who was away, or covered by another, comes back as somebody new."""
        if now - seen[place] > 1.05 or seen[3 - place] > seen[place]:
            ids[place] = 2 + max(ids.values())
        seen[place] = now
        return ids[place]

    def examine(look: CueWindow) -> Any:
        found = (*house.cues(look), fake_result("other", others))
        track = look.frames[-1].track
        looked.update((track, f.captured) for f in look.frames if f.person is not None)
        said.setdefault(track, set()).update(result.verdict for result in found)
        return found

    looks = LateLooks(examine)
    guest = Guest()
    house = guest.house
    house.cue_runner = looks
    door = house.door()
    index = 0
    for person, kind, says, others, held, frames in moments:  # noqa: B007
        house.cues.says, looks.held = says, held
        quality = Quality(0.8, ("too dark",) if kind == "unusable" else ())
        for _ in range(frames):
            before = index / 10
            track = 0 if kind == "gone" else track_of(tracks[kind], before)
            faces = () if kind == "gone" else (replace(FACE, track=track, quality=quality),)
            house.observer.faces = faces
            step = door.step(Frame(portrait(person), before, index))
            index += 1
            granted: list[Decision] = [d for d in step.decisions if d.outcome is Outcome.GRANTED]
            for _ in granted:
                assert faces
                assert CONFIRM in said[track]
                for cue in ("scripted", "other"):
                    words = heard(looks, track, cue)
                    assert VETO not in words
                    decided = [word for word in words if word is not NOTHING]
                    assert decided[-1:] != [CueVerdict.DOUBT]
                live = [t for known, t in looked if known == track and before - t <= 3.0]
                assert len(live) >= house.policy.min_frames
    assert len(house.unlock.payloads) <= len(house.events())


def test_who_stands_there_when_more_is_asked_shows_it_too() -> None:
    """A configuration that asks for a challenge counts from the next frame on, for everybody."""
    guest = Guest()
    guest.house.cues.says = CONFIRM
    assert guest.show(FEWEST, faces=(UNUSABLE,)) == []
    strict = Wanted(LivenessConfig(mode="challenge"))
    guest.door.take_over(LiveSettings(guest.house.policy, guest.door.gate, {}, wanted=strict))
    assert guest.show(10) == []
    assert guest.door.visits[0].life.record.mode == "challenge"


def test_who_stands_there_when_something_else_changes_goes_on() -> None:
    guest = Guest()
    guest.house.cues.says = CONFIRM
    assert guest.show(FEWEST - 2) == []
    same = Wanted(LivenessConfig(mode="passive"))
    unlock = {Outcome.GRANTED: [guest.house.unlock]}
    guest.door.take_over(LiveSettings(guest.house.policy, guest.door.gate, unlock, wanted=same))
    assert guest.show(2) == [GRANTED]
