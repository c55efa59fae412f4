import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def check_wheels() -> ModuleType:
    path = REPOSITORY / "scripts" / "check_wheels.py"
    spec = importlib.util.spec_from_file_location("check_wheels", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NEEDS = {
    "door": ["Eyes>=1", "gpu-only; extra == 'gpu'", "intel; platform_machine == 'x86_64'"],
    "Eyes": ["numbers", "old; python_version < '3.12'", "net[fast]"],
    "net": ["quick; extra == 'fast'", "slow; extra == 'slow'", "door"],
}


@pytest.mark.parametrize(
    ("python", "named", "expected"),
    [
        ("3.13", ["door"], {"door", "eyes", "numbers", "net", "quick"}),
        ("3.11", ["door"], {"door", "eyes", "numbers", "net", "quick", "old"}),
        ("3.13", ["numbers; platform_machine == 'x86_64'"], set()),
        ("3.13", ["net", "net[slow]"], {"net", "slow", "door", "eyes", "numbers", "quick"}),
    ],
)
def test_what_a_small_board_needs_is_followed_to_the_end(
    check_wheels: ModuleType, python: str, named: list[str], expected: set[str]
) -> None:
    assert check_wheels.closure(named, python, lambda name: NEEDS.get(name, [])) == expected


def test_pins_are_those_of_the_board_and_its_python(check_wheels: ModuleType) -> None:
    text = (
        "# a line\nA_b==1\nc==2 ; python_full_version < '3.12'\n"
        "c==3 ; python_full_version >= '3.12'\nd==4 ; platform_machine == 'x86_64'\n"
    )
    assert check_wheels.pins(text, "3.11") == {"a-b": "==1", "c": "==2"}
    assert check_wheels.pins(text, "3.13") == {"a-b": "==1", "c": "==3"}
