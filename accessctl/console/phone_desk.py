"""Enrolment by telephone: links for one person each, and the photos that wait for an operator; and
what is photographed by a door's camera, which waits for one in the same way.

A link is known by the hash of its token, holds for 15 minutes and takes three photos, each judged
as it comes. All of it is kept in memory alone, never on the disk: photos that no operator approved
count no more after 24 hours, and a hub that is started anew has none of them.
"""

import base64
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from accessctl.errors import InputError
from accessctl.policy.consent import GivenConsent, typed_consent

if TYPE_CHECKING:
    from accessctl.recognition.enrolment import Candidate

LINK_S, WAIT_S = 900.0, 86400.0
MOST_LINKS = 50
"""So many links and submissions are kept at once; more are refused."""
MOST_TRIES = 30
"""Photos that one link has judged, the good ones among them."""
TOKEN_BYTES = 24
MOST_TOKEN = 64


class PhonePose(StrEnum):
    """How one looks in each of the three photos, in their order."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"


POSES = tuple(PhonePose)


class NoSuchLinkError(Exception):
    """A link that there never was, that ran out, or that has been used up."""


@dataclass(frozen=True, slots=True)
class PhoneVisit:
    """One link and what came by it. `person` is the id of somebody enrolled, None: somebody new;
    `begun` is epoch seconds; `words` is the name typed as consent to that `version` of the text
    (None: to the notice of the console's own), empty before, and `strokes` the signature that was
    drawn beside it (GivenConsent), empty for none. `door` is the name of the door whose
    camera takes the photos, empty where a telephone does."""

    id: str
    name: str = field(repr=False)
    person: str | None
    by: str
    begun: float
    words: str = field(default="", repr=False)
    strokes: bytes = field(default=b"", repr=False)
    version: int | None = None
    tries: int = 0
    photos: tuple["Candidate", ...] = field(default=(), repr=False)
    door: str = ""

    @property
    def way(self) -> str:
        """By which the photos come, as the journal says it."""
        return "camera" if self.door else "telephone"

    @property
    def is_complete(self) -> bool:
        return len(self.photos) == len(POSES)

    @property
    def pose(self) -> PhonePose:
        """Of the photo that is due."""
        return POSES[len(self.photos)]

    def consent(self) -> GivenConsent:
        """What was given, by whoever has agreed."""
        return typed_consent(self.words, self.strokes)

    def counts_until(self) -> float:
        """Epoch seconds."""
        return self.begun + (WAIT_S if self.is_complete else LINK_S)


class PhoneDesk:
    """Any thread may use it; `now` is epoch time."""

    def __init__(self, now: Callable[[], float], random_bytes: Callable[[int], bytes]) -> None:
        self._now = now
        self._random = random_bytes
        self._lock = threading.Lock()
        self._visits: dict[bytes, PhoneVisit] = {}

    def invite(self, name: str, person: str | None, by: str) -> tuple[str, PhoneVisit]:
        """The token of a new link, and what it is for; InputError for too many at once."""
        token = base64.urlsafe_b64encode(self._random(TOKEN_BYTES)).decode("ascii")
        visit = PhoneVisit(self._random(16).hex(), name, person, by, self._now())
        self._keep(token, visit)
        return token, visit

    def seat(self, name: str, person: str | None, by: str, door: str) -> PhoneVisit:
        """Somebody is to be photographed by that door's camera; known by `seat_of` its id from now
        on, and by no link. InputError for too many at once."""
        visit = PhoneVisit(self._random(16).hex(), name, person, by, self._now(), door=door)
        self._keep(seat_of(visit.id), visit)
        return visit

    def _keep(self, token: str, visit: PhoneVisit) -> None:
        with self._lock:
            self._sweep()
            if len(self._visits) >= MOST_LINKS:
                raise InputError(
                    f"{MOST_LINKS} links and submissions are there already; approve or discard "
                    "some first."
                )
            self._visits[_hash(token)] = visit

    def visit(self, token: str) -> PhoneVisit:
        """What that link is for, also once all photos are there; NoSuchLinkError."""
        with self._lock:
            return self._of(token)

    def agree(
        self, token: str, words: str, version: int | None, strokes: bytes = b""
    ) -> PhoneVisit:
        """Whoever has the link consents by typing their name, and may have signed beside it;
        NoSuchLinkError, InputError."""
        if not words.strip():
            raise InputError("Type your name to agree.")
        with self._lock:
            visit = replace(
                self._open(token), words=words.strip(), version=version, strokes=strokes
            )
            self._visits[_hash(token)] = visit
        return visit

    def begin_try(self, token: str, *, again: bool = False) -> PhoneVisit:
        """One more photo is about to be judged, which counts whatever comes of it; NoSuchLinkError
        where no consent was given, or too many were tried. `again`: also once all are there."""
        with self._lock:
            visit = self._of(token) if again else self._open(token)
            if not visit.words or visit.tries >= MOST_TRIES:
                raise NoSuchLinkError
            self._visits[_hash(token)] = replace(visit, tries=visit.tries + 1)
        return visit

    def add(self, token: str, pose: PhonePose, photo: "Candidate") -> PhoneVisit:
        """A photo that was judged good, for the pose that is due; any other is passed over, as one
        that was sent twice. NoSuchLinkError."""
        with self._lock:
            visit = self._open(token)
            if pose is visit.pose:
                visit = replace(visit, photos=(*visit.photos, photo))
                self._visits[_hash(token)] = visit
        return visit

    def exchange(self, token: str, pose: PhonePose, photo: "Candidate") -> PhoneVisit:
        """As `add`; but for a pose of which there is a photo it takes the place of that one."""
        at = POSES.index(pose)
        with self._lock:
            visit = self._of(token)
            if at <= len(visit.photos):
                photos = (*visit.photos[:at], photo, *visit.photos[at + 1 :])
                visit = replace(visit, photos=photos)
                self._visits[_hash(token)] = visit
        return visit

    def drop(self, token: str) -> None:
        """Nothing more comes of it; NoSuchLinkError."""
        with self._lock:
            self._of(token)
            del self._visits[_hash(token)]

    def waiting(self) -> tuple[PhoneVisit, ...]:
        """Those that wait for an operator, the oldest first."""
        with self._lock:
            self._sweep()
            found = [one for one in self._visits.values() if one.is_complete]
        return tuple(sorted(found, key=lambda one: one.begun))

    def take(self, which: str) -> PhoneVisit:
        """That one of those waiting, which waits no more: of two who take it one has it.
        NoSuchLinkError."""
        with self._lock:
            self._sweep()
            for key, visit in self._visits.items():
                if visit.id == which and visit.is_complete:
                    return self._visits.pop(key)
        raise NoSuchLinkError

    def put_back(self, taken: PhoneVisit) -> None:
        """What was taken waits again: it could not be kept. Its link is good for nothing more."""
        with self._lock:
            self._visits[_hash(seat_of(taken.id))] = taken

    def _open(self, token: str) -> PhoneVisit:
        """One that still takes something."""
        visit = self._of(token)
        if visit.is_complete:
            raise NoSuchLinkError
        return visit

    def _of(self, token: str) -> PhoneVisit:
        self._sweep()
        visit = self._visits.get(_hash(token))
        if visit is None:
            raise NoSuchLinkError
        return visit

    def _sweep(self) -> None:
        now = self._now()
        # A clock that was set back makes nothing last longer.
        over = [
            key for key, one in self._visits.items() if not one.begun <= now < one.counts_until()
        ]
        for key in over:
            del self._visits[key]


def seat_of(which: str) -> str:
    """By what a visit without a link is known, of that id: no token of a link can be that."""
    return f"door {which}"


def _hash(token: str) -> bytes:
    return hashlib.sha256(f"accessctl phone\0{token[:MOST_TOKEN]}".encode()).digest()
