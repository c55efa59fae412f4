"""The texture network at the door, on fakes."""

import logging
from dataclasses import replace

import pytest

from accessctl.domain import Face
from accessctl.door.fake import FACE_BOX
from accessctl.liveness.examiner import FEWEST
from accessctl.liveness.fake import FakeTexture, speaking
from accessctl.liveness.worker import DirectCueRunner
from accessctl.vision.fake import fake_face
from tests.door.guests import CONFIRM, FACE, GRANTED, PASSIVE, UNDECIDED, Guest

NAN = float("nan")


def asking(texture: FakeTexture) -> Guest:
    return Guest(replace(PASSIVE, texture=texture))


def test_the_texture_network_is_asked_of_every_other_frame_of_ten_a_second() -> None:
    texture = FakeTexture(0.7)
    ada = asking(texture)
    ada.show(FEWEST)
    answers = [frame.texture for frame in ada.house.cues.looks[0].frames]
    assert answers == pytest.approx([0.7, NAN, 0.7, NAN, 0.7, NAN], nan_ok=True)
    assert texture.boxes == [FACE_BOX] * 3


def wavering(at: int) -> Face:
    """The face as a head that is never quite still holds it, and speaks."""
    face = fake_face(box=replace(FACE_BOX, x=FACE_BOX.x + (0, 1, 3, 2)[at // 2 % 4]))
    return replace(face, landmarks=speaking(face.landmarks, at // 2))


def test_skin_lets_in_and_paper_does_not() -> None:
    for answer, expected in ((0.97, [GRANTED]), (0.03, []), (0.8, [])):
        ada = asking(FakeTexture(answer))
        ada.house.cue_runner = DirectCueRunner()
        ada.door = ada.house.door()
        assert [one for at in range(16) for one in ada.show(1, faces=[wavering(at)])] == expected


def test_a_decided_visit_asks_the_texture_network_nothing_more() -> None:
    texture = FakeTexture()
    ada = asking(texture)
    ada.house.cues.says = CONFIRM
    ada.show(50)
    assert len(texture.boxes) == FEWEST // 2


def test_two_visits_are_asked_about_each_by_itself() -> None:
    texture = FakeTexture()
    guests = asking(texture)
    both = (FACE, replace(FACE, track=2))
    guests.show(3, faces=both)
    assert len(texture.boxes) == 4


def test_a_texture_network_that_fails_opens_nothing_and_is_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    texture = FakeTexture()
    texture.fault = RuntimeError("no tensor")
    ada = asking(texture)
    ada.house.cues.says = CONFIRM
    with caplog.at_level(logging.ERROR):
        assert ada.show(30) == [UNDECIDED]
    assert ada.house.unlock.payloads == []
    assert [type(error) for _, error in ada.house.faults] == [RuntimeError]
    # The next visit begins anew.
    texture.fault = None
    ada.leave()
    assert ada.show(10, faces=(replace(FACE, track=2),)) == [GRANTED]
