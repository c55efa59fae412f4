"""`accessctl config check | explain`."""

import sys
import textwrap
from collections.abc import Sequence

from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.front import Verb
from accessctl.config import Config, explain
from accessctl.redaction import redacted_text

# Of what a key means, on a terminal.
WIDTH = 80
INDENT = "    "


def run_check(args: ConfigOption) -> int:
    config_from(args)
    print("The configuration is in order.")
    return 0


def run_explain(args: ConfigOption) -> int:
    config = config_from(args)
    print("\n".join(explanation(config, WIDTH if sys.stdout.isatty() else None)))
    return 0


def explanation(config: Config, width: int | None) -> list[str]:
    """Two lines a key, its meaning indented; where there is a `width` it goes on below."""
    lines: list[str] = []
    for name, value, field in explain(config):
        shown = [str(item) for item in value] if isinstance(value, tuple) else value
        lines.append(f"{name}: {redacted_text(str(shown))}")
        limits = bounds(field.metadata)
        meaning = f"{field.description} ({limits})" if limits else str(field.description)
        lines += (
            [INDENT + line for line in textwrap.wrap(meaning, width)]
            if width
            else [INDENT + " ".join(meaning.split())]
        )
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


CHECK = Verb(
    run_check,
    ConfigOption,
    "Reads the configuration and says whether the door would take it: unknown keys, values out of "
    "bounds and rules that contradict each other are named.",
    ("accessctl config check", "accessctl config check --config front/config.yaml"),
)
EXPLAIN = Verb(
    run_explain,
    ConfigOption,
    "Prints every key of the configuration with its value, its bounds and what it means.",
    ("accessctl config explain",),
)
