from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from accessctl.api.engine import FaceEngine, open_engine_of
from accessctl.domain import Face, Frame, Image
from accessctl.door.fake import CALIBRATION, FACE_BOX
from accessctl.encoder.base import FAKE_CARD, FakeEncoder
from accessctl.gallery.fake import random_units
from accessctl.recognition.engine import EngineMakers
from accessctl.recognition.normalisation import Normaliser
from accessctl.vision.fake import fake_face


class StaringObserver:
    """Sees the same faces in every frame and photo."""

    def __init__(self) -> None:
        self.faces: Sequence[Face] = [fake_face(box=FACE_BOX)]
        self.timings: dict[str, float] = {}
        self.closed = False

    def observe(self, frame: Frame) -> list[Face]:
        return list(self.faces)

    def still(self, image: Image, narrowest: float = 0.0) -> list[Face]:
        del image, narrowest
        return list(self.faces)

    def close(self) -> None:
        self.closed = True


class Workshop:
    """Opens engines of fakes, but for the gallery and the event log, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.observers: list[StaringObserver] = []
        self.encoder = FakeEncoder()

    def config(self, **sections: dict[str, Any]) -> dict[str, Any]:
        """Its people are flat pictures, so nobody asks for life."""
        usual: dict[str, dict[str, Any]] = {
            "gallery": {"folder": str(self.folder / "enrolled")},
            "audit": {"file": str(self.folder / "state" / "events.sqlite")},
            "liveness": {"mode": "off"},
            "policy": {"unknown_after_frames": 4, "unknown_after_s": 0.2},
        }
        for name, section in sections.items():
            usual[name] = usual.get(name, {}) | section
        return usual

    @contextmanager
    def engine(self, *, renew: bool = False, **sections: dict[str, Any]) -> Iterator[FaceEngine]:
        normaliser = Normaliser(random_units(300, FAKE_CARD.dimension, seed=1), 50)
        makers = EngineMakers(
            encoder=lambda config: self.encoder,
            observer=lambda config: self._observer(),
            scoring=lambda card: (normaliser, CALIBRATION),
        )
        given = self.config(**sections)
        with open_engine_of(makers, given, renew_templates=renew) as engine:
            yield engine

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

    def _observer(self) -> Any:
        self.observers.append(StaringObserver())
        return self.observers[-1]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    for variable in ("ACCESSCTL_KEY_FILE", "ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    return Workshop(tmp_path)
