import io
import json
import math
import sys
from pathlib import Path

import pytest

from accessctl.cli.common import (
    bar,
    config_path,
    days,
    photo_bar,
    print_json,
    print_table,
    seconds,
    table,
)
from accessctl.errors import ConfigError, InputError


def test_the_option_wins_over_the_variable_over_the_folder(tmp_path: Path) -> None:
    here = tmp_path / "config.yaml"
    here.touch()
    environ = {"ACCESSCTL_CONFIG": "/etc/door.yaml"}
    assert config_path(Path("a.yaml"), environ, lambda: tmp_path) == Path("a.yaml")
    assert config_path(None, environ, lambda: tmp_path) == Path("/etc/door.yaml")
    assert config_path(None, {}, lambda: tmp_path) == here
    assert config_path(None, {"ACCESSCTL_CONFIG": ""}, lambda: tmp_path) == here


def test_no_configuration_at_all_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--config FILE or .* ACCESSCTL_CONFIG\.$"):
        config_path(None, {}, lambda: tmp_path)


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


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("김연아", 6),
        ("王小明", 6),
        ("José", 4),
        ("Jose\u0301", 4),
        ("नमस्ते", 4),
        ("👩 Ada", 6),
        ("Ada", 3),
    ],
)
def test_a_table_stays_straight_in_any_script(name: str, cells: int) -> None:
    _, row, other = table(("NAME", "N"), [(name, "1"), ("Wilhelmina", "2")]).splitlines()
    assert other == "Wilhelmina  2"
    # The column of 10 cells, and two between.
    assert row == name + " " * (12 - cells) + "1"


def test_a_row_is_a_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    print_table(("NAME", "NOTE"), [("Ada", long)])
    assert capsys.readouterr().out == f"NAME  NOTE\nAda   {long}\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "bold"), [(None, True), ("", True), ("1", False)])
def test_colour_is_for_a_terminal_that_wants_it(
    monkeypatch: pytest.MonkeyPatch, no_color: str | None, bold: bool
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    print_table(("NAME",), [("Ada",)])
    assert terminal.getvalue() == ("\033[1mNAME\033[0m\nAda\n" if bold else "NAME\nAda\n")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -5.0])
def test_seconds_are_not_negative_and_have_an_end(value: float) -> None:
    with pytest.raises(InputError, match="--seconds is a number of seconds, 0 or more"):
        seconds(value)


def test_seconds_that_are_meant() -> None:
    assert (seconds(0.5), seconds(0.0), seconds(None)) == (0.5, 0.0, None)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_days_have_an_end(value: float) -> None:
    with pytest.raises(InputError, match="--keep-days"):
        days(value)
    assert days(0.0) == 0


def test_everything_is_passed_on_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(photo_bar(iter("abc"), 3)) == ["a", "b", "c"]
    assert list(photo_bar([], 0)) == []
    # Nobody watches: a log file is no place for a bar.
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert list(bar(range(4), 4, "ways")) == [0, 1, 2, 3]
    assert "4/4" in terminal.getvalue()
    assert "ways" in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_nothing_to_do_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(photo_bar([], 0)) == []
    assert terminal.getvalue() == ""
