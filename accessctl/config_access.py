"""The section `access`: who may enter which door when."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, model_validator

from accessctl.config_section import OFF, Section


def _day_minute(value: object) -> object:
    # YAML 1.1 reads an unquoted 18:00 as the number 1080, and 08:00 as text.
    if isinstance(value, str):
        found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", value)
        if found is None or int(found[2]) > 59:
            raise ValueError("write a time of day as 08:30, or 24:00 for the end of the day")
        return int(found[1]) * 60 + int(found[2])
    return value


DayMinute = Annotated[int, BeforeValidator(_day_minute), Field(ge=0, le=1440, strict=True)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]
FactorName = Literal["off", "pin", "button"]
Factor = Annotated[FactorName, OFF]
Passage = Literal["in", "out", "none"]


class HoursConfig(Section):
    days: tuple[Weekday, ...] = Field(
        min_length=1,
        description="mon to sun; 'holiday' for the dates in access.holidays, on which the "
        "weekday does not count.",
    )
    opens: DayMinute = Field(description="Time of day on the wall clock from which one may enter.")
    closes: DayMinute = Field(
        description="Time of day from which one may not; not after `opens`: on the next day."
    )


class GroupConfig(Section):
    doors: tuple[str, ...] | None = Field(None, description="Doors of the group; none: all doors.")
    schedule: str | None = Field(None, description="Name of its schedule; none: at any time.")
    second_factor: Factor | None = Field(
        None, description="In place of policy.second_factor for this group; none: as it says."
    )


class AccessConfig(Section):
    door: str = Field(
        "front", pattern=r"^[\w.-]{1,64}$", description="This door's name in the rules."
    )
    timezone: str | None = Field(
        None, description="Time zone of the schedules, for example Europe/Berlin."
    )
    schedules: Mapping[str, tuple[HoursConfig, ...]] = Field(
        {}, description="Hours by the name of the schedule."
    )
    groups: Mapping[str, GroupConfig] = Field({}, description="Rules by the name of the group.")
    holidays: tuple[date, ...] = Field((), description="Dates such as 2026-12-25.")
    without_group: Literal["allow", "refuse"] = Field(
        "allow", description="Whether people who are in no group may enter, at any time."
    )
    direction: Passage = Field(
        "none", description="Where this door leads: into the area, out of it, or neither."
    )
    area: str = Field(
        "inside",
        pattern=r"^[\w.-]{1,64}$",
        description="The area behind this door; doors with one event log share it by its name.",
    )
    anti_passback: Annotated[Literal["off", "soft", "hard"], OFF] = Field(
        "off",
        description="Somebody who went in and did not go out comes in again. soft: granted, and "
        "noted in the event log; hard: denied.",
    )
    reset_after_h: float = Field(
        12, gt=0, le=168, description="After so many hours somebody who went in may do so again."
    )

    @model_validator(mode="after")
    def _is_complete(self) -> "AccessConfig":
        if self.timezone is not None:
            _zone(self.timezone)
        elif self.schedules or self.holidays:
            raise ValueError("schedules and holidays need access.timezone, e.g. Europe/Berlin")
        for name, group in self.groups.items():
            if group.schedule is not None and group.schedule not in self.schedules:
                raise ValueError(f"group {name!r} names the schedule {group.schedule!r}, not there")
        if self.anti_passback != "off" and self.direction == "none":
            raise ValueError("anti_passback needs access.direction: in or out")
        return self


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone; write one such as Europe/Berlin") from error
