"""Whether a photo may stand for somebody: it must show whom their other photos show, and nobody
else who is enrolled.

With everybody else's photos it is compared as `identify` does, person by person, their photos
pooled. With the person's own it is compared one by one and pooled, and the best of these
comparisons has to keep the rate divided by their number: a photo may show a look that only one of
the others shows, and each comparison is one more chance of a false match.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Embedding, PersonId
from accessctl.gallery.people import Template
from accessctl.policy.decide import rare_enough
from accessctl.recognition.calibration import Yardstick, comparison_fmr
from accessctl.recognition.matcher import Comparison, compare_sides, pool_templates
from accessctl.recognition.normalisation import Sides
from accessctl.recognition.pooling import Pooled, pooled_sides

Number = TypeVar("Number", np.float32, np.float64)

SAME_PICTURE = 0.9995
"""Cosine at and above which two photos are one picture, saved twice."""

NEAR_THRESHOLD = 10.0
"""Whose false-match rate comes within this factor of the threshold of a search is a look-alike."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Somebody enrolled, and how a photo compares with all of theirs."""

    person: PersonId
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Fit:
    """How a photo compares with the best of the person's `own` other photos (None: there are
    none) and with the nearest of everybody else (None: there is nobody else).

    `own_fmr` is the rate at most that `own` has to keep, `same_fmr` the one at which two faces
    are the same person's, `search_fmr` the one at which `identify` takes it for the other; `needed`
    is the similarity to `own` that would do.
    """

    own: Comparison | None
    other: Likeness | None
    own_fmr: float
    same_fmr: float
    search_fmr: float
    needed: float | None = None

    @property
    def unlike_own(self) -> bool:
        """It does not show whom the person's other photos show."""
        return self.own is not None and not rare_enough(self.own.fmr_upper, self.own_fmr)

    @property
    def like_another(self) -> bool:
        """It shows somebody else: the same face, and nearer to it than to its own; or, where
        there is no own, near enough for the door."""
        if self.other is None:
            return False
        found = self.other.comparison
        if self.own is not None:
            nearer = not found.score < self.own.score
            return nearer and rare_enough(found.fmr_upper, self.same_fmr)
        return rare_enough(found.fmr_upper, self.search_fmr)

    @property
    def fits(self) -> bool:
        return not self.unlike_own and not self.like_another

    @property
    def near_another(self) -> bool:
        """It comes near the threshold of a search for somebody else."""
        return (
            self.other is not None and self.other.comparison.fmr <= self.search_fmr * NEAR_THRESHOLD
        )


class PhotoIndex:
    """Everybody's photos, ready to be compared with one more; `add` keeps up with enrolments."""

    def __init__(self, templates: Sequence[Template], yardstick: Yardstick) -> None:
        self._yardstick = yardstick
        self._photos: dict[PersonId, list[Template]] = {}
        for template in templates:
            self._photos.setdefault(template.person, []).append(template)
        self._people = list(self._photos)
        pooled = [pool_templates(self._photos[person]) for person in self._people]
        self._sides = pooled_sides(yardstick.normaliser, pooled)

    @property
    def people(self) -> tuple[PersonId, ...]:
        return tuple(self._people)

    def photos_of(self, person: PersonId) -> tuple[Template, ...]:
        """In the order in which they were added; none for somebody unknown."""
        return tuple(self._photos.get(person, ()))

    def add(self, template: Template) -> None:
        """One more photo, of somebody known or new."""
        photos = self._photos.setdefault(template.person, [])
        photos.append(template)
        sides = pooled_sides(self._yardstick.normaliser, [pool_templates(photos)])
        if len(photos) == 1:
            self._people.append(template.person)
            self._sides = _joined(self._sides, sides)
        else:
            self._sides = _exchanged(self._sides, self._people.index(template.person), sides)

    def scores_with(self, person: PersonId, other: PersonId) -> list[float]:
        """What each photo of `person` scores with all of `other`'s, pooled; both are known."""
        own = np.stack([photo.embedding for photo in self._photos[person]])
        row = self._people.index(other)
        normaliser, theirs = self._yardstick.normaliser, self._sides.rows(slice(row, row + 1))
        scores: list[float] = normaliser.scores(normaliser.sides(own), theirs)[:, 0].tolist()
        return scores

    def threshold_for(self, person: PersonId, fmr: float) -> float:
        """The score at which a single photo, compared with all of `person`'s, keeps `fmr`."""
        calibration, row = self._yardstick.calibration, self._people.index(person)
        return calibration.threshold(fmr, calibration.raised(float(self._sides.spread[row])))

    def fit(
        self, embedding: Embedding, person: PersonId | None, beside: Sequence[Template] = ()
    ) -> Fit:
        """Of one more photo of `person`, None for somebody new; `beside` are more photos of
        theirs that are not stored."""
        own = [] if person is None else self._photos.get(person, [])
        return self._fit(embedding, person, [*own, *beside])

    def nearest(self, embedding: Embedding, most: int) -> list[Likeness]:
        """Of everybody the `most` who come nearest to this face, the nearest first."""
        return self._nearest(self._yardstick.normaliser.sides(embedding[None]), None, most)

    def fit_of_stored(self, photo: Template) -> Fit:
        """Of a stored photo: with the person's others, it left out, and with everybody else's."""
        others = [other for other in self.photos_of(photo.person) if other is not photo]
        return self._fit(photo.embedding, photo.person, others)

    def strays_of(self, person: PersonId) -> tuple[Template, ...]:
        """The person's photos that do not belong to most of the others.

        Photos belong together that agree with each other, also by way of others; where two
        lots are of one size, the one that holds the oldest photo counts.
        """
        photos = self.photos_of(person)
        lots: list[list[Template]] = []
        for photo in photos:
            joined = [lot for lot in lots if any(self._agree(photo, other) for other in lot)]
            lots = [lot for lot in lots if not any(lot is one for one in joined)]
            lots.append([*(one for lot in joined for one in lot), photo])
        lots.sort(key=lambda lot: (-len(lot), min(photos.index(one) for one in lot)))
        strays = [one for lot in lots[1:] for one in lot]
        return tuple(sorted(strays, key=photos.index))

    def _agree(self, one: Template, other: Template) -> bool:
        sides = [self._yardstick.normaliser.sides(photo.embedding[None]) for photo in (one, other)]
        compared = self._compare(*sides)
        return rare_enough(compared.fmr_upper, self._yardstick.target_fmr)

    def _fit(self, embedding: Embedding, person: PersonId | None, own: Sequence[Template]) -> Fit:
        yardstick = self._yardstick
        probe = yardstick.normaliser.sides(embedding[None])
        fit = Fit(
            own=None,
            other=self._nearest_other(probe, person),
            own_fmr=yardstick.target_fmr,
            same_fmr=yardstick.target_fmr,
            search_fmr=comparison_fmr(yardstick.target_fpir, max(1, len(self._people))),
        )
        if not own:
            return fit
        best, chances = self._best_of(probe, own)
        own_fmr = yardstick.target_fmr / chances
        needed = best.similarity_at(yardstick.calibration.threshold(own_fmr, best.raised))
        needed_or_none = needed if math.isfinite(needed) else None
        return replace(fit, own=best, own_fmr=own_fmr, needed=needed_or_none)

    def _best_of(self, probe: Sides, own: Sequence[Template]) -> tuple[Comparison, int]:
        """The best comparison with these photos, each and pooled, and how many there were."""
        units = [Pooled(template.embedding) for template in own]
        if len(units) > 1:
            units.append(pool_templates(own))
        sides = pooled_sides(self._yardstick.normaliser, units)
        row = int(np.argmax(self._yardstick.normaliser.scores(sides, probe)[:, 0]))
        return self._compare(probe, sides.rows(slice(row, row + 1))), len(units)

    def _nearest_other(self, probe: Sides, person: PersonId | None) -> Likeness | None:
        return next(iter(self._nearest(probe, person, 1)), None)

    def _nearest(self, probe: Sides, but: PersonId | None, most: int) -> list[Likeness]:
        """Everybody `but` one person, the nearest first."""
        if not any(other != but for other in self._people):
            return []
        scores = self._yardstick.normaliser.scores(self._sides, probe)[:, 0]
        if but in self._photos:
            scores[self._people.index(but)] = -np.inf
        others = len(self._people) - (but in self._photos)
        rows = np.argsort(-scores, kind="stable")[: min(most, others)].tolist()
        sides = [self._sides.rows(slice(row, row + 1)) for row in rows]
        return [
            Likeness(self._people[row], self._compare(probe, theirs))
            for row, theirs in zip(rows, sides, strict=True)
        ]

    def _compare(self, one: Sides, other: Sides) -> Comparison:
        return compare_sides(self._yardstick.normaliser, self._yardstick.calibration, one, other)


def _joined(sides: Sides, more: Sides) -> Sides:
    return Sides(
        np.concatenate([sides.embeddings, more.embeddings]),
        np.concatenate([sides.length, more.length], axis=1),
        np.concatenate([sides.mean, more.mean], axis=1),
        np.concatenate([sides.deviation, more.deviation], axis=1),
        np.concatenate([sides.spread, more.spread]),
    )


def _exchanged(sides: Sides, row: int, by: Sides) -> Sides:
    def put(into: NDArray[Number], part: NDArray[Number]) -> NDArray[Number]:
        changed = into.copy()
        changed[..., row] = part[..., 0]
        return changed

    embeddings = sides.embeddings.copy()
    embeddings[row] = by.embeddings[0]
    return Sides(
        embeddings,
        put(sides.length, by.length),
        put(sides.mean, by.mean),
        put(sides.deviation, by.deviation),
        put(sides.spread, by.spread),
    )
