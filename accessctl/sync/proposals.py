"""Changes that were made at a door, as they are proposed to the hub: a value for each kind.

A proposal's `change` is the name of the method of gallery.people.People that made it; its `data` is
the value's fields as JSON text. Whose it is stands beside it, in `feed_wire.Proposal`.
"""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accessctl.domain import Embedding
from accessctl.errors import InputError, StoreError
from accessctl.gallery.sealing import embedding_from_bytes
from accessctl.sync.feed_wire import Id, Time
from accessctl.sync.site_sealing import from_base64
from accessctl.sync.wire import Digest

MAX_PHOTO_CHARACTERS = 8 << 20
MAX_EMBEDDING_CHARACTERS = 1 << 16
MAX_TEXT_CHARACTERS = 1 << 14

JsonText: TypeAlias = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)]


class _Proposed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewSitePhoto(_Proposed):
    """`photo` is its id; `sealed` is the picture for the hub alone (site_sealing.seal_photo), empty
    where the door has no picture of it.

    `embedding` is base64 of little-endian float32 (D,), made by the encoder of `fingerprint`.
    """

    photo: Id
    sealed: str = Field(max_length=MAX_PHOTO_CHARACTERS, repr=False)
    quality: float = Field(ge=0, le=1, allow_inf_nan=False)
    added: Time
    fingerprint: str = Field(min_length=1, max_length=200)
    embedding: str = Field(max_length=MAX_EMBEDDING_CHARACTERS, repr=False)

    def vector(self) -> Embedding:
        """The embedding, unit float32 (D,); InputError where it is none."""
        try:
            return embedding_from_bytes(from_base64(self.embedding))
        except StoreError as error:
            raise InputError("A proposed photo's embedding is none.") from error


class AddPerson(_Proposed):
    name: str = Field(max_length=200)
    photo: NewSitePhoto


class AddPhoto(_Proposed):
    photo: NewSitePhoto


class RemovePhoto(_Proposed):
    photo: Id


class Rename(_Proposed):
    name: str = Field(max_length=200)


class Remove(_Proposed):
    pass


class SetRules(_Proposed):
    """`rules` is what gallery.person.rules_to_bytes makes."""

    rules: JsonText


class SetPin(_Proposed):
    """`pin` is what gallery.person.pin_to_bytes makes; None takes it away."""

    pin: JsonText | None = Field(repr=False)


class SetControllerNumber(_Proposed):
    """`number` is what gallery.person.number_to_bytes makes; None takes it away."""

    number: JsonText | None = Field(repr=False)


class AddBadge(_Proposed):
    """`digest` is by the site's badge key."""

    digest: Digest = Field(repr=False)
    added: Time


class RemoveBadges(_Proposed):
    digests: tuple[Digest, ...] = Field(max_length=100, repr=False)


Proposed: TypeAlias = (
    AddPerson
    | AddPhoto
    | RemovePhoto
    | Rename
    | Remove
    | SetRules
    | SetPin
    | SetControllerNumber
    | AddBadge
    | RemoveBadges
)

KINDS: dict[str, type[Proposed]] = {
    "add_person": AddPerson,
    "add_photo": AddPhoto,
    "remove_photo": RemovePhoto,
    "rename": Rename,
    "remove": Remove,
    "set_rules": SetRules,
    "set_pin": SetPin,
    "set_controller_number": SetControllerNumber,
    "add_badge": AddBadge,
    "remove_badges": RemoveBadges,
}


def read_proposal(change: str, data: str) -> Proposed:
    """The value that `data` (JSON text) is of a `change`; InputError where it is none."""
    kind = KINDS.get(change)
    if kind is None:
        raise InputError(f"A door proposed a change that is unknown here ({change[:32]!a}).")
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise InputError(f"A door proposed a change ({change}) whose data are none.") from error


def change_of(proposed: Proposed) -> str:
    """The name that a proposal of this value has in `KINDS`."""
    return next(change for change, kind in KINDS.items() if type(proposed) is kind)
