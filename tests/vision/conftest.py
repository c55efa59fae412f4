"""Photographs in the public domain, and the models that look at them."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
import skimage

from accessctl.config import VisionConfig
from accessctl.domain import Image
from accessctl.vision.landmarks import LandmarkModel
from accessctl.vision.observer import Observer

REPOSITORY = Path(__file__).parents[2]


def read(path: Path) -> Image:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="session")
def hopper() -> Image:
    """Grace Hopper, 512 x 600; her face is about 185 pixels wide."""
    return read(Path(matplotlib.get_data_path()) / "sample_data/grace_hopper.jpg")


@pytest.fixture(scope="session")
def astronaut() -> Image:
    """Eileen Collins, 512 x 512; her face is about 93 pixels wide."""
    return read(Path(skimage.__file__).parent / "data/astronaut.png")


@pytest.fixture(scope="session")
def coffee() -> Image:
    """A cup of coffee, enlarged to 1280 x 720."""
    photo = read(Path(skimage.__file__).parent / "data/coffee.png")[:337]
    return cv2.resize(photo, (1280, 720))


@pytest.fixture(scope="session")
def vision_config() -> VisionConfig:
    return VisionConfig(models=REPOSITORY / "models/cache/mediapipe")


@pytest.fixture(scope="session")
def landmark_model(vision_config: VisionConfig) -> LandmarkModel:
    return LandmarkModel(vision_config.models)


@pytest.fixture
def observer(vision_config: VisionConfig) -> Iterator[Observer]:
    observer = Observer(vision_config)
    yield observer
    observer.close()


@pytest.fixture
def two_people(coffee: Image, hopper: Image, astronaut: Image) -> Image:
    """1280 x 720: Hopper on the left, Collins on the right."""
    picture = np.array(coffee)
    picture[60:660, 60:572] = hopper
    picture[100:612, 700:1212] = astronaut
    return picture
