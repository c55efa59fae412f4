"""Commands that other installed packages add, from the entry points `accessctl.commands`."""

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Any

from accessctl.cli.commands import ADDED, CommandRow

GROUP = "accessctl.commands"


def added_commands() -> Iterator[tuple[CommandRow, Callable[[], Any]]]:
    """Each with what loads it; nothing is loaded before it is named."""
    for entry in entry_points(group=GROUP):
        origin = entry.dist.name if entry.dist is not None else entry.module
        yield CommandRow(entry.name, ADDED, f"From the package {origin}."), entry.load
