"""What door and hub say of people, rules and settings: the feed down, and changes made at a door.

Beside `wire.py`, whose conventions hold here, too. The hub keeps one row for each subject, with the
number (`seq`) of its last change; a door asks for what is later than the last one that it has. A
document is JSON, sealed with AES-256-GCM under a key of its own; that key is wrapped by the site
key of a `generation`, which each door gets once, to its own public key (HPKE, RFC 9180).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from accessctl.audit.schema import LATEST
from accessctl.sync.wire import Digest, Number, Signature

CHANGES, WAIT, KEYS, PROPOSALS, RECEIPTS = "/changes", "/wait", "/keys", "/proposals", "/receipts"
COMMANDS, PICTURE = "/commands", "/picture"

MAX_CHANGES = 200
MAX_SEALED_CHARACTERS = 1 << 20
MAX_PROPOSALS = 50
MAX_COMMANDS = 16
MAX_CROSSINGS = 500
MAX_LIVE_FACES = 32
MOST_PASSES = 10_000
MAX_PICTURE_CHARACTERS = 256 << 10
COMMAND_S = 10.0
"""So long after it was asked for a command is not done any more."""

Id: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
PassId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Time: TypeAlias = Annotated[float, Field(ge=0, le=LATEST, allow_inf_nan=False)]
Hex: TypeAlias = Annotated[str, Field(pattern=r"^(?:[0-9a-f]{2})+$", max_length=4096)]
Sealed: TypeAlias = Annotated[str, Field(max_length=MAX_SEALED_CHARACTERS)]
"""Base64 of nonce, ciphertext and tag."""
Word: TypeAlias = Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
"""A kind that this release does not know, because the hub is newer: passed over, or refused, and no
reason to hear nothing else of what the hub says."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChangeKind(StrEnum):
    """What a change is of. `GONE`: a person who was removed, or whom this door has no part in."""

    PERSON = "person"
    GONE = "gone"
    RULES = "rules"
    SETTINGS = "settings"
    BADGE_KEY = "badge_key"
    PASSES = "passes"


LATER_KINDS = (ChangeKind.PASSES,)
"""Those that not every release knows: one that does not would take nothing more of a feed in which
they stand, and no removal either. So a hub tells them only to a door that says that it knows them;
one that knows more of them than before asks for everything once more."""
FIRST_KINDS = tuple(kind for kind in ChangeKind if kind not in LATER_KINDS)


def known_kinds() -> str:
    """What a request says of them to a hub, behind other parameters."""
    return "".join(f"&knows={kind}" for kind in LATER_KINDS)


class Change(_Said):
    """The present state of one `subject`: a person's id, or the kind's own word.

    `wrapped` (the document's key under the site key) and `sealed` are None where it is gone;
    `removed` says that the person was removed, which a door has to answer for with a receipt.
    """

    seq: Number
    subject: str = Field(max_length=64)
    kind: ChangeKind | Word = Field(union_mode="left_to_right")
    generation: Number = 0
    wrapped: Hex | None = None
    sealed: Sealed | None = None
    removed: bool = False


class FeedHead(_Said):
    """How far the hub's feed has come, said at `time` (epoch seconds of the hub) and signed with
    the key of its receipts; see `head_of_feed`."""

    seq: Number
    time: Time
    signature: Signature


class ChangeBatch(_Said):
    """The changes after the one that was asked for, the oldest first.

    `round` is given where the door has to begin anew: it then asks with that round until there is
    no `more`, and whoever was not among the changes of the round is gone.
    """

    changes: tuple[Change, ...] = Field(max_length=MAX_CHANGES)
    more: bool
    round: Number | None = None
    head: FeedHead


class KeysRequest(_Asked):
    """`box` is the door's public key (X25519, hex)."""

    box: Digest


class KeysAnswer(_Said):
    """Each generation's site key, HPKE to `box`; `photos` is the hub's public key (X25519, hex)
    that doors seal photos to."""

    keys: dict[int, Hex]
    photos: Digest


class CommandKind(StrEnum):
    """What an operator may have a door do."""

    UNLOCK = "unlock"
    POSTURE = "posture"
    FACE_ENTRY = "face_entry"
    ENROLMENT = "enrolment"
    """A step of enrolling somebody by the door's camera; see shot_wire."""


class HubCommand(_Said):
    """One act at one door, once: `nonce` is new for each, and after `expires_in_s` seconds from
    when it was received it is not done any more. `operator` is who asked."""

    nonce: Id
    kind: CommandKind | Word = Field(union_mode="left_to_right")
    operator: str = Field(max_length=64)
    value: str = Field("", max_length=64)
    expires_in_s: float = Field(gt=0, le=COMMAND_S, allow_inf_nan=False)


class CommandAnswer(_Asked):
    """What became of a command at the door, whose own record says so by now; `problem` is why it
    was not done, in a sentence."""

    done: bool
    problem: str = Field("", max_length=300)


class Crossed(_Said):
    """What the log of another door of the area says last of one person: that they went in or out,
    or, as `forgiven`, that it says nothing that counts from `time` on.

    Each takes the place of what was said before of that person and `door` (an id).
    """

    door: Id

    person: Id
    area: str = Field(max_length=64)
    direction: Literal["in", "out", "forgiven"]
    time: Time


class Waited(_Said):
    """What a door that waited is told: whether there are changes after the one that it named,
    commands for it, whether somebody looks at its picture now, and crossings up to `crossing`.

    `handed` is all those changes, up to the head's, the oldest first; None: the door has to ask.
    `held_s` is how long the hub let it wait: what the answer took besides, it took on its way.
    """

    changes: bool
    commands: tuple[HubCommand, ...] = Field((), max_length=MAX_COMMANDS)
    live: bool = False
    crossings: tuple[Crossed, ...] = Field((), max_length=MAX_CROSSINGS)
    crossing: Number = 0
    held_s: float = Field(0.0, ge=0, allow_inf_nan=False)
    handed: tuple[Change, ...] | None = Field(None, max_length=MAX_CHANGES)
    head: FeedHead


class LiveFace(_Asked):
    """A face in a live picture: its box as shares of the picture's width and height; `person` is
    whom the door takes it for, `state` the word of its decision, or what it waits for."""

    x: float = Field(ge=-1, le=2, allow_inf_nan=False)
    y: float = Field(ge=-1, le=2, allow_inf_nan=False)
    w: float = Field(gt=0, le=2, allow_inf_nan=False)
    h: float = Field(gt=0, le=2, allow_inf_nan=False)
    person: Id | None = None
    state: str = Field("", max_length=120)


class LivePicture(_Asked):
    """What the door sees, for whoever looks: a JPEG in base64, and the faces in it.

    Boxes and people come beside the picture, not in it: whoever may not see who somebody is gets
    the same picture without that.
    """

    time: Time
    jpeg: str = Field(max_length=MAX_PICTURE_CHARACTERS)
    faces: tuple[LiveFace, ...] = Field((), max_length=MAX_LIVE_FACES)


class PictureAnswer(_Said):
    """Whether somebody looks on."""

    live: bool


@dataclass(frozen=True, slots=True)
class WaitBeside:
    """What a wait asks besides changes: crossings in `area` later than `crossing`, and whether the
    door sends pictures now, so that the hub answers once that is to be otherwise; None for a door
    that never sends any."""

    crossing: int = 0
    area: str | None = None
    live: bool | None = None

    @property
    def query(self) -> str:
        """As it stands in the request."""
        area = "" if self.area is None else f"&area={quote(self.area)}"
        live = "" if self.live is None else f"&live={str(self.live).lower()}"
        return f"crossing={self.crossing}{live}{area}{known_kinds()}"


def as_received(waited: Waited, took_s: float) -> Waited:
    """The same, with commands that have only what is left of their time: what an answer took
    beyond the time for which the hub held it, it may have lain on its way."""
    late_s = max(0.0, took_s - waited.held_s)
    commands = tuple(
        one.model_copy(update={"expires_in_s": one.expires_in_s - late_s})
        for one in waited.commands
    )
    return waited.model_copy(update={"commands": commands})


class Proposal(_Asked):
    """A change that was made at the door, in the order in which they were made there.

    `change` names the method of gallery.people.People; `data` is its arguments as JSON text, see
    `accessctl.sync.proposals`.
    """

    id: Id
    time: Time
    change: str = Field(pattern=r"^[a-z_]{1,32}$")
    person: Id
    data: str = Field(max_length=8 << 20)


class ProposalVerdict(StrEnum):
    TAKEN = "taken"
    REFUSED = "refused"
    HELD = "held"
    """Somebody has to decide; until then it counts nowhere."""


class Answered(_Said):
    """What became of one proposal; `seq` is the person's change after it, `problem` why not."""

    id: Id
    verdict: ProposalVerdict
    seq: Number = 0
    problem: str = Field("", max_length=2000)


class ProposalsRequest(_Asked):
    proposals: tuple[Proposal, ...] = Field(max_length=MAX_PROPOSALS)


class ProposalsAnswer(_Said):
    answers: tuple[Answered, ...]


class RemovalReceipt(_Asked):
    """The door says that nothing of `person` is left with it, by its own key."""

    person: Id
    seq: Number
    time: Time
    signature: Signature


class ReceiptsRequest(_Asked):
    receipts: tuple[RemovalReceipt, ...] = Field(max_length=MAX_CHANGES)


class SitePhoto(_Said):
    """A photo without its picture: its templates by the encoders' fingerprints, each base64 of
    little-endian float32 (D,)."""

    id: Id
    quality: float = Field(ge=0, le=1)
    added: Time
    templates: dict[str, str]


class SiteBadge(_Said):
    """`digest` is by the site's badge key."""

    digest: Digest
    added: Time


class SitePerson(_Said):
    """The document of a person. `rules`, `pin` and `controller_number` are the JSON texts that
    gallery.person makes, None where there are none."""

    id: Id
    name: str = Field(max_length=200)
    enrolled: Time
    photos: tuple[SitePhoto, ...] = Field(max_length=100)
    rules: str | None = None
    pin: str | None = None
    controller_number: str | None = None
    badges: tuple[SiteBadge, ...] = Field((), max_length=100)


class SiteBadgeKey(_Said):
    """The document of BADGE_KEY: the key (hex) that a site's badges are hashed with."""

    key: Digest


class SitePasses(_Said):
    """The document of PASSES: the ids of visitors' passes that count no more, though their time is
    not over; see accessctl.sync.pass_wire."""

    withdrawn: tuple[PassId, ...] = Field((), max_length=MOST_PASSES)


class SiteAccess(_Said):
    """The document of RULES: the parts of a configuration's `access` that config.SITE_RULES
    names, as JSON writes them; a part that is not there is the door's own affair."""

    access: dict[str, JsonValue]


class SiteSettings(_Said):
    """The document of SETTINGS: values by their dotted names, such as policy.cooldown_s; each is
    one of config.SITE_SETTINGS."""

    settings: dict[str, JsonValue]


def head_of_feed(door: str, seq: int, time: float) -> bytes:
    """What the hub signs of its feed for one door; `time` counts in whole milliseconds."""
    moment = round(time * 1000).to_bytes(8, "big")
    return b"accessctl feed 1\0" + bytes.fromhex(door) + seq.to_bytes(8, "big") + moment


def removal_statement(door: str, person: str, seq: int, time: float) -> bytes:
    """What a door signs of a removal; `time` counts in whole milliseconds."""
    moment = round(time * 1000).to_bytes(8, "big")
    ids = bytes.fromhex(door) + bytes.fromhex(person)
    return b"accessctl removal 1\0" + ids + seq.to_bytes(8, "big") + moment
