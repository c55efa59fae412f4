"""minivision's MiniFASNet, rebuilt in Keras from its PyTorch weights: a teacher, never shipped.

Architecture: a MobileFaceNet with fewer channels (minivision, Silent-Face-Anti-Spoofing, 2020,
Apache-2.0). Input float32 (N, 80, 80, 3) BGR in [0, 255]; output softmax (N, 3), of which the
middle one is "living".
"""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from accessctl.errors import ModelError

SIZE = 80
EPSILON = 1e-5
LOGITS = "prob"
State = Mapping[str, NDArray[np.generic]]


def build_minifasnet(state: State) -> keras.Model:
    """The network with the weights of `state` (names as in the published files).

    Its layer `prob` gives the logits (N, 3) of what its last but one layer holds (N, 128).
    Raises ModelError when weights are missing or of another shape.
    """
    try:
        return _Builder(state).network()
    except (KeyError, ValueError) as error:
        raise ModelError(f"These are no weights of a MiniFASNet ({error}).") from error


@dataclass(frozen=True, slots=True)
class _Builder:
    state: State

    def network(self) -> keras.Model:
        given = keras.Input((SIZE, SIZE, 3))
        x = self._block(given, "conv1", stride=2)
        x = self._block(x, "conv2_dw")
        x = self._deep(x, "conv_23", stride=2)
        x = self._row(x, "conv_3")
        x = self._deep(x, "conv_34", stride=2)
        x = self._row(x, "conv_4")
        x = self._deep(x, "conv_45", stride=2)
        x = self._row(x, "conv_5")
        x = self._block(x, "conv_6_sep")
        x = self._block(x, "conv_6_dw", padded=False)
        x = layers.Flatten()(x)
        x = self._dense(x, "linear")
        x = self._norm(x, "bn")
        x = self._dense(x, LOGITS)
        return keras.Model(given, layers.Softmax()(x))

    def _row(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        index = 0
        while f"{name}.model.{index}.conv.conv.weight" in self.state:
            inner = self._deep(x, f"{name}.model.{index}")
            if f"{name}.model.{index}.se_module.fc1.weight" in self.state:
                inner = self._excite(inner, f"{name}.model.{index}.se_module")
            x = layers.Add()([x, inner])
            index += 1
        return x

    def _deep(self, x: keras.KerasTensor, name: str, stride: int = 1) -> keras.KerasTensor:
        x = self._block(x, f"{name}.conv")
        x = self._block(x, f"{name}.conv_dw", stride=stride)
        return self._block(x, f"{name}.project")

    def _excite(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        w = layers.GlobalAveragePooling2D(keepdims=True)(x)
        w = layers.ReLU()(self._norm(self._conv(w, f"{name}.fc1"), f"{name}.bn1"))
        w = self._norm(self._conv(w, f"{name}.fc2"), f"{name}.bn2")
        return layers.Multiply()([x, layers.Activation("sigmoid")(w)])

    def _block(
        self, x: keras.KerasTensor, name: str, stride: int = 1, padded: bool = True
    ) -> keras.KerasTensor:
        x = self._norm(self._conv(x, f"{name}.conv", stride, padded), f"{name}.bn")
        if f"{name}.prelu.weight" not in self.state:
            return x
        prelu = layers.PReLU(shared_axes=[1, 2])
        y = prelu(x)
        prelu.set_weights([self.state[f"{name}.prelu.weight"].reshape(1, 1, -1)])
        return y

    def _conv(
        self, x: keras.KerasTensor, name: str, stride: int = 1, padded: bool = True
    ) -> keras.KerasTensor:
        weight = self._weight(name, axes=4)
        size = weight.shape[2]
        if padded and size > 1:
            # As PyTorch pads: the same on all sides, which "same" does not where it strides.
            x = layers.ZeroPadding2D(size // 2)(x)
        options = {"strides": stride, "use_bias": False, "kernel_size": size}
        if weight.shape[1] == 1 and x.shape[-1] == weight.shape[0] > 1:
            conv: keras.Layer = layers.DepthwiseConv2D(**options)
            kernel = weight.transpose(2, 3, 0, 1)
        else:
            conv = layers.Conv2D(weight.shape[0], **options)
            kernel = weight.transpose(2, 3, 1, 0)
        y = conv(x)
        conv.set_weights([kernel])
        return y

    def _norm(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        norm = layers.BatchNormalization(epsilon=EPSILON)
        y = norm(x)
        parts = ("weight", "bias", "running_mean", "running_var")
        norm.set_weights([self.state[f"{name}.{part}"] for part in parts])
        return y

    def _dense(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        weight = self._weight(name, axes=2)
        dense = layers.Dense(weight.shape[0], use_bias=False, name=name)
        y = dense(x)
        dense.set_weights([weight.T])
        return y

    def _weight(self, name: str, axes: int) -> NDArray[np.generic]:
        weight = self.state[f"{name}.weight"]
        if weight.ndim != axes:
            raise ValueError(f"{name} has {weight.ndim} axes")
        return weight
