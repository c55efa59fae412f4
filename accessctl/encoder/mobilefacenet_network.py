"""MobileFaceNet in Keras, from the weights of mobilefacenet_weights.

Chen et al., "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on
Mobile Devices", CCBR 2018, table 1, with the block widths of the imported network.
"""

from typing import Any

import keras
from keras import layers

from accessctl.encoder.mobilefacenet_weights import BLOCKS, SIZE, Stage


def build(stages: dict[str, Stage]) -> keras.Model:
    """float32 (N, 112, 112, 3) -> (N, 192), not of unit length."""
    crops = keras.Input((SIZE, SIZE, 3), name="crops")
    x = _stage(_stage(_stage(crops, stages, "stem"), stages, "deep"), stages, "flat")
    for number, stride in enumerate(BLOCKS):
        name = f"block{number + 1}"
        before = x
        for part in ("wide", "deep", "flat"):
            x = _stage(x, stages, f"{name}_{part}")
        if stride == 1:
            x = layers.Add(name=f"{name}_add")([before, x])
    x = _stage(_stage(_stage(x, stages, "last"), stages, "pool"), stages, "mix")
    x = layers.Flatten(name="flatten")(x)
    head = stages["head"]
    model = keras.Model(crops, layers.Dense(head.outputs, name="embedding")(x), name="encoder")
    model.get_layer("embedding").set_weights([head.kernel[0, 0], head.bias])
    for name, stage in stages.items():
        if name == "head":
            continue
        model.get_layer(name).set_weights([stage.kernel, stage.bias])
        if stage.slope is not None:
            model.get_layer(f"{name}_prelu").set_weights([stage.slope[None, None]])
    return model


def _stage(x: Any, stages: dict[str, Stage], name: str) -> Any:
    stage = stages[name]
    size = stage.kernel.shape[0]
    settings = {"strides": stage.stride, "padding": stage.padding, "name": name}
    if stage.depthwise:
        x = layers.DepthwiseConv2D(size, **settings)(x)
    else:
        x = layers.Conv2D(stage.outputs, size, **settings)(x)
    if stage.slope is None:
        return x
    return layers.PReLU(shared_axes=[1, 2], name=f"{name}_prelu")(x)
