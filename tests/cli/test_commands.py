import importlib.util

import pytest

from accessctl.cli.commands import COMMANDS, CommandRow

GROUPS = ["Door", "People", "Recognise", "Evidence", "Site", "Encoders", "Set-up"]


def test_the_groups_stand_in_their_order_and_each_in_one_piece() -> None:
    order = [row.group for row in COMMANDS]
    assert list(dict.fromkeys(order)) == GROUPS
    assert order == sorted(order, key=GROUPS.index)


def test_every_name_is_there_once_and_below_a_word_that_is_there() -> None:
    names = [row.name for row in COMMANDS]
    assert len(set(names)) == len(names)
    assert {name.split()[0] for name in names} == {name for name in names if " " not in name}


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_a_row_is_one_line_and_its_module_is_there(row: CommandRow) -> None:
    assert row.help.endswith(".")
    assert row.help[0].isupper() or row.help[0].isdigit()
    assert len(row.help) <= 80
    assert "\n" not in row.help
    if row.module is not None:
        assert importlib.util.find_spec(f"accessctl.cli.{row.module}") is not None


def test_what_a_command_is_called_in_its_module() -> None:
    assert CommandRow("unlock-face", "Door", "").attribute == "UNLOCK_FACE"
    assert CommandRow("events verify", "Evidence", "").attribute == "VERIFY"
