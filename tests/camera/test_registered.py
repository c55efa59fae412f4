import pytest

from accessctl.camera import registered
from accessctl.camera.choose import source_from
from accessctl.camera.fake import FakeSource
from accessctl.camera.registered import maker_of, register_source, registered_words
from accessctl.camera.spec import SourceKind, SourceSpec, parse_source, understood
from accessctl.config_camera import CameraConfig
from accessctl.errors import SourceError


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registered, "_makers", {})


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
    assert asked == [(config, True)]


def test_without_it_the_word_is_a_path_and_is_not_offered() -> None:
    assert registered_words() == ()
    assert parse_source("puppet") == SourceSpec(SourceKind.PATH, "puppet")
    assert understood().endswith("a video file, or a folder of images")
    with pytest.raises(SourceError, match=r"^puppet does not exist; name auto, usb:0"):
        source_from("puppet", CameraConfig())
    with pytest.raises(KeyError):
        maker_of("puppet")


def test_whoever_mistypes_is_told_of_it() -> None:
    register_source("puppet", lambda *_: FakeSource([]))
    with pytest.raises(SourceError, match="a folder of images, or puppet"):
        parse_source("ftp://camera/video")


def test_the_last_to_register_a_word_has_it() -> None:
    first, last = FakeSource([]), FakeSource([])
    register_source("puppet", lambda *_: first)
    register_source("puppet", lambda *_: last)
    assert registered_words() == ("puppet",)
    assert source_from("puppet", CameraConfig()) is last


@pytest.mark.parametrize("word", ["auto", "", "Demo", "a b", "usb:1", "9", "x" * 33, "a/b", "é"])
def test_words_that_mean_something_else_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match="small letters"):
        register_source(word, lambda *_: FakeSource([]))
    assert registered_words() == ()
