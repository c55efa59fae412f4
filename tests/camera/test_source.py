import numpy as np
import pytest

from accessctl.camera.choose import SourceKind, SourceSpec, parse_source, source_from, understood
from accessctl.camera.fake import FakeSource
from accessctl.camera.source import Shot, added_source, added_sources, register_source
from accessctl.config.camera import CameraConfig
from accessctl.errors import ExtensionError, SourceError


def test_a_shot_from_a_camera_has_no_time_of_its_own() -> None:
    assert Shot(np.zeros((1, 1, 3), np.uint8)).media is None


pytestmark = pytest.mark.usefixtures("nothing_added")


def test_a_word_names_what_was_registered_for_it() -> None:
    asked: list[tuple[CameraConfig, bool]] = []
    made = FakeSource([])

    def make(config: CameraConfig, fast: bool) -> FakeSource:
        asked.append((config, fast))
        return made

    register_source("puppet-2", make)
    config = CameraConfig(fps=7)
    assert parse_source(" puppet-2 ") == SourceSpec(SourceKind.REGISTERED, "puppet-2")
    assert source_from("puppet-2", config, fast=True) is made
    assert asked == [(config.model_copy(update={"source": "puppet-2"}), True)]


def test_an_address_with_that_word_for_its_scheme_names_it_too() -> None:
    asked: list[str] = []

    def make(config: CameraConfig, fast: bool) -> FakeSource:
        asked.append(config.source)
        return FakeSource([])

    register_source("puppet", make)
    source_from("puppet://stage/2", CameraConfig())
    assert asked == ["puppet://stage/2"]
    with pytest.raises(SourceError, match="is not understood"):
        source_from("marionette://stage", CameraConfig())


def test_a_source_that_is_none_is_a_sentence() -> None:
    register_source("puppet", lambda *_: object())
    with pytest.raises(
        ExtensionError, match=r"'puppet' gives a source without description, live, endless, open;"
    ):
        source_from("puppet", CameraConfig())

    def broken(_config: CameraConfig, _fast: bool) -> FakeSource:
        raise ZeroDivisionError("by nought")

    register_source("puppet", broken)
    with pytest.raises(ExtensionError, match=r"cannot be made \(ZeroDivisionError: by nought\)"):
        source_from("puppet", CameraConfig())


def test_without_it_the_word_is_a_path_and_is_not_offered() -> None:
    assert added_sources() == ()
    assert parse_source("puppet") == SourceSpec(SourceKind.PATH, "puppet")
    assert understood().endswith("a video file, or a folder of images")
    with pytest.raises(SourceError, match=r"^puppet does not exist; name auto, usb:0"):
        source_from("puppet", CameraConfig())
    assert added_source("puppet") is None


def test_whoever_mistypes_is_told_of_it() -> None:
    register_source("puppet", lambda *_: FakeSource([]))
    with pytest.raises(SourceError, match="a folder of images, or puppet"):
        parse_source("ftp://camera/video")


def test_the_last_to_register_a_word_has_it() -> None:
    first, last = FakeSource([]), FakeSource([])
    register_source("puppet", lambda *_: first)
    register_source("puppet", lambda *_: last)
    assert added_sources() == ("puppet",)
    assert source_from("puppet", CameraConfig()) is last


@pytest.mark.parametrize(
    "word", ["auto", "rtsp", "https", "usb", "", "Demo", "a b", "usb:1", "9", "x" * 33, "a/b", "é"]
)
def test_words_that_mean_something_else_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"small letters|names a source already"):
        register_source(word, lambda *_: FakeSource([]))
    assert added_sources() == ()
