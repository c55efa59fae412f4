from pathlib import Path

import pytest
from pydantic import ValidationError

from accessctl.errors import ConfigError
from accessctl.training import settings
from accessctl.training.settings import LossSetting, Settings, TeacherSetting

LOSSES = (LossSetting(name="triplet", weight=0.5),)


def test_settings_come_back_as_written(tmp_path):
    chosen = Settings(
        data=Path("faces"),
        losses=LOSSES,
        epochs=2.5,
        teachers=(TeacherSetting(file=Path("t.npy"), weight=2),),
        margin=0.3,
    )
    settings.write(tmp_path / "run", chosen)
    assert settings.read(tmp_path / "run") == chosen
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("budget", [{}, {"minutes": 3, "epochs": 1}, {"epochs": 1, "steps": 9}])
def test_there_is_one_budget(budget):
    with pytest.raises(ValidationError, match="one of minutes, epochs and steps"):
        Settings(data=Path("faces"), losses=LOSSES, **budget)


@pytest.mark.parametrize("text", ["[1, 2", "data: x\nwrong: 1\n", "- 3\n"])
def test_damage_is_told(tmp_path, text):
    (tmp_path / settings.NAME).write_text(text)
    with pytest.raises(ConfigError, match="not a run's settings"):
        settings.read(tmp_path)


def test_a_missing_run_is_told(tmp_path):
    with pytest.raises(ConfigError, match="name the folder of a run"):
        settings.read(tmp_path / "none")
