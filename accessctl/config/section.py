"""What every section of the configuration is: frozen, deaf to unknown keys, explained by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.fields import FieldInfo

from accessctl.extensions import NAME


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)


SectionT = TypeVar("SectionT", bound=Section)


def in_order(section: SectionT, low: str, high: str) -> SectionT:
    """ValueError when the field `low` is above the field `high`."""
    if getattr(section, low) > getattr(section, high):
        raise ValueError(f"{low} must not be above {high}")
    return section


def both_or_neither(section: SectionT, one: str, other: str) -> SectionT:
    """ValueError where only one of the two fields is named."""
    if (getattr(section, one) is None) != (getattr(section, other) is None):
        raise ValueError(f"name both {one} and {other}, or neither")
    return section


def _off(value: object) -> object:
    return "off" if value is False else value


# YAML 1.1 reads an unquoted `off` as false; beside a Literal that has the word "off".
OFF = BeforeValidator(_off)


ADDED_NAME = f"^{NAME.pattern}$"
"""What something that was added from outside may be called."""


def safer(direction: str, *values: str | float | bool | None) -> dict[str, Any]:
    """What a guarding field says of itself: `Field(..., json_schema_extra=safer("higher"))`.

    `direction` is one of
    higher, lower: so are safer numbers; `values` (usually 0) stand for "never", the weakest;
    ranked: `values` from the weakest to the safest;
    present: `values` (None where none are given) are the weakest, all others are alike;
    pinned: the same, and of the others only what it was is as safe;
    fixed: any other value may be weaker.
    """
    return {"safer": direction, "values": list(values)}


def explain(config: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, FieldInfo]]:
    """Every leaf of the tree: dotted name, value, and the field with its description.

    A section that may be missing is a leaf: its own settings are there or not with it.
    """
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from explain(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value, field


def resolve_paths(section: Any, base: Path) -> Any:
    """The same tree with every relative path laid below `base`."""
    if isinstance(section, Path):
        return laid_below(section, base)
    if isinstance(section, tuple):
        return tuple(resolve_paths(item, base) for item in section)
    if isinstance(section, BaseModel):
        fields = {
            name: resolve_paths(getattr(section, name), base) for name in type(section).model_fields
        }
        # What the file says and what nobody said are still told apart.
        return type(section).model_construct(section.model_fields_set, **fields)
    return section


def laid_below(path: Path, base: Path) -> Path:
    """RuntimeError for the home of nobody, ValueError for what can be no path."""
    if "\0" in str(path):
        raise ValueError(f"names the path {str(path)!r}, which holds a NUL character")
    return base / path.expanduser()
