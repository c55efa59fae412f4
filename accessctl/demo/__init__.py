"""The drawn visitor, its camera and its door."""

from typing import TYPE_CHECKING

from accessctl.camera.source import register_source

if TYPE_CHECKING:
    from accessctl.camera.source import Source
    from accessctl.config.camera import CameraConfig


WORD = "demo"


def register() -> None:
    """Let `demo` name a camera. Nothing is drawn, and no picture loaded, before it is opened."""
    register_source(WORD, _source)


def _source(config: "CameraConfig", fast: bool) -> "Source":
    from accessctl.demo.scene import DemoSource

    return DemoSource(config.fps, fast=fast)
