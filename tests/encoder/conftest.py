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

    from accessctl.encoder.export import to_litert

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


@pytest.fixture(scope="session")
def mobilefacenet_tensors():
    """The constants of a MobileFaceNet a few channels wide, named as in its LiteRT file."""
    random = np.random.default_rng(0)
    inner = "MobileFaceNet/MobileFaceNet"
    tensors = {}

    def values(*shape):
        return (random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)

    def conv(weights, layer, inputs, outputs, size=1):
        tensors[f"{weights}/weights/read"] = values(outputs, size, size, inputs)
        tensors[f"{layer}/Conv2D_bias"] = values(outputs) / 4

    def deep(weights, layer, width, size=3):
        tensors[f"{weights}/depthwise_weights/read"] = values(1, size, size, width)
        tensors[f"{layer}/depthwise_bias"] = values(width) / 4

    def slope(layer, width):
        tensors[f"{layer}/mul"] = random.uniform(0, 0.2, width).astype(np.float32)

    conv("MobileFaceNet/Conv2d_0", f"{inner}/Conv2d_0", 3, 4, 3)
    slope(f"{inner}/Conv2d_0", 4)
    deep("MobileFaceNet/SeparableConv2d", f"{inner}/SeparableConv2d", 4)
    slope(f"{inner}/SeparableConv2d", 4)
    conv("MobileFaceNet/Conv", f"{inner}/Conv", 4, 3)
    blocks = [(2, n, 3) for n in range(5)] + [(3, 0, 5)] + [(4, n, 5) for n in range(6)]
    blocks += [(5, 0, 4), (6, 0, 4), (6, 1, 4)]
    width = 3
    for number, (group, repeat, outputs) in enumerate(blocks, start=1):
        block = f"{inner}/Conv2d_{group}_InvResBlock_{repeat}"
        conv(f"MobileFaceNet/Conv_{2 * number - 1}", f"{block}/Conv", width, 6)
        slope(f"{block}/Conv", 6)
        deep(f"MobileFaceNet/SeparableConv2d_{number}", f"{block}/SeparableConv2d", 6)
        slope(f"{block}/SeparableConv2d", 6)
        conv(f"MobileFaceNet/Conv_{2 * number}", f"{block}/Conv_1", 6, outputs)
        width = outputs
    conv("MobileFaceNet/Conv2d_7", f"{inner}/Conv2d_7", width, 8)
    slope(f"{inner}/Conv2d_7", 8)
    logits = "MobileFaceNet/Logits"
    deep(f"{logits}/SeparableConv2d", f"{logits}/SeparableConv2d", 8, 7)
    conv(f"{logits}/Conv", f"{logits}/Conv", 8, 7)
    conv(f"{logits}/LinearConv1x1", f"{logits}/LinearConv1x1", 7, 192)
    return tensors
