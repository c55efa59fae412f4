"""The section `doorway`: what hangs on the door besides a camera, and how the door behaves."""

from pathlib import Path
from typing import Annotated, Literal, Self, Union

from pydantic import Field, model_validator

from accessctl.config.controller import ControllerConfig
from accessctl.config.section import Section, safer

Wiring = Literal["nc", "no"]
Bias = Literal["as_is", "pull_up", "pull_down", "disabled"]
LockKind = Literal["strike", "maglock"]

Chip = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        description="Label of the GPIO chip, as gpiodetect shows it in brackets: pinctrl-rp1 on a "
        "Raspberry Pi 5. Numbers change from kernel to kernel, labels do not.",
    ),
]
LineName = Annotated[
    str,
    Field(
        min_length=1, max_length=64, description="Name of the line, as gpioinfo shows it: GPIO17."
    ),
]
Url = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/@?#]+/?$", description="Where it answers: http://192.168.1.20"),
]
PasswordFile = Annotated[
    Path | None,
    Field(
        description="File with the password it asks for; keep it 0600. None: it asks for none.",
    ),
]
RelayTimeout = Annotated[
    float,
    Field(gt=0, le=10, description="Time for one attempt, of which there are two, seconds."),
]


HttpAuth = Annotated[
    Literal["digest", "basic"],
    Field(description="How it asks for the password; basic sends it in the clear."),
]


class InputLineConfig(Section):
    """By default a switch between the line and ground, normally closed."""

    chip: Chip
    line: LineName
    wiring: Wiring = Field(
        "nc",
        description="nc: normally closed, the loop opens when it happens, so that a cut wire "
        "counts as if it did; no: normally open, the loop closes. The door's contact: it happens "
        "when the door opens.",
    )
    active_low: bool = Field(
        True, description="The line is low while the loop is closed, as with a switch to ground."
    )
    bias: Bias = Field("pull_up", description="The chip's own resistor.")
    debounce_ms: int = Field(
        20, ge=0, le=1000, description="A level has to last so long to count, by the kernel."
    )


class ExitLineConfig(InputLineConfig):
    wiring: Wiring = Field(
        "no",
        description="no: the button closes the loop; nc: it opens it, so that a cut wire counts as "
        "a button that is held.",
    )


class GpioOutput(Section):
    type: Literal["gpio"]
    chip: Chip
    line: LineName
    active_low: bool = Field(False, description="The relay board switches on when the line is low.")


class ShellyOutput(Section):
    type: Literal["shelly"]
    url: Url
    channel: int = Field(0, ge=0, le=15, description="Number of the switch, from 0.")
    password_file: PasswordFile = None
    timeout_s: RelayTimeout = 2.0


class TasmotaOutput(Section):
    type: Literal["tasmota"]
    url: Url
    channel: int = Field(1, ge=1, le=32, description="Number of the relay, from 1.")
    user: str = Field("admin", description="Who asks, where there is a password.")
    password_file: PasswordFile = None
    timeout_s: RelayTimeout = 2.0


class EsphomeOutput(Section):
    type: Literal["esphome"]
    url: Url
    switch: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The switch's id in the web server's paths."
    )
    user: str = Field("admin", description="Who asks, where there is a password.")
    password_file: PasswordFile = None
    auth: HttpAuth = "digest"
    timeout_s: RelayTimeout = 2.0


class HttpCall(Section):
    method: Literal["GET", "POST", "PUT"] = Field("POST", description="The request's method.")
    url: str = Field(pattern=r"^https?://[^\s@]+$", description="What is asked.")
    body: str | None = Field(None, max_length=4096, description="JSON that is sent, if any.")


class HttpOutput(Section):
    type: Literal["http"]
    on: HttpCall = Field(description="Switches the relay on.")
    off: HttpCall = Field(description="Switches the relay off.")
    state: HttpCall = Field(description="Asks for its state.")
    says_on: str = Field(
        min_length=1,
        max_length=200,
        description="What the answer to `state` holds when the relay is on, and only then.",
    )
    says_off: str = Field(
        min_length=1,
        max_length=200,
        description="What it holds when the relay is off, and only then.",
    )
    user: str = Field("admin", description="Who asks, where there is a password.")
    password_file: PasswordFile = None
    auth: HttpAuth = "digest"
    timeout_s: RelayTimeout = 2.0

    @model_validator(mode="after")
    def _tells_apart(self) -> Self:
        if self.says_on in self.says_off or self.says_off in self.says_on:
            raise ValueError("says_on and says_off must not be part of each other")
        return self


NetworkOutputs = ShellyOutput | TasmotaOutput | EsphomeOutput | HttpOutput
OutputConfig = Annotated[
    Union[GpioOutput, ShellyOutput, TasmotaOutput, EsphomeOutput, HttpOutput],
    Field(discriminator="type"),
]


class InterlockConfig(Section):
    folder: Path = Field(
        description="A folder of this machine that both doors share, of the same user."
    )
    other: str = Field(
        pattern=r"^[\w.-]{1,64}$",
        description="access.door of the other door, which has to be shut and locked.",
    )


class DoorwayConfig(Section):
    lock: OutputConfig | None = Field(
        None,
        description="What drives the lock; none: actions.granted do.",
        json_schema_extra=safer("pinned"),
    )
    controller: ControllerConfig | None = Field(
        None,
        description="An access controller that drives the lock: it is told the number of whoever "
        "is granted.",
        json_schema_extra=safer("pinned"),
    )
    lock_kind: LockKind = Field(
        "strike",
        description="strike: power unlocks it, for a moment; maglock: power locks it.",
        json_schema_extra=safer("fixed"),
    )
    alarm: OutputConfig | None = Field(
        None,
        description="What is on during an alarm: a siren, a lamp.",
        json_schema_extra=safer("present"),
    )
    contact: InputLineConfig | None = Field(
        None,
        description="Says whether the door is open. Without it nobody knows whether anybody came "
        "in, nor of a forced or a held door.",
        json_schema_extra=safer("present"),
    )
    exit: ExitLineConfig | None = Field(
        None,
        description="A request to exit: a button, the handle, a motion sensor.",
        json_schema_extra=safer("fixed"),
    )
    fire: InputLineConfig | None = Field(
        None,
        description="Tells of a fire alarm, during which the door is unlocked. The alarm has to "
        "cut a maglock's power by itself besides.",
        json_schema_extra=safer("fixed"),
    )
    tamper: InputLineConfig | None = Field(
        None,
        description="Says that a housing was opened.",
        json_schema_extra=safer("present"),
    )
    unlock_s: float = Field(
        5.0,
        ge=0.5,
        le=120,
        description="How long a grant unlocks; it ends sooner when the door opens.",
        json_schema_extra=safer("lower"),
    )
    held_s: float = Field(
        30.0,
        ge=1,
        le=3600,
        description="A door that stands open for longer is held: an alarm.",
        json_schema_extra=safer("lower"),
    )
    extended_groups: tuple[str, ...] = Field(
        (),
        description="Groups whose people need more time.",
        json_schema_extra=safer("fixed"),
    )
    extended_s: float = Field(
        15.0,
        ge=0.5,
        le=300,
        description="How long a grant of theirs unlocks.",
        json_schema_extra=safer("lower"),
    )
    extended_held_s: float = Field(
        60.0,
        ge=1,
        le=3600,
        description="How long the door may stand open then.",
        json_schema_extra=safer("lower"),
    )
    grace_s: float = Field(
        0.5,
        ge=0,
        le=2,
        description="An opening so soon after the lock closed is not forced: somebody had the door "
        "in hand.",
        json_schema_extra=safer("lower"),
    )
    exit_s: float = Field(
        10.0,
        ge=1,
        le=300,
        description="For how long after a request to exit the door may be opened.",
        json_schema_extra=safer("lower"),
    )
    exit_unlocks: bool = Field(
        False,
        description="A request to exit unlocks, too; false: the door opens from inside by itself.",
        json_schema_extra=safer("ranked", True, False),
    )
    exit_stuck_s: float = Field(
        60.0,
        ge=5,
        le=3600,
        description="A button that is held for longer is told of as stuck.",
        json_schema_extra=safer("lower"),
    )
    alarm_s: float = Field(
        180.0,
        ge=1,
        le=3600,
        description="For how long the alarm of a forced door that is shut again lasts.",
        json_schema_extra=safer("higher"),
    )
    open_hours: str | None = Field(
        None,
        description="Name of the schedule in access.schedules during which the door is unlocked "
        "for everybody; none: never.",
        json_schema_extra=safer("fixed"),
    )
    first_person: bool = Field(
        True,
        description="Open hours begin only when somebody enrolled has come in.",
        json_schema_extra=safer("ranked", False, True),
    )
    lockdown_groups: tuple[str, ...] = Field(
        (),
        description="Groups whose people come in during a lockdown; none: nobody.",
        json_schema_extra=safer("fixed"),
    )
    duress: bool = Field(
        False,
        description="A PIN whose last digit is one higher, modulo ten, grants and raises a silent "
        "alarm. It makes two PINs of one.",
        json_schema_extra=safer("ranked", True, False),
    )
    interlock: InterlockConfig | None = Field(
        None,
        description="Another door of this machine, only one of the two of which may be open.",
        json_schema_extra=safer("pinned"),
    )
    memory: Path | None = Field(
        None,
        description="Where the posture outlives a restart; none: doorway.json beside the event "
        "log.",
        json_schema_extra=safer("fixed"),
    )

    @property
    def used(self) -> bool:
        """Whether anything hangs on the door."""
        lines = (self.lock, self.alarm, self.contact, self.exit, self.fire, self.tamper)
        return any(line is not None for line in lines)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        lines = [
            line
            for line in (self.lock, self.alarm, self.contact, self.exit, self.fire, self.tamper)
            if isinstance(line, InputLineConfig | GpioOutput)
        ]
        named = [(line.chip, line.line) for line in lines]
        for chip, name in named:
            if named.count((chip, name)) > 1:
                raise ValueError(f"the line {name!r} of {chip!r} is used twice")
        if self.controller is not None and self.lock is not None:
            raise ValueError("lock and controller exclude each other: one of them drives the lock")
        if self.exit_unlocks and self.exit is None:
            raise ValueError("exit_unlocks needs `exit`, the line that asks for it")
        if self.interlock is not None:
            if self.contact is None or self.lock is None:
                raise ValueError(
                    "interlock needs `lock` and `contact`: what is not seen is not shut"
                )
            if self.open_hours is not None:
                raise ValueError("interlock and open_hours exclude each other")
        if self.open_hours is not None and self.lock is None:
            raise ValueError("open_hours need `lock`: actions unlock for a moment only")
        return self
