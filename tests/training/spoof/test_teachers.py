from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config import VisionConfig
from accessctl.domain import Box
from accessctl.errors import ModelError
from accessctl.evaluation.data import ZipPhotos
from accessctl.training.spoof.run import quick_look
from accessctl.training.spoof.teachers import (
    SHIFT,
    TEACHER_FILES,
    Distortion,
    MiniFasNet,
    asked,
    build_minifasnet,
    cut,
    distorted,
    moved,
    open_teachers,
)


def convolved(x: np.ndarray, weight: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """As PyTorch convolves (N, C, H, W): as many zeros on all sides; one channel for each where
    the weight has only one."""
    size = weight.shape[2]
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))
    windows = windows[:, :, ::stride, ::stride]
    if weight.shape[1] == 1 < x.shape[1]:
        return np.einsum("nchwij,cij->nchw", windows, weight[:, 0])
    return np.einsum("nchwij,ocij->nohw", windows, weight)


class Reference:
    """The network in numpy, written down from the published PyTorch code."""

    def __init__(self, state: dict[str, np.ndarray]) -> None:
        self._state = {name: values.astype(np.float64) for name, values in state.items()}

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        x = pictures.transpose(0, 3, 1, 2).astype(np.float64)
        x = self.block(self.block(x, "conv1", 2, 1), "conv2_dw", 1, 1)
        x = self.deep(x, "conv_23", 2)
        x = x + self.deep(x, "conv_3.model.0", 1)
        x = self.deep(x, "conv_34", 2)
        x = x + self.excited(self.deep(x, "conv_4.model.0", 1), "conv_4.model.0.se_module")
        x = self.deep(x, "conv_45", 2)
        x = self.block(self.block(x, "conv_6_sep", 1, 0), "conv_6_dw", 1, 0)
        assert x.shape[2:] == (1, 1)
        x = self.norm(x[:, :, 0, 0] @ self._state["linear.weight"].T, "bn")
        powers = np.exp(x @ self._state["prob.weight"].T)
        return powers / powers.sum(axis=1, keepdims=True)

    def deep(self, x: np.ndarray, name: str, stride: int) -> np.ndarray:
        x = self.block(x, f"{name}.conv", 1, 0)
        x = self.block(x, f"{name}.conv_dw", stride, 1)
        return self.block(x, f"{name}.project", 1, 0)

    def excited(self, x: np.ndarray, name: str) -> np.ndarray:
        w = x.mean(axis=(2, 3), keepdims=True)
        w = np.maximum(self.norm(self.convolved(w, f"{name}.fc1", 1, 0), f"{name}.bn1"), 0)
        w = self.norm(self.convolved(w, f"{name}.fc2", 1, 0), f"{name}.bn2")
        return x / (1 + np.exp(-w))

    def block(self, x: np.ndarray, name: str, stride: int, padding: int) -> np.ndarray:
        x = self.norm(self.convolved(x, f"{name}.conv", stride, padding), f"{name}.bn")
        if f"{name}.prelu.weight" not in self._state:
            return x
        return np.where(x > 0, x, x * self._state[f"{name}.prelu.weight"][:, None, None])

    def convolved(self, x: np.ndarray, name: str, stride: int, padding: int) -> np.ndarray:
        return convolved(x, self._state[f"{name}.weight"], stride, padding)

    def norm(self, x: np.ndarray, name: str) -> np.ndarray:
        over = (1, -1) + (1,) * (x.ndim - 2)
        weight, bias, mean, variance = (
            self._state[f"{name}.{part}"].reshape(over)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 1e-5) * weight + bias


def test_pytorch_pads_alike_on_all_sides() -> None:
    # "same" of Keras would pad right and below only, and give 9, 6, 6, 4.
    ones = convolved(np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)), 2, 1)
    np.testing.assert_array_equal(ones[0, 0], [[4, 6], [6, 9]])


def test_the_network_computes_what_pytorch_would(tiny_state) -> None:
    network = build_minifasnet(tiny_state)
    assert network.input_shape == (None, 80, 80, 3)
    assert network.output_shape == (None, 3)
    assert network.get_layer("prob").input.shape == (None, 128)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 80, 80, 3)).astype(np.float32)
    given, wanted = np.asarray(network(pictures)), Reference(tiny_state)(pictures)
    np.testing.assert_allclose(given, wanted, atol=2e-5)
    # The two pictures are not told apart by chance only, and no class is certain.
    assert np.abs(wanted[0] - wanted[1]).max() > 1e-3
    assert wanted.max() < 0.999


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("conv1.conv.weight", None),
        ("conv1.conv.weight", np.zeros(4, "<f4")),
        ("conv1.bn.running_var", np.zeros(9, "<f4")),
        ("conv1.prelu.weight", np.zeros(9, "<f4")),
        ("conv2_dw.conv.weight", np.zeros((4, 2, 3, 3), "<f4")),
        ("linear.weight", np.zeros((128, 7, 1, 1), "<f4")),
        ("prob.weight", None),
    ],
)
def test_other_weights_are_refused(tiny_state, name, values) -> None:
    state = dict(tiny_state)
    if values is None:
        del state[name]
    else:
        state[name] = values
    with pytest.raises(ModelError, match="no weights of a MiniFASNet"):
        build_minifasnet(state)


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


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# Nothing is moved, lit or mixed, but what a test asks for.
CALM = Distortion(0.0, 0.0, lambda crops, rng: crops, lambda pictures, rng: pictures)


def shades(*values: int) -> np.ndarray:
    """A sample of each, of one shade."""
    return np.array(values, np.uint8)[:, None, None, None, None] * np.ones((3, 80, 80, 3), "u1")


def test_without_any_distortion_a_picture_is_itself() -> None:
    pictures, lives = distorted(shades(0, 51, 255), np.array([1, 0, 1], np.float32), rng(), CALM)
    np.testing.assert_allclose(pictures.mean((1, 2, 3, 4)), [0, 0.2, 1], atol=1e-6)
    assert lives.tolist() == [1, 0, 1]


def test_where_two_are_mixed_life_is_mixed_by_the_same_share() -> None:
    # What lives is white and what does not is black, so that a picture's shade is its life.
    living = np.array([1, 0] * 10, np.float32)
    pictures, lives = distorted(shades(*[255, 0] * 10), living, rng(), replace(CALM, mixed=1.0))
    np.testing.assert_allclose(pictures.mean((1, 2, 3, 4)), lives, atol=1e-5)
    assert ((lives > 0.05) & (lives < 0.95)).sum() > 5


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_a_window_counts_by_what_it_covers_also_of_what_is_mixed(seed) -> None:
    living = np.array([1, 0, 0, 1], np.float32)
    how = replace(CALM, mixed=0.5, patched=1.0)
    pictures, lives = distorted(shades(255, 0, 0, 255), living, rng(seed), how)
    np.testing.assert_allclose(pictures.mean((1, 2, 3, 4)), lives, atol=1e-5)


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_whatever_is_drawn_gives_pictures_and_shares(seed) -> None:
    crops = rng(seed).integers(0, 256, (3, 3, 80, 80, 3)).astype(np.uint8)
    before = crops.copy()
    pictures, lives = distorted(crops, np.array([1, 0, 1], np.float32), rng(seed))
    assert (pictures.shape, pictures.dtype, lives.dtype) == (crops.shape, "f4", "f4")
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert 0 <= lives.min() <= lives.max() <= 1
    np.testing.assert_array_equal(crops, before)
    again, _ = distorted(crops, np.array([1, 0, 1], np.float32), rng(seed))
    np.testing.assert_array_equal(pictures, again)


def test_a_moved_picture_stays_nearly_where_it_was() -> None:
    crops = np.zeros((3, 80, 80, 3), np.uint8)
    crops[:, 30:50, 30:50] = 200
    y, _ = np.mgrid[:80, :80]
    heights, mirrored = [], 0
    crops[:, 30:50, 70:74] = 200
    for seed in range(40):
        bright = moved(crops, rng(seed)).mean(axis=3) > 100
        heights += [float(y[cut].mean()) for cut in bright]
        sides = {bool(cut[:, :20].any()) for cut in bright}
        # All cuts of a face are mirrored together.
        assert len(sides) == 1
        mirrored += sides == {True}
    assert 10 <= mirrored <= 30
    assert 1 < np.std(heights) < SHIFT
    assert np.mean(heights) == pytest.approx(39.5, abs=1)


def test_each_teacher_sees_its_cut_blue_first_up_to_255() -> None:
    pictures = np.zeros((2, 3, 80, 80, 3), np.float32)
    pictures[:, 1] = 0.2, 0.4, 0.6
    pictures[:, 2] = 1.0, 0.5, 0.0
    seen = {}

    class Watching:
        def __init__(self, reach: float) -> None:
            self.reach = reach

        def __call__(self, cuts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            seen[self.reach] = cuts
            return np.full((2, 3), self.reach), np.full((2, 128), -self.reach)

    says, holds = asked(pictures, [Watching(4.0), Watching(2.7)])
    assert (says.shape, holds.shape) == ((2, 2, 3), (2, 2, 128))
    assert says[0, :, 0].tolist() == [4.0, 2.7]
    assert holds[1, :, 5].tolist() == [-4.0, -2.7]
    np.testing.assert_allclose(seen[2.7][1, 7, 7], [153, 102, 51], rtol=1e-5)
    np.testing.assert_allclose(seen[4.0][0, 0, 0], [0, 127.5, 255], rtol=1e-5)
