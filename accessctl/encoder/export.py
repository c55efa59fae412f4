"""Turn a Keras encoder into a LiteRT file for a CPU.

Imports TensorFlow, so nothing on the door's path may import this module.
"""

from typing import Any, Literal

import keras
import tensorflow as tf

Precision = Literal["int8", "float16"]


def to_litert(model: keras.Model, precision: Precision) -> bytes:
    """The LiteRT file of a model that maps float32 (N, S, S, 3) to float32 (N, D).

    Its batch is fixed at 1, so that every shape is known to the runtime's planner. `int8`
    is dynamic range quantisation: weights in 8 bits a channel, activations quantised as
    they come, inputs and outputs float32; no calibration pictures are needed. `float16`
    stores the weights in 16 bits and computes in float32. The same model and TensorFlow
    release give the same bytes.
    """
    spec = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="crops")
    forward = tf.function(lambda crops: model(crops, training=False), autograph=False)
    converter: Any = tf.lite.TFLiteConverter.from_concrete_functions(
        [forward.get_concrete_function(spec)]
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())
