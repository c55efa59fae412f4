"""dlib's face ResNet in Keras: 150x150 normalised crops in, raw 128-d descriptors out.

The network is the one Davis King published with dlib (`anet_type` in his
`dnn_face_recognition_ex`). Its descriptors are not of unit length; the runtimes see to
that, so that any encoder may hand out vectors of any length.
"""

from typing import Any

import keras
from keras import layers

from accessctl.encoder.dlib_weights import BLOCKS, DIMENSION, STEM, Weights
from accessctl.encoder.layers import ZeroPaddedAdd

SIZE = 150


def build() -> keras.Model:
    """The network with random weights: float32 (N, 150, 150, 3) -> float32 (N, 128)."""
    crops = keras.Input((SIZE, SIZE, 3), name="crops")
    _, filters, kernel = STEM
    x = layers.Conv2D(filters, kernel, strides=2, activation="relu", name="stem")(crops)
    x = layers.MaxPooling2D(3, strides=2)(x)
    for number, (channels, down) in enumerate(BLOCKS, start=1):
        x = _block(x, channels, down, f"block{number}")
    x = layers.GlobalAveragePooling2D()(x)
    descriptors = layers.Dense(DIMENSION, use_bias=False, name="projection")(x)
    return keras.Model(crops, descriptors, name="dlib_face_resnet")


def _block(x: Any, channels: int, down: bool, name: str) -> Any:
    skip = layers.AveragePooling2D(2, strides=2)(x) if down else x
    y = layers.Conv2D(
        channels,
        3,
        strides=2 if down else 1,
        padding="valid" if down else "same",
        activation="relu",
        name=f"{name}_1",
    )(x)
    y = layers.Conv2D(channels, 3, padding="same", name=f"{name}_2")(y)
    return layers.ReLU()(ZeroPaddedAdd(name=f"{name}_add")([y, skip]))


def load_weights(model: keras.Model, weights: Weights) -> None:
    """Put `weights` into a network made by `build`."""
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    for layer, convolution in zip(convolutions, weights.convolutions, strict=True):
        layer.set_weights([convolution.kernel, convolution.bias])
    model.get_layer("projection").set_weights([weights.projection])
