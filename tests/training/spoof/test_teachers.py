from pathlib import Path

import keras
import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.domain import Box
from accessctl.errors import ModelError
from accessctl.evaluation.photos import ZipPhotos
from accessctl.training.spoof.minifasnet import build_minifasnet
from accessctl.training.spoof.run import quick_look
from accessctl.training.spoof.teachers import TEACHER_FILES, MiniFasNet, cut, open_teachers

SHARED = Path(__file__).parents[4] / "shared"
LIVING = 1
"""The middle one of the teachers' three classes."""


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_a_teacher_tells_logits_and_what_they_are_made_of(legacy, tiny_state, tmp_path) -> None:
    path = tmp_path / "teacher.pth"
    path.write_bytes(legacy({f"module.{name}": values for name, values in tiny_state.items()}))
    teacher = MiniFasNet(path, 2.7)
    assert teacher.reach == 2.7
    cuts = np.random.default_rng(1).uniform(0, 255, (2, 80, 80, 3)).astype(np.float32)
    says, holds = teacher(cuts)
    assert (says.shape, holds.shape, says.dtype, holds.dtype) == ((2, 3), (2, 128), "f4", "f4")
    np.testing.assert_allclose(holds @ tiny_state["prob.weight"].T, says, atol=1e-4)
    whole = keras.ops.convert_to_numpy(build_minifasnet(tiny_state)(cuts))
    np.testing.assert_allclose(softmax(says), whole, atol=1e-5)


def test_a_folder_without_them_is_refused_by_the_name_of_the_first(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"2\.7_80x80_MiniFASNetV2\.pth cannot be read"):
        open_teachers(tmp_path)


def test_a_state_dictionary_of_something_else_is_refused(legacy, tmp_path) -> None:
    (tmp_path / TEACHER_FILES[0][0]).write_bytes(legacy({"weight": np.ones(3, "<f4")}))
    with pytest.raises(ModelError, match="no weights of a MiniFASNet"):
        open_teachers(tmp_path)


def test_what_a_teacher_sees_is_blue_first_and_around_the_face() -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    image[60:140, 60:140] = 255, 100, 20
    # Twice the box is 40 pixels to either side of (100, 100).
    whole = cut(image, Box(80, 80, 40, 40), 2.0)
    assert (whole.shape, whole.dtype) == ((80, 80, 3), np.float32)
    assert (whole == np.array([20, 100, 255])).all()
    # Four times the box is 80; the square then fills the middle half.
    wider = cut(image, Box(80, 80, 40, 40), 4.0)
    assert (wider[25:55, 25:55] == np.array([20, 100, 255])).all()
    assert (wider[:15] == 0).all()
    assert (wider[:, 65:] == 0).all()


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.exists(), reason="the teachers in ../shared are not here")
def test_the_published_teachers_know_the_living_from_prints() -> None:
    photos = ZipPhotos(SHARED / "data" / "liveness" / "photos.zip")
    look = quick_look(VisionConfig())
    found: dict[str, list[tuple[np.ndarray, Box]]] = {"live": [], "spoof": []}
    for name in photos.names:
        seen = found[name.partition("/")[0]]
        if len(seen) < 6:
            image = photos.read(name)
            seen += [(image, box) for box in look(image)[:1] if box.w > 60]
    means = {}
    for kind, seen in found.items():
        means[kind] = [
            float(softmax(says)[:, LIVING].mean())
            for teacher in open_teachers(SHARED / "teachers")
            for says, _ in [teacher(np.stack([cut(*one, teacher.reach) for one in seen]))]
        ]
    assert min(means["live"]) > 0.7, means
    assert max(means["spoof"]) < 0.4, means
