import datetime
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from accessctl.encoder.card import Card, load_card, write_card
from accessctl.encoder.card_parts import Files, Geometry, Input

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture(scope="session")
def save():
    """Save a Keras model; Keras 3.15 hands its variables to numpy in a way numpy deprecates."""

    def quietly(model, path):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(path)

    return quietly


@pytest.fixture(scope="session")
def models():
    return MODELS


@pytest.fixture(scope="session")
def dlib_card():
    return load_card(MODELS / "dlib")


@pytest.fixture(scope="session")
def golden():
    with np.load(MODELS / "dlib" / "golden.npz") as data:
        return SimpleNamespace(chips=data["chips"], descriptors=data["descriptors"])


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory, save):
    """A user's own encoder: 16x16 crops, 4 dimensions, as Keras and LiteRT files."""
    import keras

    from accessctl.encoder.keras_file import to_litert

    folder = tmp_path_factory.mktemp("tiny")
    keras.utils.set_random_seed(1)
    crops = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 3, activation="relu")(crops)
    model = keras.Model(crops, keras.layers.Dense(4)(keras.layers.Flatten()(x)))
    save(model, folder / "tiny.keras")
    for precision in ("int8", "float16"):
        (folder / f"tiny_{precision}.tflite").write_bytes(to_litert(model, precision))
    return folder


@pytest.fixture
def own_card(tmp_path: Path, tiny_files: Path) -> Callable[..., Card]:
    """Write a card with the given changes beside copies of the tiny encoder's files."""
    shutil.copytree(tiny_files, tmp_path, dirs_exist_ok=True)

    def make(files: Files, size: int = 16, dimension: int = 4) -> Card:
        card = Card(
            name="tiny",
            version="1",
            fingerprint="ab" * 32,
            dimension=dimension,
            input=Input(size=size, mean=(128, 128, 128), scale=1 / 128),
            geometry=Geometry(
                template=((5, 6), (10, 6), (8, 9), (6, 12), (9, 12)), region=(0, 0, 16, 16)
            ),
            files=files,
            origin="made by a test",
            licence="none",
            date=datetime.date(2024, 2, 29),
            trained_on="nothing",
            folder=tmp_path,
        )
        write_card(card)
        return card

    return make
