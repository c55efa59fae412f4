import numpy as np
import pytest

from accessctl.errors import ModelError
from accessctl.training.spoof.minifasnet import build_minifasnet


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
