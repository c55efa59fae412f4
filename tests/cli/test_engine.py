from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import pytest

from accessctl.cli.engine import engine_of
from accessctl.config import Config
from accessctl.recognition import engine as recognition


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
