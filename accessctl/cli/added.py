"""Commands that a program registered or that other installed packages bring."""

from collections.abc import Iterator

from accessctl import extensions
from accessctl.cli.commands import ADDED, CommandRow


def added_commands() -> Iterator[tuple[CommandRow, extensions.Extension]]:
    """Each with what loads it; nothing is loaded before it is named."""
    for name, command in extensions.commands().items():
        yield CommandRow(name, ADDED, command.help), command
