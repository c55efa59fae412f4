"""A small network with random weights, as an encoder folder that `accessctl train` can start from.

It is of the size that is usual where somebody trains a Siamese network of their own: six
convolutions, half a million weights, crops of 64 pixels.
"""

import datetime
from pathlib import Path

import keras
from keras import layers

from accessctl.encoder.card import Card, write_card
from accessctl.encoder.card_parts import TEMPLATE, Files, Geometry, Input
from accessctl.training.export import fingerprint

SIZE = 64
DIMENSION = 128
CHANNELS = (32, 64, 64, 128, 128, 256)
STRIDES = (2, 1, 2, 1, 2, 2)
FILE = "encoder.keras"


def build() -> keras.Model:
    """float32 (N, 64, 64, 3) -> (N, 128), not of unit length."""
    crops = keras.Input((SIZE, SIZE, 3), name="crops")
    x = crops
    for number, (channels, stride) in enumerate(zip(CHANNELS, STRIDES, strict=True), start=1):
        x = layers.Conv2D(
            channels,
            3,
            stride,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"convolution{number}",
        )(x)
    x = layers.Dense(DIMENSION, name="embedding")(layers.Flatten()(x))
    return keras.Model(crops, x, name="small")


def provide(folder: Path, seed: int = 1) -> Path:
    """Write the untrained network into `folder`, unless it is there; the folder."""
    if (folder / "card.yaml").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    network = build()
    network.save(folder / FILE)
    write_card(
        Card(
            name="small",
            version="1",
            fingerprint=fingerprint(network),
            dimension=DIMENSION,
            input=Input(size=SIZE, mean=(128, 128, 128), scale=1 / 128),
            geometry=Geometry(template=TEMPLATE, region=(8, 8, 120, 120)),
            files=Files(keras=FILE),
            origin="random weights, benchmarks/small_network.py",
            licence="none needed",
            date=datetime.datetime.now(tz=datetime.UTC).date(),
            trained_on="nothing",
            folder=folder,
        )
    )
    return folder
