"""What door and hub say of pictures of decisions; beside `wire.py`, whose conventions hold here.

A picture follows its event: only of a record that the hub has, and that names one, is it taken.
"""

from pydantic import BaseModel, ConfigDict, Field

PICTURES = "/pictures"

MAX_SEALED_PICTURE = 4 << 20
"""Characters of base64: a picture may have about 3 MB."""


class EventPicture(BaseModel):
    """`sealed` is the JPEG, sealed to the hub's key for photos by the name that `picture_id`
    gives; see site_sealing.seal_photo."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sealed: str = Field(max_length=MAX_SEALED_PICTURE)


class PictureTaken(BaseModel):
    """Whether the hub has the picture now: it keeps none of somebody who was removed, and none
    that is too old."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kept: bool


def picture_id(door: str, number: int) -> str:
    """What the picture of a door's record is sealed as: no other one can pass for it, nor a photo
    of an enrolment."""
    return f"event {door} {number}"
