import datetime
import warnings
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.encoder.card import Card, write_card
from accessctl.encoder.card_parts import Files, Geometry, Input
from accessctl.evaluation.data import CANVAS_TEMPLATE

SIZE = 32


def drawn(person: int, draw: np.random.Generator) -> np.ndarray:
    """A canvas with the polygon that stands for a person: its own corners, always, but moved,
    scaled and coloured anew in each photo."""
    own = np.random.default_rng([7, person])
    corners = int(own.integers(3, 8))
    angles = np.sort(own.uniform(0, 2 * np.pi, corners))
    radii = own.uniform(18, 55, corners) * draw.uniform(0.9, 1.1)
    centre = np.array([64, 75]) + draw.uniform(-5, 5, 2)
    points = centre + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    canvas = np.full((128, 128, 3), draw.integers(0, 90, 3), np.uint8)
    colour = tuple(int(v) for v in draw.integers(140, 256, 3))
    cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], colour)
    return canvas


@pytest.fixture(scope="session")
def shapes(tmp_path_factory) -> Path:
    """A folder per person, 60 people with 6 drawn photos each."""
    root = tmp_path_factory.mktemp("shapes")
    draw = np.random.default_rng(3)
    for person in range(60):
        folder = root / f"person{person:02d}"
        folder.mkdir()
        for photo in range(6):
            cv2.imwrite(str(folder / f"{photo}.png"), drawn(person, draw)[..., ::-1])
    return root


@pytest.fixture(scope="session")
def save() -> Callable:
    """Save a Keras model; Keras 3.15 hands its variables to numpy in a way numpy deprecates."""

    def quietly(model, path):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(path)

    return quietly


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory, save) -> Path:
    """An untrained encoder of 32x32 crops with 16 values."""
    import keras

    folder = tmp_path_factory.mktemp("tiny-encoder")
    keras.utils.set_random_seed(5)
    crops = keras.Input((SIZE, SIZE, 3))
    x = crops
    for channels in (12, 24):
        x = keras.layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu")(x)
    x = keras.layers.Flatten()(x)
    save(keras.Model(crops, keras.layers.Dense(16, name="out")(x)), folder / "tiny.keras")
    write_card(
        Card(
            name="tiny",
            version="1",
            fingerprint="cd" * 32,
            dimension=16,
            input=Input(size=SIZE, mean=(128, 128, 128), scale=1 / 128),
            geometry=Geometry(template=CANVAS_TEMPLATE, region=(8, 8, 120, 120)),
            files=Files(keras="tiny.keras"),
            origin="made by a test",
            licence="none",
            date=datetime.date(2024, 2, 29),
            trained_on="nothing",
            folder=folder,
        )
    )
    return folder
