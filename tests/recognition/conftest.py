import pytest

from accessctl.door.fake import FakeHouse
from accessctl.recognition.calibration import Calibration


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()


@pytest.fixture
def calibration() -> Calibration:
    return Calibration([0.0, 2.0, 4.0, 8.0], [0.0, -1.0, -2.0, -6.0], [0.0, -0.9, -1.8, -5.0])
