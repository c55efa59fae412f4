"""Change one setting in the text of a config.yaml, or say something of it in a comment, and leave
the rest, comments too, as it is.
"""

import re
from decimal import Decimal
from typing import Any

import yaml

PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")


def with_setting(text: str, section: str, key: str, value: str | float) -> str:
    """The text with `section.key` set to the plain words, or the number, `value`.

    A section or key that is not there is added. Raises ValueError with a short reason when the
    text is no YAML, or is written so that the change would not be the only one.
    """
    written = plain(value)
    if not PLAIN.fullmatch(written):
        raise ValueError(f"cannot hold {written!r} as a plain value")
    try:
        changed = _changed(text, section, key, written)
        before, after = yaml.safe_load(text) or {}, yaml.safe_load(changed)
    except yaml.YAMLError as error:
        raise ValueError("is not written so that it can be changed") from error
    if after != _expected(before, section, key, value):
        raise ValueError("is not written so that it can be changed")
    return changed


def plain(value: str | float) -> str:
    """How a setting is written: 0.00003 and never 3e-05, which YAML takes for words."""
    return value if isinstance(value, str) else format(Decimal(repr(value)), "f")


def with_note(text: str, section: str, key: str, note: str) -> str:
    """The text with each line of `note` as a comment above `section.key`, as far in as the key.

    Raises ValueError when there is no such key on a line of its own.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = _value_of(root, section)
    keys = found.value if isinstance(found, yaml.MappingNode) and not found.flow_style else []
    mark = next((name.start_mark for name, _ in keys if name.value == key), None)
    if mark is None:
        raise ValueError(f"has no {section}.{key} on a line of its own")
    start, indent = mark.index - mark.column, " " * mark.column
    lines = "".join(f"{indent}# {line}\n" for line in note.splitlines())
    return text[:start] + lines + text[start:]


def _expected(before: Any, section: str, key: str, value: str | float) -> Any:
    """What the changed text must hold; None when the old one holds no such section."""
    old = (before.get(section) or {}) if isinstance(before, dict) else None
    return {**before, section: {**old, key: value}} if isinstance(old, dict) else None


def _changed(text: str, section: str, key: str, value: str) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = _value_of(root, section)
    if found is None:
        return f"{text.rstrip()}\n\n{section}:\n  {key}: {value}\n".lstrip()
    if not isinstance(found, yaml.MappingNode):
        # `section:` with nothing after it.
        at = found.start_mark.index
        return f"{text[:at]}\n  {key}: {value}{text[at:]}"
    old = _value_of(found, key)
    if old is not None:
        return text[: old.start_mark.index] + value + text[old.end_mark.index :]
    at = found.start_mark.index
    if found.flow_style:
        rest = text[at + 1 :]
        return (
            f"{text[: at + 1]}{key}: {value}{'' if rest.lstrip().startswith('}') else ', '}{rest}"
        )
    return f"{text[:at]}{key}: {value}\n{' ' * found.start_mark.column}{text[at:]}"


def _value_of(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)
