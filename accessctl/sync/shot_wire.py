"""What door and hub say of enrolment by a door's camera; beside `feed_wire`, whose commands these
are: asked for by an operator, for ten seconds, and done once.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from accessctl.sync.picture_wire import MAX_SEALED_PICTURE

SHOT = "/shot"
"""Behind the path of a command: the photo that it asked for."""


class EnrolmentStep(StrEnum):
    """What an operator may ask of a door at which somebody is enrolled, as the command's value: to
    hold off its decisions, a photo of whoever looks straight or turns to their own left or right,
    and to go on as ever."""

    BEGIN = "begin"
    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    END = "end"


class ShotTaken(BaseModel):
    """What came of a photo that was asked for: in `fault` one word for what is wrong with what the
    camera saw (errors.FaceError, no_picture), or in `sealed` the JPEG that the door would enrol by,
    sealed to the hub's key for photos by the name that `shot_id` gives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fault: str = Field("", pattern=r"^[a-z_]{0,32}$")
    sealed: str = Field("", max_length=MAX_SEALED_PICTURE, repr=False)


def shot_id(door: str, nonce: str) -> str:
    """What the photo of a command (its nonce) is sealed as: no other one can pass for it."""
    return f"shot {door} {nonce}"
