import argparse

import pytest

from accessctl.cli.evaluate import add_parser


def test_it_is_one_of_the_commands(site) -> None:
    said = site("evaluate", "--help", config=False)
    assert said.code == 0
    assert "liveness" in said.out


def test_it_must_be_told_what_to_evaluate(site) -> None:
    said = site("evaluate", config=False)
    assert said.code == 2
    assert "COMMAND" in said.err


def test_another_part_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["evaluate", "honesty"])
    assert ended.value.code == 2
    assert "honesty" in capsys.readouterr().err
