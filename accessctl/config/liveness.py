"""The section `liveness`: what must be seen before a face counts as a living one."""

from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from accessctl.config.section import ADDED_NAME, OFF, Section, safer

Mode: TypeAlias = Literal["off", "passive", "challenge"]
Intent: TypeAlias = Literal[
    "off", "blink_twice", "look_up", "turn_left", "turn_right", "come_closer"
]


AddedCue: TypeAlias = Annotated[str, Field(pattern=ADDED_NAME)]


class LivenessConfig(Section):
    mode: Annotated[Mode, OFF] = Field(
        "passive",
        description="passive: a cue must confirm life and none may doubt it; challenge: the "
        "visitor must do what the door asks and no cue may doubt; off: a photograph opens the "
        "door.",
        json_schema_extra=safer("ranked", "off", "passive", "challenge"),
    )
    window_s: float = Field(
        3.0, ge=2, le=10, description="The cues look at the last so many seconds of a visit."
    )
    every_s: float = Field(
        0.45, ge=0.1, le=2, description="How often the cues look at a visit, seconds."
    )
    still_camera: bool = Field(
        True,
        description="Has no effect any more, and is accepted for older files: whether the camera "
        "moves is measured.",
    )
    patience_s: float = Field(
        10.0,
        ge=2,
        le=120,
        description="passive: how long somebody who was recognised may take to show life, and "
        "what is doubted to be cleared up; after that the visit is denied, 'liveness_undecided', "
        "or the PIN is asked for that may stand in for life (`accessctl rules`).",
        json_schema_extra=safer("lower"),
    )
    ir_source: str | None = Field(
        None,
        min_length=1,
        description="An infrared camera beside the first, written as camera.source is, but for "
        "auto and demo: /dev/video2, an rtsp:// or http:// URL, or a recording beside a "
        "recording. Whom it does not show, too, is not let in. None: there is none.",
        json_schema_extra=safer("present"),
    )
    actions: int = Field(
        2,
        ge=1,
        le=5,
        description="Actions asked in a challenge.",
        json_schema_extra=safer("higher"),
    )
    cues: tuple[AddedCue, ...] = Field(
        (),
        description="Cues beside the built-in ones, by name: registered, or brought by an "
        "installed package. Each may veto or confirm as it says of itself.",
        json_schema_extra=safer("fixed"),
    )
    action_s: float = Field(
        4.0,
        ge=1,
        le=30,
        description="Time in which an asked action must be done, seconds.",
        json_schema_extra=safer("lower"),
    )
    challenge_s: float = Field(
        20.0,
        ge=5,
        le=120,
        description="Time for the whole challenge, seconds.",
        json_schema_extra=safer("lower"),
    )
    texture: Annotated[Literal["off"] | Path, OFF] = Field(
        Path("models/texture"),
        description="Folder of the network that tells a living face from paper and screens; "
        "holds its card.yaml. off: nobody asks it, and life is shown by moving alone.",
        json_schema_extra=safer("present", "off"),
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.cues)) < len(self.cues):
            raise ValueError("cues names the same cue twice")
        return self

    @property
    def infrared(self) -> str | None:
        """The infrared camera that is looked through: none where nobody asks for life."""
        return None if self.mode == "off" else self.ir_source
