"""The words of the house: what the rooms hand to each other.

Frozen values, numpy only. Images are RGB `uint8 (H, W, 3)`; boxes and points are
in pixels of the image they were found in; times called `captured` or `now` are
seconds of a monotonic clock, times called `time` are seconds since the epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NewType, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image: TypeAlias = NDArray[np.uint8]
    Points: TypeAlias = NDArray[np.float32]
    Embedding: TypeAlias = NDArray[np.float32]
else:
    # A command that only lists people has no array, and numpy takes longer than the list.
    Image = Points = Embedding = Any

PersonId = NewType("PersonId", str)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image from a camera: RGB, capture time in seconds, sequence number from 0.

    `age_s` is how old it was when it was taken for a look, as far as can be told: how much later
    than the best of late it came, and how long it then waited, seconds; 0 of a recording.
    """

    image: Image
    captured: float
    sequence: int
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, width and height in pixels; may reach over the image's edge."""

    x: float
    y: float
    w: float
    h: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def area(self) -> float:
        return self.w * self.h


@dataclass(frozen=True, slots=True)
class Pose:
    """Head rotation in degrees; all 0 when the face looks into the camera.

    Yaw is positive when the nose moves to the right in the image, pitch when it
    moves up, roll when the head tilts clockwise in the image.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How far a face can be trusted for recognition: `score` in [0, 1].

    `reasons` says in words what is wrong ("too far", "too dark", "turned away");
    a face with any reason is not used as evidence.
    """

    score: float
    reasons: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one frame.

    `score` is the detector's and `presence` the mesh's, both in [0, 1]; `landmarks`
    is float32 (468, 3), x and y in pixels of the frame and z in the same unit;
    `track` stays the same while the same face is followed from frame to frame, and `still_s` is
    for how many seconds its box has stayed in its place.
    """

    box: Box
    score: float
    presence: float
    landmarks: Points
    pose: Pose
    quality: Quality
    track: int = 0
    still_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CropGeometry:
    """How to cut the crop that an encoder eats.

    Five points (left eye, right eye, nose tip, left and right mouth corner, as seen in
    the image) are laid by least squares onto `template`, pixel coordinates of a square
    canvas; `region` (x0, y0, x1, y1) of that canvas is scaled to `size` x `size` pixels.
    """

    template: tuple[tuple[float, float], ...]
    region: tuple[float, float, float, float]
    size: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody enrolled; `enrolled` is the epoch time of the first photo."""

    id: PersonId
    name: str
    photos: int
    enrolled: float


@dataclass(frozen=True, slots=True)
class PersonRules:
    """What the owner set down for one person; the default forbids nothing.

    `valid_from` (inclusive) and `valid_until` (exclusive) are epoch seconds. `life_by_pin`:
    where they have not shown life in time, their PIN may stand in for it.
    """

    groups: tuple[str, ...] = ()
    valid_from: float | None = None
    valid_until: float | None = None
    disabled: bool = False
    life_by_pin: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """The best person of a search.

    `similarity` is the cosine of probe and template in [-1, 1], `score` the same
    normalised by the cohort, `margin` the lead in score over the second best person
    (infinite when there is no second), `fmr` the false-match rate per comparison that
    the score stands for and `fmr_upper` its upper 95 % confidence bound. `raised` is the log10 of
    the factor by which both were raised because photos were pooled; it is not written down.
    """

    person: PersonId
    similarity: float
    score: float
    margin: float
    fmr: float
    fmr_upper: float
    raised: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """What one usable frame says about a visit: unit embedding, quality, best match."""

    captured: float
    embedding: Embedding
    quality: float
    match: Match | None


class CueVerdict(StrEnum):
    """The word of one cue of liveness.

    `DOUBT` speaks of an attack and suspends a grant; `VETO` refuses for good, and comes of two
    doubts that share no frame, or of what leaves no doubt at all. `CLEAR` means that the cue had
    what it needs to speak of an attack and found nothing; `CONFIRM` shows life, and is clear
    too; `UNDECIDED` means that the cue had not enough to go by and says nothing.
    """

    VETO = "veto"
    DOUBT = "doubt"
    CONFIRM = "confirm"
    CLEAR = "clear"
    UNDECIDED = "undecided"


class Outcome(StrEnum):
    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why an attempt was decided as it was; stable words for logs and integrators."""

    MATCHED = "matched"
    COOLDOWN = "cooldown"
    NO_MATCH = "no_match"
    AMBIGUOUS = "ambiguous"
    DISAGREEMENT = "disagreement"
    LEFT_EARLY = "left_early"
    EMPTY_GALLERY = "empty_gallery"
    NO_RECORD = "no_record"
    DISABLED = "disabled"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OUTSIDE_SCHEDULE = "outside_schedule"
    WRONG_DOOR = "wrong_door"
    LOCKED_OUT = "locked_out"
    NOT_LIVE = "not_live"
    LIVENESS_UNDECIDED = "liveness_undecided"
    NO_GESTURE = "no_gesture"
    SECOND_FACTOR_MISSING = "second_factor_missing"
    SECOND_FACTOR_WRONG = "second_factor_wrong"
    PASSBACK = "passback"
    TWO_FACES = "two_faces"
    WATCHING_ONLY = "watching_only"
    GALLERY_STALE = "gallery_stale"
    GALLERY_UNACCEPTED = "gallery_unaccepted"
    RULES_STALE = "rules_stale"
    LOCKED_DOWN = "locked_down"
    FACE_ENTRY_OFF = "face_entry_off"
    INTERLOCK = "interlock"
    BADGE_MISMATCH = "badge_mismatch"
    BADGE_REQUIRED = "badge_required"


@dataclass(frozen=True, slots=True)
class Decision:
    """The one outcome of an attempt, with its evidence.

    A visit and the number of the `attempt` in it, from 1, name a decision that is on record;
    where `attempts_left` is 0 nothing more is decided in this visit.
    `time` is when it was made, `frames` counts the usable frames it rests on, `latency_ms` runs
    from the capture of the first usable frame of the attempt to the decision.
    """

    time: float
    visit: str
    outcome: Outcome
    reason: Reason
    person: PersonId | None
    match: Match | None
    frames: int
    latency_ms: float
    attempt: int = 1
    attempts_left: int = 0


class EventKind(StrEnum):
    DECISION = "decision"
    ACTION = "action"
    PERSON = "person"
    SERVICE = "service"
    DOORWAY = "doorway"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the audit log; `data` holds JSON values only, never a name or a secret."""

    time: float
    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict)
    person: PersonId | None = None


class DoorState(StrEnum):
    """What a door's leaf and lock are at. `HELD`: open for too long; `FORCED`: it came open
    without a cause."""

    CLOSED = "closed"
    UNLOCKED = "unlocked"
    OPEN = "open"
    HELD = "held"
    FORCED = "forced"


class Posture(StrEnum):
    """What a door as a whole is set to.

    `OPEN_HOURS`: unlocked for everybody; `LOCKED_DOWN`: nobody but named groups comes in;
    `EVACUATION`: unlocked until it is released. The way out is free in all of them.
    """

    NORMAL = "normal"
    OPEN_HOURS = "open_hours"
    LOCKED_DOWN = "locked_down"
    EVACUATION = "evacuation"


class DoorwayWord(StrEnum):
    """What an event of the kind `doorway` tells, in its field `state`.

    `ENTERED` and `NO_ENTRY` say of one grant whether the door was opened by it.
    """

    STARTED = "doorway_started"
    STOPPED = "doorway_stopped"
    UNLOCKED = "unlocked"
    LOCKED = "locked"
    OPENED = "opened"
    CLOSED = "closed"
    ENTERED = "entered"
    NO_ENTRY = "no_entry"
    REFUSED = "refused"
    FORCED = "forced"
    HELD = "held"
    EXIT = "exit"
    EXIT_STUCK = "exit_stuck"
    EXIT_FREED = "exit_freed"
    FIRE = "fire"
    FIRE_OVER = "fire_over"
    TAMPER = "tamper"
    TAMPER_OVER = "tamper_over"
    DURESS = "duress"
    POSTURE = "posture"
    OPEN_HOURS = "open_hours"
    OPEN_HOURS_OVER = "open_hours_over"
    FACE_ENTRY = "face_entry"
    ACKNOWLEDGED = "acknowledged"
    ALARM_OVER = "alarm_over"
    COMMAND_REFUSED = "command_refused"
    LINE_LOST = "line_lost"
    LINE_BACK = "line_back"
    OUTPUT_FAILED = "output_failed"
    OUTPUT_BACK = "output_back"
    TESTED = "tested"
    INTERLOCK_LOST = "interlock_lost"
    INTERLOCK_BACK = "interlock_back"
