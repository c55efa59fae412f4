"""`accessctl config check | explain`."""

import argparse
import textwrap
from collections.abc import Sequence
from typing import Any

from accessctl.cli.common import add_config, config_from
from accessctl.config import Config, explain


def add_parser(subparsers: Any) -> None:
    group = subparsers.add_parser("config", help="check or explain the configuration")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="say whether the configuration is in order")
    check.set_defaults(func=run_check)
    explained = commands.add_parser("explain", help="every key, its value, bounds and meaning")
    explained.set_defaults(func=run_explain)
    for parser in (check, explained):
        add_config(parser)


def run_check(args: argparse.Namespace) -> int:
    config_from(args)
    print("The configuration is in order.")
    return 0


def run_explain(args: argparse.Namespace) -> int:
    config = config_from(args)
    print("\n".join(explanation(config)))
    return 0


def explanation(config: Config) -> list[str]:
    lines: list[str] = []
    for name, value, field in explain(config):
        shown = [str(item) for item in value] if isinstance(value, tuple) else value
        lines.append(f"{name}: {shown}")
        limits = bounds(field.metadata)
        meaning = f"{field.description} ({limits})" if limits else str(field.description)
        lines.extend(textwrap.wrap(meaning, 84, initial_indent="    ", subsequent_indent="    "))
    return lines


def bounds(metadata: Sequence[object]) -> str:
    """The bounds of a field in words: "at least 1, at most 60"."""
    phrases = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    found = [
        f"{phrase} {getattr(limit, name):g}"
        for limit in metadata
        for name, phrase in phrases.items()
        if hasattr(limit, name)
    ]
    return ", ".join(found)
