import json
from pathlib import Path

import pytest

from accessctl.cli.common import config_path, print_json, table
from accessctl.errors import ConfigError


def test_the_option_wins_over_the_variable_over_the_folder(tmp_path: Path) -> None:
    here = tmp_path / "config.yaml"
    here.touch()
    environ = {"ACCESSCTL_CONFIG": "/etc/door.yaml"}
    assert config_path(Path("a.yaml"), environ, tmp_path) == Path("a.yaml")
    assert config_path(None, environ, tmp_path) == Path("/etc/door.yaml")
    assert config_path(None, {}, tmp_path) == here
    assert config_path(None, {"ACCESSCTL_CONFIG": ""}, tmp_path) == here


def test_no_configuration_at_all_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--config FILE or .* ACCESSCTL_CONFIG\.$"):
        config_path(None, {}, tmp_path)


def test_json_is_one_line_readable_and_strict(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"person": "Zoë\nØ", "fmr": None})
    out = capsys.readouterr().out
    assert out == '{"person": "Zoë\\nØ", "fmr": null}\n'
    assert json.loads(out) == {"person": "Zoë\nØ", "fmr": None}
    with pytest.raises(ValueError, match="JSON"):
        print_json({"fmr": float("nan")})


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    shown = table(("NAME", "PHOTOS"), [("Ada", "1"), ("Augusta", "12")])
    assert shown.splitlines() == ["NAME     PHOTOS", "Ada      1", "Augusta  12"]


def test_a_table_of_nothing_is_its_head() -> None:
    assert table(("NAME", "PHOTOS"), []) == "NAME  PHOTOS"
