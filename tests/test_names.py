"""One name, one thing."""

import ast
from collections import defaultdict
from pathlib import Path

import accessctl

HOUSE = Path(accessctl.__file__).parent


def test_no_two_classes_of_the_house_have_one_name() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                where[node.name].append(f"{path.relative_to(HOUSE)}:{node.lineno}")
    assert len(where) > 300
    assert {name: places for name, places in where.items() if len(places) > 1} == {}
