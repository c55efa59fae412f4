"""What typer is told of the commands: each is imported when it is run, or its help is asked.

A command has one class of options, a frozen dataclass whose fields are annotated with
`typer.Option` or `typer.Argument`; its function is called with one object of that class and
returns the exit code. Options that several commands share are inherited. What typer makes of the
words is a `Typed`: nothing runs before all of them are understood.
"""

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, cast, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from accessctl import __version__
from accessctl.cli.commands import COMMANDS, CommandRow
from accessctl.cli.error_text import unknown_word
from accessctl.extensions import Extension, made_by


def _tell_version(asked: bool) -> None:
    if asked:
        print(f"accessctl {__version__}")
        raise typer.Exit


SETTINGS = {"help_option_names": ["--help", "-h"]}


@dataclass(frozen=True, slots=True)
class Verb:
    """One command, as its module tells of it: `run` is given the options, and nothing else.

    What a command uses besides is a keyword of its function, with what is usual for its default.

    `examples` are lines that can be typed. With `tells` its log speaks of what it does (INFO);
    the others only warn.
    """

    run: Callable[..., int]
    options: type[Any]
    about: str
    examples: tuple[str, ...]
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as it was typed: understood, and not run yet."""

    verb: Verb
    options: Any

    def run(self) -> int:
        """The exit code."""
        return self.verb.run(self.options)


@dataclass(frozen=True, slots=True)
class Several:
    """Marks an option that may take several values in a row: `--sizes 10 50 200`.

    `reads` says whether a word can be one of them; the first that cannot ends the row.
    """

    reads: Callable[[str], bool]


def is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


class SpreadingCommand(TyperCommand):
    """`--sizes 10 50` means `--sizes 10 --sizes 50`."""

    several: Mapping[str, Several]

    def get_help_option(self, ctx: Any) -> Any:
        return _without_type(super().get_help_option(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spread(args, self.several))


def spread(words: Sequence[str], several: Mapping[str, Several]) -> list[str]:
    """The words with the option's name before each of its values; what follows `--` is left."""
    found: list[str] = []
    option: str | None = None
    for index, word in enumerate(words):
        if word == "--":
            return [*found, *words[index:]]
        if option is not None and several[option].reads(word):
            if found[-1] != option:
                found.append(option)
            found.append(word)
            continue
        name = word.partition("=")[0]
        option = name if name in several else None
        found.append(word)
    return found


class WordGroup(TyperGroup):
    """A word with others behind it, such as `models`."""

    def get_help_option(self, ctx: Any) -> Any:
        return _without_type(super().get_help_option(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        word = args[0]
        if word not in self.commands and not word.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(unknown_word(word, self.commands))
        return super().resolve_command(ctx, args)


class DeferredCommand(TyperCommand):
    """Stands for a command whose code is not imported before it is named."""

    def __init__(self, row: CommandRow, load: Callable[[], Any]) -> None:
        outer, _, name = row.name.rpartition(" ")
        super().__init__(name, help=row.help, rich_help_panel=None if outer else row.group)
        self._load = load

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: Any = None,
        **extra: Any,
    ) -> Any:
        return self.loaded().make_context(info_name, args, parent=parent, **extra)

    def loaded(self) -> Any:
        """What it stands for; imports its code."""
        return self._load()


def verb_of(row: CommandRow) -> Verb:
    """Imports the command's module."""
    found: Verb = getattr(importlib.import_module(f"accessctl.cli.{row.module}"), row.attribute)
    return found


def application(added: Iterable[tuple[CommandRow, Extension]] = ()) -> TyperGroup:
    """The whole command line. `added` are other packages' commands, each a Verb, a Typer, or a
    function that typer understands. Our own names are not theirs to take."""
    top = _group(typer.Typer(add_completion=True, cls=WordGroup, context_settings=SETTINGS), _top)
    top.commands = {row.name: _deferred_foreign(row, made) for row, made in added}
    top.commands.update(_commands(""))
    return top


def command_of(row: CommandRow) -> Any:
    """The command of a row as typer has it; a group when there are words behind it."""
    inner = dict(_commands(row.name))
    verb = None if row.module is None else verb_of(row)
    if not inner:
        if verb is None:
            raise ValueError(f"the command {row.name!r} has neither a module nor others behind it")
        return _single(row.name.split()[-1], verb)
    if verb is None:
        group = _group(_typer(row.help, epilog=_epilog((row.example,))), lambda: None)
    else:
        app = _typer(verb.about, epilog=_epilog(verb.examples), invoke_without_command=True)
        group = _group(app, _callback(verb))
    group.commands.update(inner)
    return group


def _commands(above: str) -> Iterable[tuple[str, TyperCommand]]:
    """Those right behind the words `above`, by their last word."""
    for row in COMMANDS:
        outer, _, word = row.name.rpartition(" ")
        if outer == above:
            yield word, DeferredCommand(row, partial(command_of, row))


def _typer(about: str, **settings: Any) -> typer.Typer:
    return typer.Typer(
        add_completion=False, cls=WordGroup, help=about, context_settings=SETTINGS, **settings
    )


def _group(app: typer.Typer, callback: Callable[..., Any]) -> TyperGroup:
    app.callback()(callback)
    return cast("TyperGroup", _tidied(typer.main.get_command(app)))


def _single(name: str, verb: Verb) -> TyperCommand:
    app = typer.Typer(add_completion=False)
    declare = app.command(
        name,
        cls=SpreadingCommand,
        help=verb.about,
        epilog=_epilog(verb.examples),
        context_settings=SETTINGS,
    )
    declare(_callback(verb))
    command = cast("SpreadingCommand", _tidied(typer.main.get_command(app)))
    command.several = _several(verb.options)
    return command


def _callback(verb: Verb) -> Callable[..., Typed]:
    """A function with the options as its parameters, for typer to read."""

    def call(context: typer.Context, **given: Any) -> Typed:
        return Typed(verb, verb.options(**_with_earlier(context, given)))

    hints = get_type_hints(verb.options, include_extras=True)
    options = sorted(dataclasses.fields(verb.options), key=partial(_distance, verb.options))
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(field),
            annotation=hints[field.name],
        )
        for field in options
    ]
    context = inspect.Parameter(
        "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )
    call.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in (context, *parameters)}
    return call


def _with_earlier(context: typer.Context, given: dict[str, Any]) -> dict[str, Any]:
    """What was given before the last word counts, too: `events --json verify`."""
    above = context.parent
    if above is None or above.parent is None:
        return given
    sources = {name: context.get_parameter_source(name) for name in given}
    left_out = {name for name, source in sources.items() if source and source.name == "DEFAULT"}
    return given | {name: above.params[name] for name in left_out & above.params.keys()}


def _distance(options: type[Any], field: "dataclasses.Field[Any]") -> int:
    """How far up a field is inherited from: the command's own come first in its help."""
    declared = [field.name in inspect.get_annotations(above) for above in options.__mro__]
    return declared.index(True)


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return inspect.Parameter.empty


def _several(options: type[Any]) -> dict[str, Several]:
    return {
        f"--{name.replace('_', '-')}": mark
        for name, hint in get_type_hints(options, include_extras=True).items()
        for mark in getattr(hint, "__metadata__", ())
        if isinstance(mark, Several)
    }


def _epilog(examples: Sequence[str]) -> str:
    head = "Example:" if len(examples) == 1 else "Examples:"
    return "\n".join([head, *(f"  {_plain(line)}" for line in examples)])


def _plain(line: str) -> str:
    """Not to be taken for rich's markup; importing rich for that takes a twentieth of a second."""
    return line.replace("[", "\\[")


def _top(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which it is."),
    ] = False,
) -> None:
    """Face access control for a door."""


def _tidied(command: Any) -> Any:
    """The command without Python's types in its help, where no value is named after them."""
    for parameter in command.params:
        _without_type(parameter)
    return command


def _without_type(parameter: Any) -> Any:
    if getattr(parameter, "is_flag", False):
        parameter.metavar = ""
    elif getattr(parameter, "param_type_name", "") == "argument":
        parameter.display_type_rich = lambda **_: None
    return parameter


def _deferred_foreign(row: CommandRow, added: Extension) -> DeferredCommand:
    return DeferredCommand(row, lambda: made_by(added, lambda: _foreign(added)))


def _foreign(added: Extension) -> Any:
    loaded = added.load()
    if isinstance(loaded, Verb):
        return _single(loaded.run.__name__, loaded)
    if isinstance(loaded, typer.Typer):
        return typer.main.get_command(loaded)
    if not callable(loaded):
        raise added.fault(f"is of type {type(loaded).__name__}, neither a Typer nor a function")
    app = typer.Typer(add_completion=False)
    app.command(context_settings=SETTINGS)(loaded)
    return typer.main.get_command(app)
