"""Everybody whose photos lie in a folder, enrolled photo by photo; a second run goes on."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from accessctl.administration.changes import Administration, TakenIn
from accessctl.camera.photo_folder import LeftOut
from accessctl.domain import PersonId
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.recognition.enrolment import Candidate

# A photo by the name of its person and its path, and what looking at it came to.
Examined = tuple[tuple[str, Path], "Future[Candidate]"]


@dataclass(slots=True)
class FolderProgress:
    """How far the folder's `people` have come; `refused` holds why each photo was not taken, and
    `left_out` is what in the folder was not looked at."""

    people: int
    left_out: tuple[LeftOut, ...] = ()
    enrolled: set[PersonId] = field(default_factory=set)
    more_photos: int = 0
    known: set[PersonId] = field(default_factory=set)
    refused: list[InputError] = field(default_factory=list)
    looked_at: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether no photo was refused, and no folder was left out, in which there may be some."""
        return not self.refused and not any(one.may_hold_photos for one in self.left_out)

    @property
    def changed(self) -> frozenset[PersonId]:
        """Whoever is new."""
        return frozenset(self.enrolled)

    def sentence(self) -> str:
        """What has come of it so far."""
        parts = [f"Enrolled {len(self.enrolled)} of {self.people} people"]
        if self.more_photos:
            plural = "" if self.more_photos == 1 else "s"
            parts.append(f"{self.more_photos} more photo{plural} of them or of others")
        there = len(self.known - self.enrolled)
        if there:
            parts.append(f"{there} enrolled already")
        parts.append(f"{len(self.refused)} refused")
        if self.left_out:
            parts.append(f"{len(self.left_out)} left out")
        return "; ".join(parts) + "."


def enrol_folder(
    examined: Iterable[Examined],
    administration: Administration,
    progress: FolderProgress,
    *,
    anyway: bool = False,
) -> Iterator[TakenIn | InputError]:
    """What became of each photo, told in `progress`, too: who stops halfway can say how far it
    came. StoreError ends it; what was enrolled by then stays."""
    for (name, _), photo in examined:
        try:
            taken = administration.take_in(name, photo.result(), anyway=anyway)
        except InputError as error:
            progress.refused.append(error)
            progress.looked_at += 1
            yield error
            continue
        progress.looked_at += 1
        if taken.change == "enrolled":
            progress.enrolled.add(taken.person.id)
        elif taken.change == "photo_added":
            progress.more_photos += 1
        else:
            progress.known.add(taken.person.id)
        yield taken
