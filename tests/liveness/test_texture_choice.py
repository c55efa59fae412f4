import logging

import numpy as np
import pytest

from accessctl.config import load_config
from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Box
from accessctl.errors import ModelError
from accessctl.liveness.texture_choice import load_texture


def test_the_folder_that_was_named_is_loaded(texture_folder):
    network = load_texture(LivenessConfig(texture=texture_folder()))
    assert network is not None
    assert network.score(np.full((64, 64, 3), 255, np.uint8), Box(8, 8, 16, 16)) == 1.0


def test_off_loads_nothing_and_says_nothing(caplog):
    with caplog.at_level(logging.WARNING):
        assert load_texture(LivenessConfig(texture="off")) is None
    assert caplog.records == []


def test_the_usual_folder_may_be_missing_and_that_is_told_once(tmp_path, caplog):
    file = tmp_path / "config.yaml"
    file.write_text("liveness: {mode: passive}\n")
    with caplog.at_level(logging.WARNING):
        assert load_texture(load_config(file).liveness) is None
    assert len(caplog.records) == 1
    assert str(tmp_path / "models/texture") in caplog.text
    assert "off" in caplog.text


def test_a_folder_that_was_named_may_not_be_missing(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("liveness: {texture: models/texture}\n")
    with pytest.raises(ModelError, match=r"liveness\.texture"):
        load_texture(load_config(file).liveness)


def test_what_is_there_must_be_fit_also_in_the_usual_place(tmp_path):
    (tmp_path / "models/texture").mkdir(parents=True)
    file = tmp_path / "config.yaml"
    file.write_text("")
    with pytest.raises(ModelError, match=r"card\.yaml"):
        load_texture(load_config(file).liveness)
