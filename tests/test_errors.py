import inspect
import re

import pytest

from accessctl import errors
from accessctl.errors import AccessctlError, FaultError, InputError

CLASSES = {
    name: cls
    for name, cls in inspect.getmembers(errors, inspect.isclass)
    if cls.__module__ == errors.__name__
}
BRANCH = re.compile(r"^ {4}(?P<indent>[│ ]*)(?:├── |└── )?(?P<name>\w+Error)\b(?P<note>.*)$")


def drawn() -> list[tuple[str, str, str]]:
    """Name, name of the parent and note of each line of the tree in the docstring."""
    path: list[str] = ["Exception"]
    lines: list[tuple[str, str, str]] = []
    for text in (errors.__doc__ or "").splitlines():
        line = BRANCH.match(text)
        if line is None:
            continue
        depth = 1 + len(line["indent"]) // 4 + ("── " in text)
        path[depth:] = [line["name"]]
        lines.append((line["name"], path[depth - 1], line["note"]))
    return lines


def test_the_drawn_tree_is_the_real_one() -> None:
    real = {name: cls.__bases__ for name, cls in CLASSES.items()}
    assert all(len(bases) == 1 for bases in real.values())
    assert {name: parent for name, parent, _ in drawn()} == {
        name: bases[0].__name__ for name, bases in real.items()
    }
    assert len(drawn()) == len(CLASSES)


def test_the_drawn_exit_codes_are_the_real_ones() -> None:
    notes = {name: re.search(r"exit code (\d)", note) for name, _, note in drawn()}
    assert {name: int(found[1]) for name, found in notes.items() if found} == {
        "InputError": InputError.exit_code,
        "FaultError": FaultError.exit_code,
    }


@pytest.mark.parametrize("cls", CLASSES.values(), ids=list(CLASSES))
def test_input_ends_with_2_and_everything_else_with_1(cls: type[AccessctlError]) -> None:
    assert cls.exit_code == (2 if issubclass(cls, InputError) else 1)
