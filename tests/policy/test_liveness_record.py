import pytest

from accessctl.policy.circumstances import Proof
from accessctl.policy.liveness_record import (
    CueWord,
    LivenessRecord,
    intent_under,
    liveness_under,
    record_from_data,
    record_to_data,
)

PRINT = CueWord("edges", "veto", 0.8, 0.5)
HEAD = CueWord("depth", "confirm", 0.2, 0.12)
STILL = CueWord("blink", "undecided", None, 0.4)
DOUBTED, FINE = CueWord("stillness", "doubt", 0.001, 0.002), CueWord("texture", "clear", 0.6, 0.9)


def test_what_was_written_comes_back() -> None:
    record = LivenessRecord(
        "challenge", (PRINT, STILL, DOUBTED, FINE), ("look_up",), "too_late", {"stillness": 2}
    )
    assert record_to_data(record)["cues"][1] == ["blink", "undecided", None, 0.4]
    assert record_from_data(record_to_data(record)) == record
    assert record_from_data(None) == LivenessRecord()


def test_a_record_of_an_older_version_does_not_say_how_often_a_cue_doubted() -> None:
    data = record_to_data(LivenessRecord("passive", (PRINT,)))
    del data["doubted"]
    assert record_from_data(data) == LivenessRecord("passive", (PRINT,))


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


@pytest.mark.parametrize("asked", ["passive", "challenge"])
@pytest.mark.parametrize("proof", Proof)
def test_off_needs_nothing_and_the_same_mode_takes_it_as_it_was(asked, proof: Proof) -> None:
    record = LivenessRecord(asked, (PRINT,))
    assert liveness_under("off", proof, record) is Proof.NOT_NEEDED
    assert liveness_under(asked, proof, record) is proof


@pytest.mark.parametrize(
    ("mode", "asked", "cues", "worth"),
    [
        ("passive", "off", (), Proof.PENDING),
        ("challenge", "off", (), Proof.PENDING),
        ("challenge", "passive", (HEAD,), Proof.PENDING),
        ("challenge", "passive", (HEAD, PRINT), Proof.REFUTED),
        ("passive", "challenge", (HEAD, STILL), Proof.SHOWN),
        ("passive", "challenge", (STILL,), Proof.PENDING),
        ("passive", "challenge", (PRINT, HEAD), Proof.REFUTED),
        ("passive", "challenge", (DOUBTED, HEAD), Proof.PENDING),
        ("passive", "challenge", (PRINT, DOUBTED), Proof.REFUTED),
        ("passive", "challenge", (FINE,), Proof.PENDING),
        ("passive", "challenge", (FINE, HEAD), Proof.SHOWN),
    ],
)
def test_in_another_mode_the_cues_count(mode, asked, cues, worth: Proof) -> None:
    assert liveness_under(mode, Proof.SHOWN, LivenessRecord(asked, cues)) is worth


@pytest.mark.parametrize("proof", Proof)
def test_a_gesture_counts_where_it_was_wanted(proof: Proof) -> None:
    assert intent_under("look_up", proof, "look_up") is proof
    assert intent_under("off", proof, "look_up") is Proof.NOT_NEEDED
    assert intent_under("look_up", proof, "off") is Proof.PENDING
    assert intent_under("look_up", proof, "turn_left") is Proof.PENDING
