"""The examples in the docstrings of what is public, run as they stand there."""

import doctest
import importlib
import warnings
from pathlib import Path

import pytest

import accessctl

MODULES = sorted(
    {
        "accessctl.extensions",
        "accessctl.camera.iterable",
        "accessctl.vision.alignment",
        *(place for place in accessctl._PLACES if place.startswith("accessctl.api.")),
    }
)
SHOWN = ("open_engine", "FaceEngine", "load_encoder", "open_door", "run_door", "FrameSource")


@pytest.mark.usefixtures("nothing_added")
@pytest.mark.parametrize("name", MODULES)
def test_every_example_gives_what_it_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried > 0
    assert failed == 0


@pytest.mark.parametrize("name", [*SHOWN, "register", "unregister", "cut"])
def test_what_is_public_and_can_be_called_has_an_example(name: str) -> None:
    assert ">>> " in (getattr(accessctl, name).__doc__ or "")
