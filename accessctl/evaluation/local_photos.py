"""Photos of people of a place who are not enrolled, as the door's gallery sees them.

Whoever is enrolled after all is left out: by the name of their file or folder, or by a face so near
to somebody enrolled that of all comparisons together hardly one false match would be. It is said of
each, for a stranger who is taken for somebody enrolled is the very thing that is looked for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from accessctl.camera.photo_folder import PersonPhotos
from accessctl.domain import Image, Match
from accessctl.errors import InputError
from accessctl.evaluation.seen_here import (
    StrangerLook,
    is_enrolled,
    look_of,
    same_face_fmr,
)
from accessctl.recognition.engine import Engine
from accessctl.recognition.enrolment import Enrolment
from accessctl.storage.seen import first_look_alike

ALL = "; with --nobody-enrolled they count"


@dataclass(slots=True)
class LocalPhotos:
    """What the photos came to: a look of each person, by their best photo.

    `by_name` and `by_face` say of each who was left out why, `taken` of each stranger whom the door
    would have taken for somebody, `refused` of each photo that cannot be used.
    """

    looks: list[StrangerLook] = field(default_factory=list)
    by_name: list[str] = field(default_factory=list)
    by_face: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> int:
        return len(self.by_name) + len(self.by_face)


@dataclass(frozen=True, slots=True)
class LocalDoor:
    """The engine of the door that the people are shown to, and how photos are read."""

    engine: Engine
    read: Callable[[Path], Image]

    def look_at(
        self, people: Iterable[PersonPhotos], photos: int, *, everybody: bool = False
    ) -> LocalPhotos:
        """Each person's photos, so many of all; `everybody`: nobody of them is enrolled, whatever
        it looks like."""
        roster, policy = self.engine.roster, self.engine.config.policy
        enrolled = roster.matcher.people
        same = 0.0 if everybody else same_face_fmr(photos, enrolled, roster.calibration)
        found = LocalPhotos()
        enrolment = self.engine.enrolment()
        for person in people:
            namesake = None if everybody else first_look_alike(person.name, roster.names.values())
            if namesake is not None:
                found.by_name.append(f"{person.name}: is the name of somebody enrolled{ALL}.")
                continue
            matches = self._searched(enrolment, person, found)
            if not matches:
                continue
            known = next((match for match in matches if is_enrolled(match, same)), None)
            if known is not None:
                name = roster.names.get(known.person, "somebody")
                found.by_face.append(f"{person.name}: shows {name}, who is enrolled{ALL}.")
                continue
            look = look_of(matches[0], enrolled, roster.attempt_fmr, policy.min_margin)
            found.looks.append(look)
            if look.passed:
                name = roster.names.get(matches[0].person, "somebody")
                found.taken.append(
                    f"{person.name}: the door would take them for {name}; if that is who it is, "
                    "take their photos out and run this again."
                )
        return found

    def _searched(
        self, enrolment: Enrolment, person: PersonPhotos, found: LocalPhotos
    ) -> list[Match]:
        """The search by each photo that can be used, that of the best quality first."""
        matches: list[tuple[float, Match]] = []
        for path in person.paths:
            try:
                photo = enrolment.examine(self.read(path), str(path))
            except InputError as error:
                found.refused.append(str(error))
                continue
            match = self.engine.roster.matcher.search(photo.embedding)
            if match is not None:
                matches.append((photo.quality, match))
        matches.sort(key=lambda one: -one[0])
        return [match for _, match in matches]
