"""A visit that is to be named, as the console shows it: its pictures as they were judged, and whom
they resemble. Pure, but for the photos of the site that they are compared with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accessctl.administration.vetting import PhotoVetting
from accessctl.console.people_view import initials_of
from accessctl.console.photo_desk import JudgedPhoto
from accessctl.console.why import Gauge, limits_in, rarity_gauge, similarity_gauge
from accessctl.console.words import Words
from accessctl.domain import Event, Person, PersonId
from accessctl.errors import MisfitError
from accessctl.hub.naming import VisitPicture
from accessctl.policy.consent import Withheld
from accessctl.recognition.matcher import Comparison

if TYPE_CHECKING:
    from accessctl.recognition.enrolment import Candidate

MOST_ALIKE = 3
"""So many people are shown beside a visit."""


@dataclass(frozen=True, slots=True)
class SiteFaces:
    """Everybody enrolled; of whom a photo can be shown, and who is sent to no door, why."""

    people: Mapping[PersonId, Person]
    pictured: Collection[PersonId]
    withheld: Mapping[PersonId, Withheld]


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture of the visit, by its record's number; `problem` says why it cannot be used."""

    number: int
    label: str
    problem: str


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Somebody enrolled whom the visit resembles. `fits`: by the rules of every enrolment its
    pictures may be theirs; `note` says why they are sent to no door, empty where they are."""

    id: PersonId
    name: str
    initials: str
    gauges: tuple[Gauge, ...]
    fits: bool
    note: str
    has_photo: bool


@dataclass(frozen=True, slots=True)
class Likely:
    """Whom a visit may show; `may_be_new`: by the rules of every enrolment somebody new."""

    people: tuple[Resemblance, ...]
    may_be_new: bool


def picture_label(number: int, picture: VisitPicture, words: Words) -> str:
    """What the `number`th picture of a visit is called, also where it is complained of."""
    return words("naming.picture", number=number, time=words.clock(picture.time))


def shown_pictures(
    pictures: Sequence[VisitPicture], judged: Sequence[JudgedPhoto], words: Words
) -> tuple[ShownPicture, ...]:
    return tuple(
        ShownPicture(picture.number, one.name, one.told(words))
        for picture, one in zip(pictures, judged, strict=True)
    )


def likely(
    photos: Sequence["Candidate"],
    vetting: PhotoVetting,
    site: SiteFaces,
    event: Event,
    words: Words,
) -> Likely:
    """Whom the photos of one visit, of which `event` is a decision, resemble most, the nearest
    first, beside what its door wanted, and what an enrolment would make of them."""
    if not photos:
        return Likely((), may_be_new=False)
    nearest: dict[PersonId, Comparison] = {}
    for photo in photos:
        for one in vetting.nearest(photo, MOST_ALIKE):
            known = nearest.get(one.person)
            if one.person in site.people and (known is None or one.comparison.score > known.score):
                nearest[one.person] = one.comparison
    evidence = event.data.get("evidence")
    limits = limits_in(evidence) if isinstance(evidence, Mapping) else None
    max_fmr = None if limits is None else limits.max_fmr

    def shown(person: Person, found: Comparison) -> Resemblance:
        rarity = rarity_gauge(found.fmr_upper, max_fmr, words)
        cause = site.withheld.get(person.id)
        return Resemblance(
            id=person.id,
            name=person.name,
            initials=initials_of(person.name),
            gauges=(rarity, similarity_gauge(found.similarity, words)),
            fits=_fits(vetting, person, photos),
            note="" if cause is None else words(f"naming.withheld.{cause}"),
            has_photo=person.id in site.pictured,
        )

    ordered = sorted(nearest.items(), key=lambda pair: -pair[1].score)[:MOST_ALIKE]
    alike = tuple(shown(site.people[person], found) for person, found in ordered)
    return Likely(alike, may_be_new=_fits(vetting, None, photos))


def _fits(vetting: PhotoVetting, person: Person | None, photos: Sequence["Candidate"]) -> bool:
    """Whether an enrolment would take all of them for that person, None: for somebody new."""
    try:
        vetting.vet("" if person is None else person.name, person, photos, anyway=False)
    except MisfitError:
        return False
    return True
