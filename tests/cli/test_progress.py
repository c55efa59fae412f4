import io
import sys

import pytest

from accessctl.cli.progress import bar, photo_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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
