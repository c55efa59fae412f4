from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import pytest

from accessctl.cli.engine import engine_of, engine_to_read
from accessctl.config import Config, GalleryConfig
from accessctl.recognition import engine as recognition
from accessctl.recognition.engine import EngineMakers


def test_a_commands_process_keeps_to_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Config] = []

    @contextmanager
    def open_engine(config: Config, progress: object) -> Iterator[str]:
        asked.append(config)
        yield f"an engine with {cv2.getNumThreads()} thread"

    monkeypatch.setattr(recognition, "open_engine", open_engine)
    before, config = cv2.getNumThreads(), Config()
    try:
        cv2.setNumThreads(2)
        with engine_of(config) as engine:
            assert engine == "an engine with 1 thread"
    finally:
        cv2.setNumThreads(before)
    assert asked == [config]


def test_a_command_that_only_looks_makes_no_gallery(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    @contextmanager
    def open_engine(config: Config, progress: object, makers: EngineMakers) -> Iterator[Any]:
        yield makers.gallery(config.gallery, {})

    monkeypatch.setattr(recognition, "open_engine", open_engine)
    config = Config(gallery=GalleryConfig(folder=tmp_path / "enrolled"))
    with engine_to_read(config) as gallery:
        assert gallery.people() == []
    assert list(tmp_path.iterdir()) == []
