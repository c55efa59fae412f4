import numpy as np

from accessctl.domain import Box, CropGeometry, Frame
from accessctl.vision.alignment import cut, five_points
from accessctl.vision.fake import FakeObserver, fake_face
from accessctl.vision.landmarks import mesh_box

BLACK = np.zeros((400, 400, 3), np.uint8)


def test_the_script_is_played_once_and_then_nobody_is_there():
    face = fake_face(track=7)
    observer = FakeObserver([[face], []])
    seen = [observer.observe(Frame(BLACK, i / 15, i)) for i in range(3)]
    assert seen == [[face], [], []]
    assert [frame.sequence for frame in observer.frames] == [0, 1, 2]


def test_the_last_photo_is_repeated():
    first, second = fake_face(), fake_face()
    observer = FakeObserver(photos=[[first], [second]])
    assert [observer.still(BLACK) for _ in range(3)] == [[first], [second], [second]]


def test_a_fake_face_can_be_cut():
    face = fake_face(box=Box(100, 120, 100, 120))
    assert mesh_box(face.landmarks) == face.box
    left_eye, right_eye, nose, left_mouth, right_mouth = five_points(face.landmarks)
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_eye[1] < nose[1] < left_mouth[1]
    assert left_mouth[0] < right_mouth[0]
    template = ((38.0, 52.0), (74.0, 52.0), (56.0, 72.0), (42.0, 92.0), (71.0, 92.0))
    assert cut(BLACK, face.landmarks, CropGeometry(template, (0, 0, 112, 112), 64)).shape == (
        64,
        64,
        3,
    )
