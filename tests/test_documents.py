"""What the documents say shows a promise is really there."""

import ast
import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from accessctl.cli.commands import COMMANDS
from accessctl.extensions import ExtensionKind

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
INDEX = ROOT / "docs" / "README.md"
VERIFY = ROOT / "docs" / "VERIFY.md"
THREATS = ROOT / "docs" / "THREAT_MODEL.md"
DOCUMENTS = [
    README,
    ROOT / "CHANGELOG.md",
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
ANCHOR = re.compile(r"\]\(([^)#:]*)#([^)]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TWO_SCREENS = 95


def rows(document: Path) -> Iterator[list[str]]:
    """The cells of each line of each table, without heads and rules."""
    lines = document.read_text(encoding="utf-8").splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("|") and before.startswith("|") and not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def named(document: Path) -> Iterator[tuple[str, str | None]]:
    """Path and test name of each test that a document mentions; `::name` means the last path."""
    path = ""
    for code in CODE.findall(document.read_text(encoding="utf-8")):
        file, mark, name = code.partition("::")
        path = file or path
        if path.startswith("tests/") and (file or mark):
            yield path, name or None


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def commands() -> list[str]:
    words = ("accessctl ", "python ", "make ", "systemd-analyze ")
    found = (code for cells in rows(VERIFY) for code in CODE.findall(cells[-1]))
    return sorted({code for code in found if code.startswith(words)})


@pytest.mark.parametrize("document", [VERIFY, THREATS], ids=lambda path: path.name)
def test_every_test_that_is_named_exists(document: Path) -> None:
    tests = list(named(document))
    assert len(tests) > 50
    for path, name in tests:
        assert (ROOT / path).is_file(), path
        assert name is None or name in names_in(ROOT / path), f"{path}::{name}"


def test_every_promise_is_shown_or_said_to_be_not() -> None:
    promises = list(rows(VERIFY))
    assert len(promises) > 90
    for promise, shown in promises:
        proofs = [code for code in CODE.findall(shown) if code.startswith("tests/")]
        proofs += [code for code in CODE.findall(shown) if code in commands()]
        assert proofs or shown.startswith("not shown"), promise


@pytest.mark.parametrize("command", commands())
def test_every_command_that_is_named_exists(command: str) -> None:
    program, *words = command.split()
    if program == "make":
        assert f"\n{words[0]}:" in (ROOT / "Makefile").read_text()
    elif program == "python":
        assert importlib.util.find_spec(words[1]) is not None
    elif program == "systemd-analyze":
        assert (ROOT / words[-1]).is_file()
    else:
        assert " ".join(words) in {row.name for row in COMMANDS}


def shown() -> list[str]:
    """The commands in the README's blocks, without what is said about them."""
    blocks = BLOCK.findall(README.read_text(encoding="utf-8"))
    return [line for kind, block in blocks if not kind for line in block.splitlines() if line]


def test_the_readme_shows_commands() -> None:
    assert {line.split()[0] for line in shown()} == {"make", "accessctl"}


@pytest.mark.parametrize("command", shown())
def test_every_command_of_the_readme_is_understood(command: str, understand) -> None:
    program, *arguments = shlex.split(command, comments=True)
    if program == "make":
        assert f"\n{arguments[0]}:" in (ROOT / "Makefile").read_text()
    else:
        assert callable(understand(*arguments).run)


def test_the_readme_fits_on_two_screens() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= TWO_SCREENS


def test_the_index_names_every_document() -> None:
    named_there = {
        (INDEX.parent / link).resolve() for link in LINK.findall(INDEX.read_text(encoding="utf-8"))
    }
    assert set(INDEX.parent.rglob("*.md")) - {INDEX} <= named_there


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.name))
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in LINK.findall(document.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (document.parent / link).exists(), link


def anchors_of(document: Path) -> set[str]:
    """The names by which its headings are linked to, as GitHub makes them."""
    text = BLOCK.sub("", document.read_text(encoding="utf-8"))
    return {
        "".join(one for one in heading.lower() if one.isalnum() or one in "_- ").replace(" ", "-")
        for heading in HEADING.findall(text)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.name))
def test_every_place_in_a_document_that_is_linked_to_is_there(document: Path) -> None:
    for file, anchor in ANCHOR.findall(document.read_text(encoding="utf-8")):
        place = document.parent / file if file else document
        assert anchor in anchors_of(place), f"{file}#{anchor}"


def test_every_file_of_the_architecture_page_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    files = {
        code
        for code in CODE.findall(BLOCK.sub("", page))
        if re.fullmatch(r"\w+/[\w/]+(\.py|/)", code)
    }
    assert len(files) > 50
    places = (ROOT / "accessctl", ROOT)
    assert not {file for file in files if not any((place / file).exists() for place in places)}


def test_the_architecture_page_says_where_to_add_each_kind() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = page.partition("## Where to add")[2].partition("\n## ")[0]
    for kind in ExtensionKind:
        assert f"`{kind.value}`" in section
        assert f"| a {kind.one} |" in section.replace("| an ", "| a ")


QUOTED = {
    README: ("720p frame, one tracked face, median", "ready", "resident memory"),
    ROOT / "docs/results/README.md": (
        "720p frame, one tracked face, median",
        "the same, mean of all frames",
        "the peer's time",
        "ready",
        "resident memory",
        "nobody in view",
    ),
}


@pytest.mark.parametrize("document", QUOTED, ids=lambda path: str(path.relative_to(ROOT)))
def test_costs_are_quoted_from_the_table_of_speed(document: Path) -> None:
    """Those of the processor that was measured first, in the table's own words."""
    (first, *_) = json.loads((ROOT / "docs/results/speed.json").read_text(encoding="utf-8"))
    said = " ".join(document.read_text(encoding="utf-8").split())
    for what in QUOTED[document]:
        (row,) = (one for one in first["rows"] if one["what"].startswith(what))
        assert f" {row['figure']:.3g} {row['unit']}" in said, row["what"]
