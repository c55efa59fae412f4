"""The sections `policy` and `access`: what makes the door open, and who may enter when."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, model_validator

from accessctl.config.liveness import Intent
from accessctl.config.section import OFF, Section, in_order, safer
from accessctl.storage.seen import first_look_alike, hidden_in

DAY_MINUTES = 1440
HOLIDAY: Final = "holiday"
"""The day of a week's plan that counts on the dates of `holidays`."""


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
FACTORS: tuple[FactorName, ...] = ("off", "button", "pin")
"""From the least to the most that is asked for beside the face."""
Passage = Literal["in", "out", "none"]


class LockoutConfig(Section):
    attempts: int = Field(
        5,
        ge=0,
        le=100,
        description="Refused attempts in a row that lock the face entry of the person they were "
        "made as; 0: never.",
        json_schema_extra=safer("lower", 0),
    )
    door_attempts: int = Field(
        10,
        ge=0,
        le=1000,
        description="Refused attempts of all people together that lock the door for everybody, "
        "of each person the first `attempts` of a row; 0: never.",
        json_schema_extra=safer("lower", 0),
    )
    stranger_weight: float = Field(
        0.25,
        ge=0,
        le=1,
        description="How much of a refused attempt a face counts that matches nobody; 0: nothing.",
        json_schema_extra=safer("higher"),
    )
    fade_s: float = Field(
        300,
        gt=0,
        le=86400,
        description="After so many seconds one refused attempt is taken off the door's.",
        json_schema_extra=safer("higher"),
    )
    first_s: float = Field(
        30,
        gt=0,
        le=3600,
        description="How long the first lockout lasts.",
        json_schema_extra=safer("higher"),
    )
    longest_s: float = Field(
        900,
        gt=0,
        le=86400,
        description="Each further lockout is twice as long, up to this.",
        json_schema_extra=safer("higher"),
    )
    off_after: int = Field(
        50,
        ge=0,
        le=10000,
        description="Refused attempts in a row after which that person's face, and refused "
        "attacks after which any face, opens nothing until `accessctl unlock-face`; 0: never.",
        json_schema_extra=safer("lower", 0),
    )
    file: Path | None = Field(
        None,
        description="Where lockouts are kept; none: lockout.sqlite beside the event log.",
        json_schema_extra=safer("fixed"),
    )


class PolicyConfig(Section):
    target_fpir: float = Field(
        0.001,
        ge=1e-6,
        le=0.1,
        description="How often a stranger who shows a face to this door, for one visit, may be "
        "taken for somebody enrolled (FPIR, ISO/IEC 19795). A photo given to `identify` counts "
        "as such a visit.",
        json_schema_extra=safer("lower"),
    )
    attempts: int = Field(
        3,
        ge=1,
        le=10,
        description="Decisions that one visit may come to: who was refused for a cause that has "
        "passed is looked at again. target_fpir is kept over all of them together.",
        json_schema_extra=safer("lower"),
    )
    retry_s: float = Field(
        2.0,
        ge=0.5,
        le=60,
        description="Pause before somebody who was refused is looked at again, seconds.",
        json_schema_extra=safer("higher"),
    )
    target_fmr: float = Field(
        0.0001,
        ge=1e-6,
        le=0.1,
        description="False-match rate at which `verify` says 'same', and at which a visitor is "
        "compared with the person whose badge was read, over all attempts of the visit.",
        json_schema_extra=safer("lower"),
    )
    identify_up_to: int = Field(
        1000,
        ge=0,
        le=1_000_000,
        description="Up to so many people enrolled a face alone says who somebody is. Among more, "
        "strangers are too often like somebody, so that nobody is let in without a badge.",
        json_schema_extra=safer("lower"),
    )
    badge_s: float = Field(
        10.0,
        ge=1,
        le=120,
        description="How long a badge that was read waits for a visitor to be compared with its "
        "person, seconds.",
        json_schema_extra=safer("lower"),
    )
    min_frames: int = Field(
        3,
        ge=1,
        le=60,
        description="Good frames that must agree on one person before a grant.",
        json_schema_extra=safer("higher"),
    )
    window_s: float = Field(
        3.0,
        gt=0,
        le=60,
        description="Only frames of the last so many seconds count.",
        json_schema_extra=safer("lower"),
    )
    min_margin: float = Field(
        1.5,
        ge=0,
        le=20,
        description="Lead in normalised score over the second best person, so that of two people "
        "who look alike neither is taken for the other.",
        json_schema_extra=safer("higher"),
    )
    frame_fmr: float = Field(
        0.01,
        ge=1e-6,
        le=0.5,
        description="False-match rate that a single frame must reach to count as agreeing.",
        json_schema_extra=safer("lower"),
    )
    unknown_after_frames: int = Field(
        15, ge=1, le=600, description="Good frames without a match before the verdict 'unknown'."
    )
    unknown_after_s: float = Field(
        2.0,
        ge=0,
        le=60,
        description="And at least so many seconds since the first good frame.",
    )
    cooldown_s: float = Field(
        5,
        ge=0,
        le=3600,
        description="After a grant the same person waits so many seconds for the next one.",
        json_schema_extra=safer("higher"),
    )
    several_faces: Literal["each", "nearest", "refuse"] = Field(
        "each",
        description="Several faces at the door. each: everybody is decided by themselves; "
        "nearest: only the largest face; refuse: nobody is granted.",
        json_schema_extra=safer("ranked", "each", "nearest", "refuse"),
    )
    several_faces_ratio: float = Field(
        0.5,
        ge=0.05,
        le=1,
        description="A face this wide beside the widest one counts as being at the door too; "
        "smaller ones are passers-by.",
        json_schema_extra=safer("lower"),
    )
    second_factor: Factor = Field(
        "off",
        description="What is asked for beside the face: nothing, the person's PIN "
        "(`accessctl pin`), or a button that is pressed.",
        json_schema_extra=safer("ranked", "off", "button", "pin"),
    )
    second_factor_s: float = Field(
        20,
        gt=0,
        le=300,
        description="How long a recognised person has for it, seconds.",
        json_schema_extra=safer("lower"),
    )
    intent: Annotated[Intent, OFF] = Field(
        "off",
        description="A gesture without which nobody is let in: off, blink_twice, look_up, "
        "turn_left, turn_right (the visitor's own sides) or come_closer.",
        json_schema_extra=safer("present", "off"),
    )
    intent_s: float = Field(
        10.0,
        gt=0,
        le=120,
        description="How long a recognised person has for it, seconds.",
        json_schema_extra=safer("lower"),
    )
    lockout: LockoutConfig = LockoutConfig()

    @property
    def attempt_fpir(self) -> float:
        """The part of `target_fpir` that one attempt may spend.

        However alike the attempts of a visit are, the chance that one of them is a false match is
        at most the sum of their chances.
        """
        return self.target_fpir / self.attempts

    @property
    def claimed_fmr(self) -> float:
        """The part of `target_fmr` that one attempt by a badge may spend."""
        return self.target_fmr / self.attempts

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        return in_order(self, "min_frames", "unknown_after_frames")


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

    @property
    def ends(self) -> int:
        """When one may not any more, minutes from the beginning of the day that it opens on."""
        return self.closes + (DAY_MINUTES if self.closes <= self.opens else 0)


class GroupConfig(Section):
    doors: tuple[str, ...] | None = Field(None, description="Doors of the group; none: all doors.")
    schedule: str | None = Field(None, description="Name of its schedule; none: at any time.")
    second_factor: Factor | None = Field(
        None, description="In place of policy.second_factor for this group; none: as it says."
    )


class AccessConfig(Section):
    door: str = Field(
        "front",
        pattern=r"^[\w.-]{1,64}$",
        description="This door's name in the rules.",
        json_schema_extra=safer("fixed"),
    )
    timezone: str | None = Field(
        None,
        description="Time zone of the schedules, for example Europe/Berlin.",
        json_schema_extra=safer("pinned"),
    )
    schedules: Mapping[str, tuple[HoursConfig, ...]] = Field(
        {}, description="Hours by the name of the schedule."
    )
    groups: Mapping[str, GroupConfig] = Field({}, description="Rules by the name of the group.")
    holidays: tuple[date, ...] = Field((), description="Dates such as 2026-12-25.")
    without_group: Literal["allow", "refuse"] = Field(
        "allow",
        description="Whether people who are in no group may enter, at any time.",
        json_schema_extra=safer("ranked", "allow", "refuse"),
    )
    direction: Passage = Field(
        "none",
        description="Where this door leads: into the area, out of it, or neither.",
        json_schema_extra=safer("pinned", "none"),
    )
    area: str = Field(
        "inside",
        pattern=r"^[\w.-]{1,64}$",
        description="The area behind this door; doors with one event log share it by its name.",
        json_schema_extra=safer("fixed"),
    )
    anti_passback: Annotated[Literal["off", "soft", "hard"], OFF] = Field(
        "off",
        description="Somebody who went in and did not go out comes in again. soft: granted, and "
        "noted in the event log; hard: denied.",
        json_schema_extra=safer("ranked", "off", "soft", "hard"),
    )
    reset_after_h: float = Field(
        12,
        gt=0,
        le=168,
        description="After so many hours somebody who went in may do so again.",
        json_schema_extra=safer("higher"),
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
        _tell_apart("groups", self.groups)
        _tell_apart("schedules", self.schedules)
        if self.anti_passback != "off" and self.direction == "none":
            raise ValueError("anti_passback needs access.direction: in or out")
        return self


def _tell_apart(kind: str, names: Iterable[str]) -> None:
    """ValueError for two names that look the same, or one that holds something not seen."""
    known: list[str] = []
    for name in names:
        other = first_look_alike(name, known)
        if other is not None or hidden_in(name) is not None:
            why = "hold a character that is not seen" if other is None else f"look like {other!a}"
            raise ValueError(f"the name {name!a} of {kind} must not {why}")
        known.append(name)


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone; write one such as Europe/Berlin") from error
