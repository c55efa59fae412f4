from pathlib import Path

import pytest

from accessctl.config import Config, EncoderConfig, GalleryConfig, VisionConfig
from accessctl.errors import ModelError
from accessctl.service.checks import self_test
from accessctl.service.checks.finding import Level
from accessctl.service.checks.self_test import beside, check_chain

MODELS = Path(__file__).parents[3] / "models"


@pytest.fixture
def config(tmp_path):
    return Config(
        encoder=EncoderConfig(folder=MODELS / "dlib", device="cpu"),
        vision=VisionConfig(models=MODELS / "cache" / "mediapipe"),
        gallery=GalleryConfig(folder=tmp_path / "enrolled"),
    )


def test_somebody_enrolled_is_let_in_by_the_real_models(config, tmp_path):
    (finding,) = check_chain(config)
    assert finding.level is Level.OK, finding.sentence
    assert "the fake lock opened" in finding.sentence
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_does_not_work_is_seen(config, monkeypatch):
    monkeypatch.setattr(self_test, "FAKE_LOCK", ("false",))
    (finding,) = check_chain(config)
    assert (finding.level, "not opened once" in finding.sentence) == (Level.FAILURE, True)


def test_somebody_else_is_not_let_in(config, monkeypatch):
    from accessctl.demo.people import hopper

    monkeypatch.setattr(self_test, "collins", hopper)
    (finding,) = check_chain(config)
    assert finding.level is Level.FAILURE
    assert "(no_match)" in finding.sentence


def test_missing_models_are_a_sentence(config, tmp_path):
    without = config.model_copy(update={"vision": VisionConfig(models=tmp_path)})
    with pytest.raises(ModelError, match="accessctl models fetch"):
        list(check_chain(without))


def test_nothing_of_the_door_is_used_but_its_models(config, tmp_path):
    scratch = beside(config, tmp_path / "scratch")
    assert scratch.gallery.folder.is_relative_to(tmp_path / "scratch")
    assert scratch.audit.file.is_relative_to(tmp_path / "scratch")
    assert scratch.policy.lockout.file is None
    assert [action.argv for action in scratch.actions.granted] == [("true",)]
    assert (scratch.encoder, scratch.vision) == (config.encoder, config.vision)
