from pathlib import Path

import pytest

from accessctl.camera.fake import FakeSource
from accessctl.config import AuditConfig, CameraConfig, Config, GalleryConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.door import session
from accessctl.door.fake import FakeHouse
from accessctl.recognition.engine import Engine


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        camera=CameraConfig(source="demo", backoff_min_s=0.001, backoff_max_s=0.001, steady_s=0),
        gallery=GalleryConfig(folder=tmp_path / "enrolled"),
        audit=AuditConfig(file=tmp_path / "events.sqlite"),
        policy=FakeHouse().policy,
        # Its people are flat pictures.
        liveness=LivenessConfig(mode="off"),
    )


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()


@pytest.fixture
def engine(config: Config, house: FakeHouse) -> Engine:
    """Everything a session needs, made of fakes."""
    return Engine(config, house.observer, house.recogniser, house.gallery, house.roster())


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    """Put a scripted source in the camera's place."""

    def put(source: FakeSource) -> FakeSource:
        monkeypatch.setattr(session, "source_from", lambda *_, **__: source)
        return source

    return put
