"""What an operator does with a visit of somebody unknown: looks at its pictures, and gives it a
name."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from accessctl.administration.changes import Administration
from accessctl.administration.vetting import PhotoVetting
from accessctl.console.capabilities import Operator
from accessctl.console.naming_view import Likely, SiteFaces, likely, picture_label
from accessctl.console.photo_desk import HandedIn, JudgedPhoto
from accessctl.console.words import Words
from accessctl.domain import Person, PersonId
from accessctl.errors import InputError
from accessctl.hub.journal import JournalKind
from accessctl.hub.naming import UnknownVisit, VisitNaming, VisitPicture
from accessctl.hub.pictures import AlteredPictureError
from accessctl.policy.naming import NamingObstacle

if TYPE_CHECKING:
    from accessctl.console.app import Console
    from accessctl.recognition.enrolment import Candidate

NOT_FOUND = 404
WHAT = "name a visit"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NamingAsked:
    """What the form says: `person` is an id, empty for somebody new of that `name`; `pictures` are
    numbers of records."""

    person: str = ""
    name: str = ""
    groups: tuple[str, ...] = ()
    pictures: tuple[int, ...] = ()
    looked: bool = False


NOTHING_ASKED = NamingAsked()


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A visit without an obstacle, its pictures and what became of them at the desk."""

    visit: UnknownVisit
    pictures: Sequence[VisitPicture]
    judged: Sequence[JudgedPhoto]

    def photos(self, chosen: Sequence[int] | None = None) -> "dict[int, Candidate]":
        """Those that can be used, by their records' numbers; of the `chosen` ones, or all."""
        return {
            picture.number: one.candidate
            for picture, one in zip(self.pictures, self.judged, strict=True)
            if one.candidate is not None and (chosen is None or picture.number in chosen)
        }


class VisitObstacleError(Exception):
    """A visit cannot be given a name."""

    def __init__(self, visit: UnknownVisit, obstacle: NamingObstacle) -> None:
        super().__init__(obstacle.value)
        self.visit, self.obstacle = visit, obstacle


class NamingDesk:
    """Any thread may use it; everything raises StoreError."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._naming = VisitNaming(console.hub)

    def looked_at(self, operator: Operator, door: str, number: int, words: Words) -> LookedAt:
        """The visit of that decision, judged by the enrolment's own checks; VisitObstacleError, and
        HubError, ModelError as of the photo desk."""
        visit = self._naming.visit(door, number)
        if visit is None:
            raise HTTPException(NOT_FOUND)
        if visit.obstacle is not None:
            raise VisitObstacleError(visit, visit.obstacle)
        self._console.record(JournalKind.ACT, operator, "compare a visit", door=door, number=number)
        try:
            pictures = self._naming.pictures(visit)
        except AlteredPictureError as error:
            log.error("A visit cannot be named: %s", error)
            raise VisitObstacleError(visit, NamingObstacle.ALTERED) from error
        if not pictures:
            raise VisitObstacleError(visit, NamingObstacle.NO_PICTURE)
        handed_in = [
            HandedIn(picture_label(at, picture, words), picture.jpeg)
            for at, picture in enumerate(pictures, 1)
        ]
        return LookedAt(visit, pictures, self._console.photos.judge(handed_in))

    def name(self, found: LookedAt, operator: Operator, asked: NamingAsked, words: Words) -> Person:
        """Whom the visit shows from now on; InputError, FaceError and PersonError for what the form
        says, HubError where somebody was faster."""
        photos = found.photos(asked.pictures)
        if not asked.looked:
            raise InputError(words("naming.look_first"))
        if not photos or len(photos) < len(set(asked.pictures)):
            raise InputError(words("naming.choose"))
        if asked.groups:
            known = self._console.hub.site.access().groups
            if not known.keys() >= set(asked.groups):
                raise InputError(words("naming.no_such_group"))

        def change(to: Administration) -> Person:
            if asked.person:
                whose = self.people().get(PersonId(asked.person))
                if whose is None:
                    raise InputError(words("naming.gone"))
                return to.add_photos(whose.name, list(photos.values()))
            kept = to.enrol(asked.name, list(photos.values()))
            if asked.groups:
                to.change_rules(kept.name, lambda rules: replace(rules, groups=asked.groups))
            return kept

        return self._naming.name(found.visit, list(photos), operator.name, change)

    def refused(self, visit: UnknownVisit, operator: Operator, why: str) -> None:
        """On record, without what an error tells: it may name people."""
        place = visit.one.place
        self._console.refused(operator, WHAT, door=place.door, number=place.number, why=why)

    def likely(self, found: LookedAt, words: Words) -> Likely:
        """Whom it may show, of everybody enrolled."""
        people = self._console.hub.people
        site = SiteFaces(self.people(), people.pictured(), people.withheld())
        photos = list(found.photos().values())
        return likely(photos, PhotoVetting(people), site, found.visit.one.event, words)

    def people(self) -> dict[PersonId, Person]:
        return {person.id: person for person in self._console.hub.people.people()}
