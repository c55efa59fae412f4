import shlex
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.core import TyperGroup

from accessctl.cli.commands import COMMANDS, CommandRow
from accessctl.cli.front import Several, Typed, Verb, application, is_number, spread, verb_of
from accessctl.extensions import Extension, ExtensionKind

NAMED = [row for row in COMMANDS if row.module is not None]


def commands(group: Any, words: tuple[str, ...] = ()) -> "list[tuple[str, Any]]":
    """Every command below, by its words, as it is when its code is imported."""
    found = []
    for name, deferred in group.commands.items():
        command = deferred.loaded()
        found.append((" ".join((*words, name)), command))
        if isinstance(command, TyperGroup):
            found += commands(command, (*words, name))
    return found


def test_the_table_and_the_commands_are_the_same() -> None:
    assert [name for name, _ in commands(application())] == [row.name for row in COMMANDS]


@pytest.mark.parametrize("row", NAMED, ids=lambda row: row.name)
def test_every_command_explains_itself_with_examples_that_are_understood(
    row: CommandRow, understand
) -> None:
    verb = verb_of(row)
    assert len(verb.about.split()) > 8
    assert verb.about.rstrip().endswith(".")
    assert verb.examples
    for example in verb.examples:
        words = shlex.split(example.split("|")[-1])
        typed = understand(*words[words.index("accessctl") + 1 :])
        assert isinstance(typed, Typed)
    assert any(f"accessctl {row.name}" in example for example in verb.examples)


@pytest.mark.parametrize("row", [row for row in COMMANDS if row.module is None], ids=str)
def test_a_word_that_groups_others_shows_one_of_them(
    row: CommandRow, understand, capsys: pytest.CaptureFixture[str]
) -> None:
    program, *rest = shlex.split(row.example)
    words = row.name.split()
    assert (program, rest[: len(words)]) == ("accessctl", words)
    assert isinstance(understand(*rest), Typed)
    with pytest.raises(typer.Exit):
        understand(*words, "--help")
    assert row.example in capsys.readouterr().out


def test_every_argument_and_option_is_described() -> None:
    silent = [
        (name, parameter.name)
        for name, command in commands(application())
        for parameter in command.params
        if not parameter.help or not parameter.help.strip().endswith((".", ")"))
    ]
    assert silent == []


@pytest.mark.parametrize(
    "words",
    [
        ["enroll", "--add", "Grace", "more.jpg"],
        ["enroll", "Grace", "--add", "more.jpg"],
        ["enroll", "Grace", "more.jpg", "--add"],
    ],
)
def test_options_stand_before_between_or_after_the_arguments(understand, words) -> None:
    options = understand(*words).options
    assert (options.name, [str(photo) for photo in options.photos]) == ("Grace", ["more.jpg"])
    assert options.add is True


def test_what_stands_before_the_last_word_counts_too(understand) -> None:
    before = understand("events", "--json", "--since", "1d", "--config", "a", "export").options
    assert (before.since, str(before.config)) == ("1d", "a")
    after = understand("events", "--since", "1d", "export", "--since", "2d").options
    assert after.since == "2d"
    assert understand("events", "--json", "verify").options.json is True
    assert understand("events", "verify").options.json is False


def test_several_values_follow_an_option(understand) -> None:
    words = ("evaluate", "oneshot", "--ways", "5", "20", "--data", "x", "--shots", "1")
    options = understand(*words).options
    assert (options.ways, options.shots) == ([5, 20], [1])
    assert understand("evaluate", "oneshot", "--data", "x").options.ways == [2, 5, 20, 100]
    words = ("models", "calibrate", "--faces", "f", "--part-weights", "3.2", "1", "folder")
    options = understand(*words).options
    assert (options.part_weights, str(options.folder)) == ([3.2, 1.0], "folder")


@given(st.lists(st.sampled_from(["--sizes", "--sizes=3", "--other", "4", "-5", "x", "--"])))
def test_spreading_loses_no_word_and_moves_none(words: list[str]) -> None:
    found = spread(words, {"--sizes": Several(is_number)})
    assert [word for word in found if word != "--sizes"] == [w for w in words if w != "--sizes"]
    assert found.count("--sizes") >= words.count("--sizes")
    head, tail = (
        (words[: words.index("--")], words[words.index("--") :])
        if "--" in words
        else (
            words,
            [],
        )
    )
    assert found[len(found) - len(tail) :] == tail
    assert spread(head, {}) == head


def test_a_row_of_values_ends_with_the_first_word_that_is_none() -> None:
    several = {"--sizes": Several(is_number)}
    assert spread(["--sizes", "1", "2", "x", "3"], several) == [
        *("--sizes", "1", "--sizes", "2", "x", "3")
    ]
    assert spread(["--sizes=1", "2"], several) == ["--sizes=1", "--sizes", "2"]


@dataclass(frozen=True, kw_only=True)
class GreetOptions:
    name: Annotated[str, typer.Argument(help="Who.")]


def greet(name: str) -> int:
    print(f"hello {name}")
    return 3


def test_other_packages_add_commands_and_take_none_of_ours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    loaded = []

    def load(what: Any) -> Extension:
        def loading() -> Any:
            loaded.append(what)
            return what

        return Extension(ExtensionKind.COMMANDS, "any", "", "greeter", loading)

    app = typer.Typer()
    app.command()(greet)
    verb = Verb(lambda options: greet(options.name), GreetOptions, "Greets.", ())
    top = application(
        [
            (CommandRow("greet", "Added", "Greets somebody."), load(greet)),
            (CommandRow("hail", "Added", "Hails somebody."), load(app)),
            (CommandRow("welcome", "Added", "Welcomes somebody."), load(verb)),
            (CommandRow("people", "Added", "Steals a name."), load(greet)),
        ]
    )

    def typed(*words: str) -> Any:
        with top.make_context("accessctl", list(words)) as context:
            return top.invoke(context)

    with pytest.raises(typer.Exit):
        typed("--help")
    assert "Greets somebody." in capsys.readouterr().out
    assert loaded == []
    assert typed("greet", "Ada") == 3
    assert typed("hail", "Ada") == 3
    assert typed("welcome", "Ada").run() == 3
    assert capsys.readouterr().out == "hello Ada\n" * 3
    assert typed("people").verb.options.__name__ == "PeopleOptions"
    assert len(loaded) == 3
