"""What is wrong among the photos that are stored already: misfits, duplicates and look-alikes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from accessctl.domain import PersonId
from accessctl.gallery.people import People, Template
from accessctl.policy.decide import rare_enough
from accessctl.recognition.calibration import Yardstick, comparison_fmr
from accessctl.recognition.look_alikes import looks_in_words, passing_share
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.photo_fit import NEAR_THRESHOLD, SAME_PICTURE, PhotoIndex

BLOCK = 512


class PhotoFlaw(StrEnum):
    """`MISFIT`: a photo that does not show whom the person's others show, or that shows somebody
    else; `UNUSED`: one in which this encoder finds no face; `DUPLICATE`: one picture stored
    twice; `TAKEN`: two people who are taken for each other by `identify`, and perhaps at a door,
    or one under two names; `LOOKALIKE`: two who come near that."""

    MISFIT = "misfit"
    UNUSED = "unused"
    DUPLICATE = "duplicate"
    TAKEN = "taken_for_each_other"
    LOOKALIKE = "lookalike"


@dataclass(frozen=True, slots=True)
class StoredFlaw:
    """`photo` and `other_photo` are numbers of the persons' photos, None where all are meant.

    `similarity` and `fmr` (its upper bound) are those of the comparison that shows it; both
    are None where nothing was compared. Of two people who look alike `passes` is the share of
    looks at `person` that would pass for `other`, `other_passes` the other way round.
    """

    flaw: PhotoFlaw
    person: PersonId
    photo: int | None = None
    other: PersonId | None = None
    other_photo: int | None = None
    similarity: float | None = None
    fmr: float | None = None
    passes: float | None = None
    other_passes: float | None = None

    @property
    def grave(self) -> bool:
        """Somebody may be let in as somebody else, or not at all."""
        return self.flaw in (PhotoFlaw.MISFIT, PhotoFlaw.TAKEN)


def check_photos(gallery: People, fingerprint: str, yardstick: Yardstick) -> Iterator[StoredFlaw]:
    """All that is wrong with the photos of `gallery`, the gravest kind first; StoreError."""
    numbers = {
        entry.id: entry.number
        for person in gallery.people()
        for entry in gallery.photo_entries(person.id)
    }
    templates = gallery.templates(fingerprint)
    matcher = Matcher(templates, yardstick.normaliser, yardstick.calibration)
    index = PhotoIndex(templates, yardstick)
    yield from _misfits(index, numbers)
    pairs = list(_pairs(matcher, index, yardstick))
    yield from (pair for pair in pairs if pair.flaw is PhotoFlaw.TAKEN)
    yield from _duplicates(templates, numbers)
    yield from _unused(gallery, templates)
    yield from (pair for pair in pairs if pair.flaw is PhotoFlaw.LOOKALIKE)


def _misfits(index: PhotoIndex, numbers: Mapping[str, int]) -> Iterator[StoredFlaw]:
    for person in index.people:
        photos = index.photos_of(person)
        strays = index.strays_of(person)
        for photo in photos if len(photos) > 1 else ():
            fit = index.fit_of_stored(photo)
            if not fit.like_another and photo not in strays:
                continue
            taken = fit.other if fit.like_another else None
            shown = taken.comparison if taken is not None else fit.own
            yield StoredFlaw(
                PhotoFlaw.MISFIT,
                person,
                numbers.get(photo.photo),
                other=None if taken is None else taken.person,
                similarity=None if shown is None else shown.similarity,
                fmr=None if shown is None else shown.fmr_upper,
            )


def _pairs(matcher: Matcher, index: PhotoIndex, yardstick: Yardstick) -> Iterator[StoredFlaw]:
    """People whose photos, pooled, are near each other."""
    search_fmr = comparison_fmr(yardstick.target_fpir, max(1, matcher.people))

    def passing(person: PersonId, other: PersonId) -> float:
        threshold = index.threshold_for(other, search_fmr)
        return passing_share(index.scores_with(person, other), threshold)

    for pair in matcher.pairs_within(min(1.0, search_fmr * NEAR_THRESHOLD)):
        taken = rare_enough(pair.comparison.fmr_upper, search_fmr)
        yield StoredFlaw(
            PhotoFlaw.TAKEN if taken else PhotoFlaw.LOOKALIKE,
            pair.person,
            other=pair.other,
            similarity=pair.comparison.similarity,
            fmr=pair.comparison.fmr_upper,
            passes=passing(pair.person, pair.other),
            other_passes=passing(pair.other, pair.person),
        )


def _duplicates(templates: Sequence[Template], numbers: Mapping[str, int]) -> Iterator[StoredFlaw]:
    if not templates:
        return
    units = np.stack([template.embedding for template in templates])
    for start in range(0, len(units), BLOCK):
        similar = units[start : start + BLOCK] @ units.T
        rows, columns = np.nonzero(similar >= SAME_PICTURE)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if column <= start + row:
                continue
            one, other = templates[start + row], templates[column]
            yield StoredFlaw(
                PhotoFlaw.DUPLICATE,
                one.person,
                numbers.get(one.photo),
                other=other.person,
                other_photo=numbers.get(other.photo),
                similarity=float(similar[row, column]),
            )


def _unused(gallery: People, templates: Sequence[Template]) -> Iterator[StoredFlaw]:
    used = {template.photo for template in templates}
    for person in gallery.people():
        for entry in gallery.photo_entries(person.id):
            if entry.id not in used:
                yield StoredFlaw(PhotoFlaw.UNUSED, person.id, entry.number)


def flaw_sentence(found: StoredFlaw, names: Mapping[PersonId, str]) -> str:
    """What is wrong, and what to do about it."""
    name = names.get(found.person, found.person)
    other = None if found.other is None else names.get(found.other, found.other)
    rate = "" if found.fmr is None else f", false-match rate {found.fmr:.1e}"
    shown = "" if found.similarity is None else f" (similarity {found.similarity:.3f}{rate})"
    take_out = f"take it out with: accessctl remove NAME --photo {found.photo}"
    match found.flaw:
        case PhotoFlaw.MISFIT if other is not None:
            return f"Photo {found.photo} of {name} looks more like {other}{shown}; {take_out}"
        case PhotoFlaw.MISFIT:
            return (
                f"Photo {found.photo} of {name} does not show whom the others show{shown}; if it "
                f"is somebody else, {take_out}"
            )
        case PhotoFlaw.UNUSED:
            return (
                f"Photo {found.photo} of {name} is of no use to this encoder, which finds no face "
                f"in it; {take_out}"
            )
        case PhotoFlaw.DUPLICATE:
            twice = f"photo {found.other_photo}" + (
                "" if found.other == found.person else f" of {other}"
            )
            return f"Photo {found.photo} of {name} is the same picture as {twice}{shown}."
        case PhotoFlaw.TAKEN:
            return (
                f"{name} and {other} can be taken for each other{shown}. {_passing(found, names)} "
                "If they are one person, remove one, else add photos of each with --add."
            )
        case PhotoFlaw.LOOKALIKE:
            return (
                f"{name} and {other} look alike{shown}. {_passing(found, names)} "
                "Add photos of each with --add."
            )


def _passing(found: StoredFlaw, names: Mapping[PersonId, str]) -> str:
    """How often each would pass for the other, and what keeps the door from it."""
    name = names.get(found.person, found.person)
    other = names.get(found.other or found.person, "somebody")
    there, back = looks_in_words(found.passes or 0.0), looks_in_words(found.other_passes or 0.0)
    return (
        f"{name} would pass for {other} at {there}, {other} for {name} at {back}, were not both "
        "enrolled: so the door names neither unless one leads by policy.min_margin."
    )
