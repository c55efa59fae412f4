import json
import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config.policy import AccessConfig
from accessctl.domain import Match, PersonId, PersonRules, Reason, Sighting
from accessctl.policy.access import AccessPlan, Crossing
from accessctl.policy.admit import decide_visit
from accessctl.policy.circumstances import Circumstances, Proof
from accessctl.policy.decide import DecisionRules, Evidence, Naming
from accessctl.policy.evidence_record import (
    CueWord,
    EvidenceRecord,
    LivenessRecord,
    from_data,
    liveness_from_data,
    liveness_to_data,
    to_data,
)
from accessctl.policy.stale import StaleDemand

ADA, BOB = PersonId("ada"), PersonId("bob")
PLAN = AccessPlan.of(AccessConfig())

rates = st.floats(0, 1) | st.just(math.nan)
matches = st.builds(
    Match,
    person=st.sampled_from([ADA, BOB]),
    similarity=st.floats(-1, 1),
    score=st.floats(-10, 30),
    margin=st.floats(0, 20) | st.just(math.inf) | st.just(math.nan),
    fmr=rates,
    fmr_upper=rates,
)
evidences = st.builds(
    lambda frames, pooled, more, since, left, asked: Evidence(
        tuple(Sighting(since, np.zeros(2, np.float32), 0.5, match) for match, _ in frames),
        pooled,
        len(frames) + more,
        since,
        left,
        tuple(live for _, live in frames) if asked else None,
    ),
    st.lists(st.tuples(st.none() | matches, st.booleans()), max_size=10),
    st.none() | matches,
    st.integers(0, 20),
    st.integers(0, 100).map(float),
    st.booleans(),
    st.booleans(),
)
records = st.builds(
    EvidenceRecord,
    evidence=evidences,
    now=st.integers(100, 200).map(float),
    last_grant=st.none() | st.integers(0, 100).map(float),
    people=st.integers(0, 50),
    door=st.just("front"),
    person=st.builds(
        PersonRules,
        groups=st.sampled_from([(), ("g",)]),
        valid_until=st.none() | st.floats(0, 1000),
        disabled=st.booleans(),
        life_by_pin=st.booleans(),
    ),
    locked_out=st.booleans(),
    liveness=st.sampled_from(Proof),
    second_factor=st.sampled_from(Proof),
    factor=st.sampled_from(["off", "pin", "button"]),
    direction=st.sampled_from(["in", "out", "none"]),
    crossing=st.none()
    | st.builds(Crossing, st.sampled_from(["in", "out"]), st.integers(0, 10**6).map(float)),
    cues=st.builds(
        LivenessRecord,
        mode=st.sampled_from(["off", "passive", "challenge"]),
        cues=st.lists(
            st.builds(
                CueWord,
                st.sampled_from(["edges", "depth"]),
                st.sampled_from(["veto", "doubt", "confirm", "clear", "undecided"]),
                st.none() | st.floats(-1, 1),
                st.floats(0, 1),
            ),
            max_size=3,
        ).map(tuple),
        asked=st.sampled_from([(), ("look_up",), ("turn_left", "blink_twice")]),
        failure=st.none() | st.just("too_late"),
    ),
    intent=st.sampled_from(Proof),
    gesture=st.sampled_from(["off", "look_up"]),
    doubted=st.booleans(),
    gallery=st.none() | st.sampled_from([Reason.GALLERY_STALE, Reason.GALLERY_UNACCEPTED]),
    stale=st.sampled_from(get_args(StaleDemand)),
)
rules = st.builds(
    DecisionRules,
    # The configuration allows no more.
    max_fmr=st.floats(1e-6, 0.1),
    frame_fmr=st.floats(1e-6, 0.5),
    min_frames=st.integers(1, 5),
    min_margin=st.floats(0, 5),
    unknown_after_frames=st.integers(1, 10),
    unknown_after_s=st.integers(0, 9).map(float),
    cooldown_s=st.integers(0, 60).map(float),
)


def recorded(
    evidence: Evidence, *, now: float, last_grant: float | None = None, people: int = 1
) -> EvidenceRecord:
    return EvidenceRecord(
        evidence=evidence,
        now=now,
        last_grant=last_grant,
        people=people,
        door="front",
        person=PersonRules(),
    )


def verdict(recorded: EvidenceRecord, rules: DecisionRules) -> object:
    it = Circumstances(
        PLAN,
        500.0,
        recorded.person,
        recorded.locked_out,
        recorded.liveness,
        recorded.second_factor,
        recorded.factor,
        intent=recorded.intent,
        liveness_doubted=recorded.doubted,
        stale=recorded.stale,
    )
    found = decide_visit(recorded.evidence, rules, recorded.last_grant, recorded.now, it)
    return None if found is None else (found.outcome, found.reason)


@settings(deadline=None)
@given(records, rules)
def test_what_comes_back_is_decided_the_same(
    recorded: EvidenceRecord, rules: DecisionRules
) -> None:
    data = json.loads(json.dumps(to_data(recorded), allow_nan=False))
    back = from_data(data)
    assert verdict(back, rules) == verdict(recorded, rules)
    assert (back.factor, back.direction, back.crossing) == (
        recorded.factor,
        recorded.direction,
        recorded.crossing,
    )
    assert (back.cues, back.intent, back.gesture, back.doubted) == (
        recorded.cues,
        recorded.intent,
        recorded.gesture,
        recorded.doubted,
    )
    assert back.person.life_by_pin == recorded.person.life_by_pin


def test_every_figure_is_given_by_its_name() -> None:
    with pytest.raises(TypeError, match="positional"):
        EvidenceRecord(Evidence((), None, 1, 0.0), 1.0, None, 1, "front", PersonRules())  # type: ignore[misc]


NEWER = (
    *("factor", "direction", "crossing", "cues", "intent", "gesture", "doubted", "gallery"),
    *("doorway", "naming"),
)


def test_a_record_from_before_second_factors_and_liveness_is_read() -> None:
    older = {k: v for k, v in GOOD.items() if k not in NEWER}
    older["rules"] = {k: v for k, v in GOOD["rules"].items() if k != "life_by_pin"}
    back = from_data(older)
    assert (back.factor, back.direction, back.crossing) == ("off", "none", None)
    assert (back.cues, back.intent, back.gesture) == (LivenessRecord(), Proof.NOT_NEEDED, "off")
    assert back.evidence.live is None
    assert back.evidence.naming is Naming.SEARCHED
    assert (back.doubted, back.person) == (False, PersonRules())


def test_which_frames_were_looked_at_is_kept() -> None:
    match = Match(ADA, 0.7, 5.0, 3.0, 1e-5, 2e-5)
    frames = tuple(Sighting(9.0, np.zeros(1, np.float32), 0.5, m) for m in (match, None, match))
    evidence = Evidence(frames, match, 3, 8.5, live=(True, True, False))
    data = to_data(recorded(evidence, now=10.0))
    assert data["frames"] == [[1e-5, True, True], None, [1e-5, True, False]]
    assert from_data(data).evidence.live == (True, False, False)


def test_no_face_and_no_name_is_kept() -> None:
    match = Match(ADA, 0.7, 5.0, math.inf, 1e-5, 2e-5)
    other = replace(match, person=BOB, fmr=0.3)
    embedding = np.array([1, 0], np.float32)
    frames = tuple(Sighting(9.0, embedding, 0.5, m) for m in (match, other, None))
    kept = recorded(Evidence(frames, match, 7, 8.5), now=10.0, last_grant=4.0, people=3)
    assert to_data(kept) == {
        "candidate": "ada",
        "match": [0.7, 5.0, None, 1e-5, 2e-5],
        "frames": [[1e-5, True], [0.3, False], None],
        "seen": 7,
        "since_s": 1.5,
        "left": False,
        "since_grant_s": 6.0,
        "people": 3,
        "door": "front",
        "rules": {
            "groups": [],
            "valid_from": None,
            "valid_until": None,
            "disabled": False,
            "life_by_pin": False,
        },
        "locked_out": False,
        "liveness": "not_needed",
        "second_factor": "not_needed",
        "widths": [1.0],
        "index": 0,
        "factor": "off",
        "direction": "none",
        "crossing": None,
        "cues": {"mode": "off", "cues": [], "asked": [], "failure": None, "doubted": {}},
        "intent": "not_needed",
        "gesture": "off",
        "doubted": False,
        "gallery": None,
        "doorway": None,
        "stale": "none",
        "naming": "searched",
    }


GOOD = to_data(recorded(Evidence((), None, 1, 0.0), now=1.0))


@pytest.mark.parametrize(
    "harm",
    [
        {"match": 3, "candidate": "x"},
        {"match": [1, 2], "candidate": "x"},
        {"frames": [3]},
        {"frames": None},
        {"rules": []},
        {"liveness": "perhaps"},
        {"widths": []},
        {"index": 1},
        {"people": -1},
        {"since_s": "x"},
    ],
)
def test_anything_that_is_missing_or_damaged_is_a_value_error(harm: dict) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_data(GOOD | harm)
    with pytest.raises(ValueError, match="not the evidence"):
        from_data({key: value for key, value in GOOD.items() if key not in harm})


@pytest.mark.parametrize(
    "harm",
    [
        {"factor": "face"},
        {"cues": 3},
        {"cues": {"mode": "strict", "cues": [], "asked": [], "failure": None}},
        {"cues": {"mode": "off", "cues": [["edges"]], "asked": [], "failure": None}},
        {"gesture": "wink"},
        {"intent": "perhaps"},
        {"factor": []},
        {"direction": "up"},
        {"crossing": ["up", 1.0]},
        {"crossing": ["in"]},
        {"crossing": "in"},
        {"crossing": 5},
    ],
)
def test_newer_fields_that_are_damaged(harm: dict) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_data(GOOD | harm)


PRINT = CueWord("edges", "veto", 0.8, 0.5)
HEAD = CueWord("depth", "confirm", 0.2, 0.12)
STILL = CueWord("blink", "undecided", None, 0.4)
DOUBTED = CueWord("stillness", "doubt", 0.001, 0.002)
CLEAR = CueWord("texture", "clear", 0.6, 0.9)


def test_what_was_written_comes_back() -> None:
    record = LivenessRecord(
        "challenge", (PRINT, STILL, DOUBTED, CLEAR), ("look_up",), "too_late", {"stillness": 2}
    )
    assert liveness_to_data(record)["cues"][1] == ["blink", "undecided", None, 0.4]
    assert liveness_from_data(liveness_to_data(record)) == record
    assert liveness_from_data(None) == LivenessRecord()


def test_a_record_of_an_older_version_does_not_say_how_often_a_cue_doubted() -> None:
    data = liveness_to_data(LivenessRecord("passive", (PRINT,)))
    del data["doubted"]
    assert liveness_from_data(data) == LivenessRecord("passive", (PRINT,))


def test_the_cues_that_refused() -> None:
    assert LivenessRecord("passive", (PRINT, HEAD, STILL)).vetoes == {"edges": [0.8, 0.5]}


def test_the_cues_that_doubt_and_whether_that_speaks_of_an_attack() -> None:
    still = CueWord("stillness", "doubt", 0.0008, 0.001)
    rim = CueWord("edges", "doubt", 0.6, 0.5)
    hardly_moves = LivenessRecord("passive", (STILL, still, HEAD))
    assert hardly_moves.doubts == {"stillness": [0.0008, 0.001]}
    assert not hardly_moves.doubts_attack
    assert not LivenessRecord("passive", (STILL, HEAD)).doubts_attack
    framed = LivenessRecord("passive", (still, rim))
    assert set(framed.doubts) == {"stillness", "edges"}
    assert framed.doubts_attack
