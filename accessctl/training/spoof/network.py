"""The texture network: three small towers on three cuts of one face, and what they learn from.

A tower sees one reach. What it ends in is asked for four things: whether the face is living,
what each of two teachers says (Hinton et al., "Distilling the knowledge in a neural network",
2015), and what the teachers' last layers hold (Romero et al., "FitNets", ICLR 2015). What is
exported answers with the second: see `answering`.
"""

from collections.abc import Sequence

import keras
from keras import layers

from accessctl.training.spoof.twins import REACHES, SIZE

WIDTHS = (16, 32, 56, 96)
REPEATS = (0, 1, 2, 1)
"""So many residual blocks follow the one that halves the picture, at each stage; from the last
on always as many."""

TEACHERS = 2
TEACHER_CLASSES, TEACHER_VALUES = 3, 128
LIVING_CLASS = 1
DROPOUT = 0.2
HEAD = 96


def build_network(widths: Sequence[int] = WIDTHS, reaches: int = len(REACHES)) -> keras.Model:
    """Input float32 (N, 80, 80, 3 x reaches) RGB in [0, 1], the tightest cut first; outputs
    `living` (N, 1) and `says` (N, 2, 3) as logits, `holds` (N, 2, 128)."""
    stacked = keras.Input((SIZE, SIZE, 3 * reaches), name="crops")
    ends = []
    for index in range(reaches):
        cut = stacked[..., 3 * index : 3 * index + 3]
        ends.append(_tower(cut, widths, f"reach{index}"))
    joined = layers.Concatenate()(ends)
    hidden = layers.Dense(HEAD, activation="relu", name="hidden")(layers.Dropout(DROPOUT)(joined))
    living = layers.Dense(1, name="living", dtype="float32")(layers.Dropout(DROPOUT)(hidden))
    says = layers.Dense(TEACHERS * TEACHER_CLASSES, dtype="float32")(joined)
    holds = layers.Dense(TEACHERS * TEACHER_VALUES, dtype="float32")(joined)
    outputs = {
        "living": living,
        "says": layers.Reshape((TEACHERS, TEACHER_CLASSES), name="says")(says),
        "holds": layers.Reshape((TEACHERS, TEACHER_VALUES), name="holds")(holds),
    }
    return keras.Model(stacked, outputs)


def answering(network: keras.Model) -> keras.Model:
    """What is exported: probabilities (N, 3), of which LIVING_CLASS is that of a living face, the
    means of what the network takes both teachers to say.

    The output `living` knows only the simulation: beside it, it took a film of a phone for
    living that the teachers and those who copy them refuse. It stays as a task to learn from.
    """
    said = layers.Softmax(axis=-1, name="said")(network.get_layer("says").output)
    return keras.Model(network.input, layers.GlobalAveragePooling1D(name="answer")(said))


def _tower(x: keras.KerasTensor, widths: Sequence[int], name: str) -> keras.KerasTensor:
    for stage, width in enumerate(widths):
        x = _block(x, width, 2, f"{name}_{stage}")
        for repeat in range(REPEATS[min(stage, len(REPEATS) - 1)]):
            x = layers.Add()([x, _block(x, width, 1, f"{name}_{stage}_{repeat}")])
    return layers.GlobalAveragePooling2D()(x)


def _block(x: keras.KerasTensor, width: int, stride: int, name: str) -> keras.KerasTensor:
    x = layers.Conv2D(width, 3, stride, padding="same", use_bias=False, name=name)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.97)(x))
