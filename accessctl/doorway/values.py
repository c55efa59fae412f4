"""The values of a doorway: its rules and state, what comes in, what goes out.

All of them are frozen. Times are seconds of one monotonic clock unless they are called epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from accessctl.domain import DoorState, DoorwayWord, PersonId, Posture

NEVER = float("-inf")
NO_DATA: Mapping[str, Any] = MappingProxyType({})


class Leaf(StrEnum):
    """What the door contact says. `UNKNOWN`: there is none, or its line cannot be read."""

    SHUT = "shut"
    OPEN = "open"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why a lock is, or was, unlocked."""

    GRANT = "grant"
    OPEN_HOURS = "open_hours"
    EXIT = "exit"
    FIRE = "fire"
    EVACUATION = "evacuation"


STANDING = frozenset({Cause.OPEN_HOURS, Cause.FIRE, Cause.EVACUATION})
"""The causes that last, so that a door which stands open by them is not held."""


class Alarm(StrEnum):
    FORCED = "forced"
    HELD = "held"
    TAMPER = "tamper"
    OUTPUT = "output"
    LINE = "line"


class Interlock(StrEnum):
    """What the arbiter says of this door's wish to open. `NONE`: there is no other door."""

    NONE = "none"
    FREE = "free"
    TAKEN = "taken"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class DoorwayRules:
    """How one doorway behaves; seconds.

    `grace_s` covers an opening that is seen so long after the lock closed again: the contact is
    debounced, and somebody may have the door in hand. `exit_unlocks`: a request to exit unlocks,
    too; otherwise it only shunts "forced", because the door opens from inside by itself.
    `extended_s` and `extended_held_s` are for people who need longer.
    """

    contact: bool = True
    unlock_s: float = 5.0
    extended_s: float = 15.0
    held_s: float = 30.0
    extended_held_s: float = 60.0
    grace_s: float = 0.5
    exit_s: float = 10.0
    exit_unlocks: bool = False
    exit_stuck_s: float = 60.0
    alarm_s: float = 180.0
    first_person: bool = True
    lockdown_groups: frozenset[str] = frozenset()
    interlock: bool = False
    max_open_s: float = 86400.0


@dataclass(frozen=True, slots=True)
class PendingGrant:
    """A grant by which nobody has opened the door yet; it ends at `until`."""

    until: float
    visit: str | None
    person: PersonId | None
    extended: bool
    by: str


@dataclass(frozen=True, slots=True)
class DoorwayState:
    """All that a doorway knows; `at` is the time it was last brought up to.

    `hours` is what the schedule says, `begun` that they count: from
    their beginning, or from when the first person has come.
    `covered_since` and `covered_until` are the ends of the last span in which the door might be
    opened without being forced; while it lasts `covered_until` is infinite. `beneath` is the
    posture to which the end of an evacuation leads back. `lost` are inputs that cannot be read and
    `failed` outputs that do not obey. `heard` are the nonces of commands, with
    the time until which they are remembered.
    """

    at: float = NEVER
    posture: Posture = Posture.NORMAL
    posture_until: float | None = None
    beneath: Posture = Posture.NORMAL
    beneath_until: float | None = None
    face_entry: bool = True
    hours: bool = False
    begun: bool = False
    fire: bool = False
    tamper: bool = False
    leaf: Leaf = Leaf.UNKNOWN
    opened_at: float = NEVER
    held_at: float = float("inf")
    held: bool = False
    forced: bool = False
    forced_alarm: bool = False
    forced_at: float = NEVER
    grants: tuple[PendingGrant, ...] = ()
    exit_active: bool = False
    exit_since: float = NEVER
    exit_until: float = NEVER
    exit_stuck: bool = False
    covered_since: float = float("inf")
    covered_until: float = NEVER
    silent: bool = False
    failed: frozenset[str] = frozenset()
    interlock_lost: bool = False
    lost: frozenset[str] = frozenset()
    heard: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class LockOutputs:
    """What is to be driven, and why. `silent`: a silent alarm, for whoever listens elsewhere.

    `until`: when the lock is to close again should nothing else be heard; None: when it is told.
    """

    state: DoorState
    unlock: bool
    until: float | None
    alarm: bool
    silent: bool
    causes: tuple[Cause, ...]
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class DoorwayRecord:
    """One event of the log, without its wall time."""

    word: DoorwayWord
    data: Mapping[str, Any] = field(default_factory=lambda: NO_DATA)
    person: PersonId | None = None


@dataclass(frozen=True, slots=True)
class TimePasses:
    """Nothing happened but time; `hours` is what the schedule says by now."""

    hours: bool = False


@dataclass(frozen=True, slots=True)
class ContactSeen:
    """The contact's new level; `at` is the time of the edge, None: now. `open` None: the line is
    lost."""

    open: bool | None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class InputSeen:
    """A request to exit, the fire input or the tamper contact; `active` None: the line is lost.

    `at` is the time of the edge, None: now.
    """

    which: Literal["exit", "fire", "tamper"]
    active: bool | None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class GrantGiven:
    """Somebody may come in, by a decision that is on record.

    `by` is face, also where a badge said whose it is; another word is that of a reader which lets
    in without a face. `groups` are the person's, `duress` that the PIN was one of duress.
    """

    visit: str | None
    person: PersonId | None = None
    by: str = "face"
    groups: frozenset[str] = frozenset()
    extended: bool = False
    duress: bool = False
    interlock: Interlock = Interlock.NONE


class CommandVerb(StrEnum):
    OPEN = "open"
    POSTURE = "posture"
    RELEASE = "release"
    FACE_ENTRY = "face_entry"
    ACKNOWLEDGE = "acknowledge"


@dataclass(frozen=True, slots=True)
class OperatorCommand:
    """What an operator wants; `by` is who, `via` the way it came (control socket, MQTT topic).

    `age_s`: how long ago it was sent, as far as that is known. `retained`: it was kept somewhere
    for whoever comes later, so that nobody knows when it was meant. `seconds`: how long a posture
    of open hours lasts.
    """

    verb: CommandVerb
    by: str
    via: str
    posture: Posture = Posture.NORMAL
    seconds: float | None = None
    on: bool = True
    nonce: str | None = None
    age_s: float = 0.0
    retained: bool = False
    interlock: Interlock = Interlock.NONE


@dataclass(frozen=True, slots=True)
class OutputReport:
    """Whether an output does what it was told; `name` is lock or alarm, `detail` one sentence."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class InterlockReport:
    """Whether the arbiter is there."""

    present: bool


@dataclass(frozen=True, slots=True)
class DoorwayStart:
    """The levels that were found at the start, and what is remembered of before it.

    None: there is no such line, or it cannot be read. `seconds` are left of open hours that an
    operator began.
    """

    contact_open: bool | None
    exit_active: bool | None
    fire: bool | None
    tamper: bool | None
    posture: Posture = Posture.NORMAL
    seconds: float | None = None
    beneath: Posture = Posture.NORMAL
    face_entry: bool = True
    remembered: str = "nothing"


DoorwayInput: TypeAlias = (
    TimePasses
    | ContactSeen
    | InputSeen
    | GrantGiven
    | OperatorCommand
    | OutputReport
    | InterlockReport
    | DoorwayStart
)


@dataclass(frozen=True, slots=True)
class DoorwayStep:
    """What an input comes to.

    `tried` are written down before anything else, but the state does not wait for them: they
    tell what has happened, or leave the door safer. `required` has to be on disk before `state`
    takes effect; where the log does not take it, `without` does, so that there is one (else
    ValueError). `owed` are written down after it took effect, and not at all where `without`
    does. A step with `owed` and nothing `required` acts before all of its records. `refused` says
    why what was asked for was not done, None: it was.
    """

    state: DoorwayState
    tried: tuple[DoorwayRecord, ...] = ()
    required: DoorwayRecord | None = None
    without: DoorwayState | None = None
    owed: tuple[DoorwayRecord, ...] = ()
    refused: str | None = None

    def __post_init__(self) -> None:
        if self.required is not None and self.without is None:
            raise ValueError("what needs its record first has to say what holds without it")
