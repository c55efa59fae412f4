"""What went wrong, in one sentence that says what to do: words mistyped, libraries missing."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import typer

from accessctl.storage.parsing import printable

# Where one is missing, up to so many commands are all listed.
MANY = 8
SHOULD = "Input should be "

NUMBERS = {"int": "whole number", "float": "number"}
"""What was asked for, by how the kind of the error begins in pydantic's terms."""

PACKAGES = {
    "libGL.so": "libgl1",
    "libEGL.so": "libegl1",
    "libGLESv2.so": "libgles2",
    "libglib-2.0.so": "libglib2.0-0",
    "libgthread-2.0.so": "libglib2.0-0",
    "libportaudio.so": "libportaudio2",
}

EXTRAS = {
    "alembic": "hub",
    "fastapi": "hub",
    "keras": "train",
    "matplotlib": "train",
    "mediapipe": "mediapipe",
    "psycopg": "hub",
    "scipy": "train",
    "sqlalchemy": "hub",
    "tensorflow": "train",
    "uvicorn": "hub",
}
"""Which extra of accessctl brings a library that not every door has."""


def usage_sentence(error: typer.TyperException) -> str:
    """What was wrong and what to do; `error` is anything that typer raises on its own."""
    context: Any = getattr(error, "ctx", None)
    where = "accessctl" if context is None else context.command_path
    return f"{where}: {printable(_what(error, context))} ({where} --help says more.)"


def unknown_word(word: str, known: Iterable[str]) -> str:
    """For a word that stands where a command should."""
    return f"There is no command {word!r}{_suggestion(word, known)}"


def _what(error: typer.TyperException, context: Any) -> str:
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        return f"There is no option {option}{_suggestion(option, _options(context))}"
    words = getattr(getattr(context, "command", None), "commands", None)
    if words and error.message == "Missing command.":
        few = f", one of {', '.join(words)}" if len(words) <= MANY else ""
        return f"Name a command{few}."
    parameter: Any = getattr(error, "param", None)
    if parameter is None:
        return _ended(error.format_message())
    name = _name(parameter)
    if type(error).__name__ == "MissingParameter":
        choices = "|".join(map(str, parameter.type_descriptor.choices or ()))
        return f"{name} is missing{f': one of {choices}' if choices else ''}."
    return _ended(f"{name}: {_reason(error)}")


def _name(parameter: Any) -> str:
    """As it is typed: `--since`, or the argument's word in the usage line."""
    long = [name for name in parameter.opts if name.startswith("--")]
    return str(long[0] if long else parameter.metavar or parameter.name)


def _options(context: Any) -> list[str]:
    if context is None:
        return []
    return [
        name
        for parameter in context.command.get_params(context)
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("-")
    ]


def _suggestion(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(near)}?" if near else "."


def _reason(error: typer.TyperException) -> str:
    """What is wrong with the value; where pydantic reads it, in our own words."""
    from pydantic import ValidationError

    if isinstance(error.__cause__, ValidationError):
        first = error.__cause__.errors(include_url=False)[0]
        for kind, words in NUMBERS.items():
            if first["type"].startswith(kind):
                return f"'{first['input']}' is no {words}"
        if first["msg"].startswith(SHOULD):
            return f"'{first['input']}' is not {first['msg'].removeprefix(SHOULD)}"
    return error.message.removeprefix("Value error, ")


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def explain_import_error(error: BaseException) -> str | None:
    """One sentence naming the package to install, or None when `error` is about something else."""
    if isinstance(error, ModuleNotFoundError):
        extra = EXTRAS.get((error.name or "").split(".")[0])
        if extra is None:
            return None
        return (
            f"This needs {error.name}, which is not installed; run: pip install "
            f"'accessctl[{extra}]'."
        )
    match = re.search(r"(lib[\w.+-]+\.so)[\d.]*: cannot open shared object", str(error))
    if match is None:
        return None
    library = match[1]
    package = PACKAGES.get(library)
    if package is None:
        return f"The system library {library} is missing; install the package that provides it."
    return f"The system library {library} is missing; install it with: apt install {package}"
