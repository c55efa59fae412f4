"""What every section of the configuration is: frozen, and deaf to unknown keys."""

from typing import TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)


SectionT = TypeVar("SectionT", bound=Section)


def in_order(section: SectionT, low: str, high: str) -> SectionT:
    """ValueError when the field `low` is above the field `high`."""
    if getattr(section, low) > getattr(section, high):
        raise ValueError(f"{low} must not be above {high}")
    return section


def _off(value: object) -> object:
    return "off" if value is False else value


# YAML 1.1 reads an unquoted `off` as false; beside a Literal that has the word "off".
OFF = BeforeValidator(_off)
