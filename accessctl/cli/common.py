"""What several commands share: options and their bounds, the configuration, how results and
progress are shown."""

import codecs
import getpass
import json as json_format
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar

import typer
from rich.cells import cell_len

from accessctl.errors import ConfigError, InputError

if TYPE_CHECKING:
    from accessctl.config import Config

GAP = "  "
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ConfigOption:
    """Which door a command is about."""

    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The configuration (default: $ACCESSCTL_CONFIG, else config.yaml in this folder).",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class JsonOption:
    """Output for other programs."""

    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False


@dataclass(frozen=True, kw_only=True)
class SinceOption:
    """From when on."""

    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help="30m, 1h, 2d (that long ago), 2026-01-31 or 2026-01-31T18:30."
        ),
    ] = None


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """What reads an option that takes one of `words`; typer.BadParameter for another."""
    known = tuple(words)

    def read(word: str) -> str:
        if word not in known:
            raise typer.BadParameter(f"{word!r} is none of {', '.join(known)}")
        return word

    return read


class ConfigNamed(Protocol):
    """Options that may name a configuration."""

    @property
    def config(self) -> Path | None: ...


def config_path(
    named: Path | None, environ: Mapping[str, str], here: Callable[[], Path] = Path.cwd
) -> Path:
    """--config wins over ACCESSCTL_CONFIG, which wins over ./config.yaml.

    `here` is asked for the folder only where that is needed: it may be gone.
    """
    if named is not None:
        return named
    if environ.get("ACCESSCTL_CONFIG"):
        return Path(environ["ACCESSCTL_CONFIG"])
    try:
        path = here() / "config.yaml"
    except OSError as error:
        raise _no_folder() from error
    if not path.exists():
        raise ConfigError(
            "There is no config.yaml in this folder; "
            "name one with --config FILE or the environment variable ACCESSCTL_CONFIG."
        )
    return path


def whole_path(path: Path) -> Path:
    """The path from the root on; ConfigError where it begins in a folder that is gone."""
    try:
        return path.resolve()
    except OSError as error:
        raise _no_folder() from error


def _no_folder() -> ConfigError:
    return ConfigError(
        "The folder that you are in is not there any more; go to another one, or name the whole "
        "path of a configuration with --config FILE."
    )


def config_from(args: ConfigNamed) -> "Config":
    from accessctl.config import load_config

    return load_config(config_path(args.config, os.environ))


def config_at_door(args: ConfigNamed) -> "Config":
    """As `config_from`, with what the hub of this door says of rules and settings laid over it;
    StoreError, GalleryKeyError."""
    from accessctl.sync.site_config import laid_over, read_wish

    config = config_from(args)
    wish = read_wish(config, os.environ)
    return config if wish is None else laid_over(config, wish).config


def local_time(epoch: float, zone: tzinfo | None = None) -> datetime:
    """Seconds since 1970 as a time in `zone`, or in this machine's."""
    return datetime.fromtimestamp(epoch).astimezone(zone)


def print_json(value: Mapping[str, Any]) -> None:
    print(json_format.dumps(value, ensure_ascii=in_ascii(), allow_nan=False), flush=True)


def in_ascii() -> bool:
    """Whether JSON on standard output has to be ASCII: as UTF-8 or ASCII it is JSON."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return codecs.lookup(encoding).name != "utf-8"


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A line a row, never cut or wrapped; on a terminal the head is bold."""
    lines = table(head, rows).split("\n")
    if in_colour():
        lines[0] = f"\033[1m{lines[0]}\033[0m"
    print("\n".join(lines))


def in_colour() -> bool:
    """Whether standard output is a terminal whose owner wants colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell on a terminal, in any script, two spaces apart."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        GAP.join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def read_unseen(prompt: str, what: str, most: int) -> str:
    """One line of at most `most` characters without its end; on a terminal it is not shown.

    InputError when there is none; `what` it is, for people.
    """
    if sys.stdin.isatty():
        try:
            return getpass.getpass(prompt)
        except EOFError:
            line = ""
    else:
        line = sys.stdin.readline(most)
    if not line.strip():
        raise InputError(f"No {what} was given; type it, or write it to standard input.")
    return line.rstrip("\r\n")


def seconds(value: float | None) -> float | None:
    """`--seconds` as it was given; InputError unless it is 0 or more and has an end."""
    if value is not None and not 0 <= value < math.inf:
        raise InputError(f"--seconds is a number of seconds, 0 or more, not {value:g}.")
    return value


def days(value: float) -> float:
    """`--keep-days` as it was given; InputError unless it is 0 or more and has an end."""
    if not 0 <= value < math.inf:
        raise InputError(f"--keep-days is a number of days, 0 or more, not {value:g}.")
    return value


def photo_bar(photos: Iterable[T], total: int) -> Iterator[T]:
    """See `bar`."""
    return bar(photos, total, "photos")


def bar(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The items, one by one; a terminal shows how many of `total` are done, and the time left.

    `what` they are, in the plural. The bar is gone at the end.
    """
    if not total or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        yield from progress.track(items, total=total)
