"""HSE FaceRes in Keras: 224x224 normalised BGR crops in, 128 principal components out.

A MobileNet (Howard et al., "MobileNets", arXiv:1704.04861) that Andrey Savchenko trained on
VGGFace2; its 1024 pooled features are normalised to unit length, the mean face is taken away
and what is left is projected on its main directions, all inside the network.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from accessctl.encoder.faceres_weights import SIZE, Stage
from accessctl.encoder.projection import Projection


def features(stages: Sequence[Stage]) -> keras.Model:
    """The network up to its unit-length features: float32 (N, 224, 224, 3) -> (N, 1024)."""
    crops = keras.Input((SIZE, SIZE, 3), name="crops")
    x = crops
    for number, stage in enumerate(stages, start=1):
        x = _stage(x, stage, f"stage{number}")
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(crops, layers.UnitNormalization(name="unit")(x), name="faceres_features")
    for number, stage in enumerate(stages, start=1):
        model.get_layer(f"stage{number}").set_weights([stage.kernel, stage.bias])
    return model


def build(stages: Sequence[Stage], projection: Projection) -> keras.Model:
    """The whole network: float32 (N, 224, 224, 3) -> (N, D), not of unit length."""
    trunk = features(stages)
    project = layers.Dense(projection.components.shape[1], name="projection")
    model = keras.Model(trunk.input, project(trunk.output), name="faceres")
    # (x - mean) @ components is one dense layer.
    project.set_weights([projection.components, -projection.mean @ projection.components])
    return model


def _stage(x: Any, stage: Stage, name: str) -> Any:
    size = stage.kernel.shape[0]
    if stage.depthwise:
        layer = layers.DepthwiseConv2D(size, stage.stride, padding="same", name=name)
    else:
        layer = layers.Conv2D(stage.outputs, size, stage.stride, padding="same", name=name)
    return layers.ReLU(max_value=6.0)(layer(x))
