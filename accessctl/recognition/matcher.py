"""Search of one probe among everybody enrolled, and comparison of two faces.

A matcher never changes. The door has a roster: its own copy of the enrolled people, matcher among
it, renewed when the gallery changes.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from accessctl.config import PolicyConfig
from accessctl.domain import Match, PersonId, PersonRules
from accessctl.errors import ModelError, StoreError
from accessctl.gallery.badges import Badge
from accessctl.gallery.people import People, Template
from accessctl.gallery.person import PinHash
from accessctl.policy.decide import rare_enough
from accessctl.recognition.calibration import (
    Calibration,
    Yardstick,
    attempt_rate,
    badge_notice,
    beyond_calibration,
    comparison_fmr,
    rate_doubt,
)
from accessctl.recognition.normalisation import Normaliser, Sides
from accessctl.recognition.pooling import Pooled, Probe, pool, pooled_sides
from accessctl.recognition.search_index import Leaders, SearchIndex

BLOCK = 512
"""People who are compared with all others at once."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two faces: cosine `similarity`, normalised `score`, its rate and upper 95 % bound.

    For a given pair the score is a straight line in the similarities of its parts; `slope` is
    its rise when all of them rise alike. `raised` is as in domain.Match.
    """

    similarity: float
    score: float
    slope: float
    fmr: float
    fmr_upper: float
    raised: float = 0.0

    def similarity_at(self, score: float) -> float:
        """The similarity these two faces would need for `score`; may lie outside [-1, 1]."""
        return self.similarity + (score - self.score) / self.slope


class Matcher:
    """A snapshot of the gallery, ready to be searched; never changes.

    `templates` are pooled to one per person. Raises ModelError when they have not the
    `normaliser`'s dimension.
    """

    def __init__(
        self,
        templates: Sequence[Template],
        normaliser: Normaliser,
        calibration: Calibration,
    ) -> None:
        _check(templates, normaliser.dimension)
        self._normaliser = normaliser
        self._calibration = calibration
        self._people, pooled = _pool_people(templates, normaliser)
        self._row_of = {person: row for row, person in enumerate(self._people)}
        self._sides = pooled
        self._index = SearchIndex(normaliser, self._sides)

    @property
    def people(self) -> int:
        """How many people are searched."""
        return len(self._people)

    def threshold(self, fmr: float, raised: float = 0.0) -> float:
        """The score at which a comparison keeps `fmr`; see Calibration.threshold."""
        return self._calibration.threshold(fmr, raised)

    def search(self, probe: Probe) -> Match | None:
        """The person whose normalised score is best; None when nobody is enrolled."""
        return self.search_each([probe])[0]

    def search_each(self, probes: Sequence[Probe]) -> list[Match | None]:
        """As `search`, of each of the `probes`: they share what is read for them."""
        if not self._people:
            return [None] * len(probes)
        sides = pooled_sides(self._normaliser, probes)
        return [self._best(sides.rows(slice(n, n + 1))) for n in range(len(probes))]

    def against(self, person: PersonId, probes: Sequence[Probe]) -> list[Match | None]:
        """Each of the `probes` compared with that person alone, 1:1; None each where they are
        not enrolled. Nobody is second, so each margin is infinite."""
        row = self._row_of.get(person)
        if row is None:
            return [None] * len(probes)
        sides = pooled_sides(self._normaliser, probes)
        scores = self._normaliser.scores(self._sides.rows(slice(row, row + 1)), sides)[0]
        return [
            self._match(row, sides.rows(slice(n, n + 1)), Leaders(row, float(score), -np.inf))
            for n, score in enumerate(scores)
        ]

    def _best(self, probe: Sides) -> Match:
        found = self._index.leaders(probe)
        return self._match(found.row, probe, found)

    def _match(self, row: int, probe: Sides, found: Leaders) -> Match:
        raised = self._calibration.raised(float(self._sides.spread[row] + probe.spread[0]))
        return Match(
            person=self._people[row],
            similarity=float(self._sides.embeddings[row] @ probe.embeddings[0]),
            score=found.score,
            margin=found.score - found.second,
            fmr=self._calibration.fmr(found.score, raised),
            fmr_upper=self._calibration.fmr_upper(found.score, raised),
            raised=raised,
        )

    def compare(self, a: Probe, b: Probe) -> Comparison:
        """Two faces, nobody enrolled; the same in either order."""
        one, other = (pooled_sides(self._normaliser, [side]) for side in (a, b))
        return compare_sides(self._normaliser, self._calibration, one, other)

    def pairs_within(self, fmr: float) -> Iterator["NearPair"]:
        """Pairs of enrolled people who look alike: score at or above `threshold(fmr)`, where
        rates were raised the threshold that is then needed.

        Each pair comes once.
        """
        threshold = self.threshold(fmr)
        for start in range(0, self.people, BLOCK):
            later = self._sides.rows(slice(start, None))
            block = later.rows(slice(0, BLOCK))
            near = self._normaliser.scores(block, later) >= threshold
            for row, column in np.argwhere(np.triu(near, 1)).tolist():
                pair = (later.rows(slice(place, place + 1)) for place in (row, column))
                compared = compare_sides(self._normaliser, self._calibration, *pair)
                if compared.raised and not rare_enough(compared.fmr_upper, fmr):
                    continue
                yield NearPair(self._people[start + row], self._people[start + column], compared)


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two people who look alike, and how their pooled photos compare."""

    person: PersonId
    other: PersonId
    comparison: Comparison


def compare_sides(
    normaliser: Normaliser, calibration: Calibration, one: Sides, other: Sides
) -> Comparison:
    """Two sides of one embedding each, see Normaliser.sides."""
    score = float(normaliser.pairs(one, other)[0])
    raised = calibration.raised(float(one.spread[0] + other.spread[0]))
    return Comparison(
        similarity=float(one.embeddings[0] @ other.embeddings[0]),
        score=score,
        slope=float(normaliser.slopes(one, other)[0]),
        fmr=calibration.fmr(score, raised),
        fmr_upper=calibration.fmr_upper(score, raised),
        raised=raised,
    )


def _pool_people(
    templates: Sequence[Template], normaliser: Normaliser
) -> tuple[tuple[PersonId, ...], Sides]:
    grouped: dict[PersonId, list[Template]] = {}
    for template in templates:
        grouped.setdefault(template.person, []).append(template)
    # Of many people most have one photo: theirs are pooled in one go, in the numbers of `pool`.
    firsts = np.array([own[0].embedding for own in grouped.values()], np.float64)
    firsts = firsts.reshape(len(grouped), normaliser.dimension)
    units = (firsts / np.linalg.norm(firsts, axis=1, keepdims=True)).astype(np.float32)
    spread = np.zeros(len(grouped))
    for row, own in enumerate(grouped.values()):
        if len(own) > 1:
            pooled = pool_templates(own)
            units[row], spread[row] = pooled.embedding, pooled.spread
    return tuple(grouped), normaliser.sides(units, spread)


def pool_templates(templates: Sequence[Template]) -> Pooled:
    """One person's photos, by quality; ValueError for none."""
    return pool(
        np.stack([template.embedding for template in templates]),
        np.array([template.quality for template in templates]),
    )


def _check(templates: Sequence[Template], dimension: int) -> None:
    if any(template.embedding.shape != (dimension,) for template in templates):
        raise ModelError(
            f"The gallery's templates do not have the {dimension} numbers of the encoder's "
            "cohort; the templates must be renewed with this encoder."
        )


class Roster:
    """Matcher, names and the rate each comparison may have, all of one gallery revision.

    A photo is searched once, so a comparison may spend its part of the whole `target_fpir`:
    `max_fmr`. A visit at a door has several attempts, and each is one more chance of a false match:
    a comparison of one attempt may spend `attempt_fmr`, also where so many are enrolled that it is
    one with whoever a badge names.
    """

    def __init__(
        self,
        gallery: People,
        fingerprint: str,
        normaliser: Normaliser,
        calibration: Calibration,
        policy: PolicyConfig,
    ) -> None:
        self._gallery = gallery
        self._fingerprint = fingerprint
        self._normaliser = normaliser
        self._calibration = calibration
        self._policy = policy
        self.trouble: str | None = None
        self.beyond_calibration: str | None = None
        """Why nobody can be let in at a door by this calibration, None where somebody can; may be
        read from any thread."""
        self.mark = gallery.mark()
        self._load()

    def of(self, gallery: People) -> "Roster":
        """The people of another gallery, by the same encoder, calibration and rate."""
        return Roster(gallery, self._fingerprint, self._normaliser, self._calibration, self._policy)

    @property
    def calibration(self) -> Calibration:
        """What scores stand for."""
        return self._calibration

    def yardstick(self, target_fmr: float) -> Yardstick:
        """How photos are compared with those of the enrolled; `target_fmr` is verify's."""
        return Yardstick(self._normaliser, self._calibration, self._policy.target_fpir, target_fmr)

    def retarget(self, policy: PolicyConfig) -> None:
        """Other rates at which strangers may be taken for somebody enrolled."""
        self._policy = policy
        self._set_rates()

    def refresh(self) -> bool:
        """Take over changes; True when there were any.

        A gallery that cannot be read leaves the last good copy in use; `trouble` says why, and
        is reported once. `mark` is that of the copy.
        """
        try:
            mark = self._gallery.mark()
            if mark == self.mark:
                self.trouble = None
                return False
            self._load()
        except StoreError as error:
            if self.trouble is None:
                log.error("The gallery cannot be read; going on with the last copy: %s", error)
            self.trouble = str(error)
            return False
        self.trouble = None
        self.mark = mark
        log.info("The gallery changed: %d people.", len(self.names))
        return True

    def pin_of(self, person: PersonId) -> PinHash | None:
        """May be asked from any thread."""
        return self._pins.get(person)

    def threshold(self, raised: float = 0.0) -> float:
        """The score that a grant by a face alone needs in one attempt, rates so much raised."""
        return self.matcher.threshold(self.attempt_fmr, raised)

    def claimed_threshold(self, raised: float = 0.0) -> float:
        """The score that a grant by a badge needs in one attempt, rates so much raised."""
        return self.matcher.threshold(self._policy.claimed_fmr, raised)

    @property
    def badge_required(self) -> bool:
        """Whether too many are enrolled for a face alone to say who somebody is; any thread."""
        return self.matcher.people > self._policy.identify_up_to

    @property
    def gallery_id(self) -> str:
        """Which gallery it is a copy of; may be asked from any thread."""
        return self.mark.gallery

    @property
    def badge_notice(self) -> str | None:
        """See calibration.badge_notice; may be asked from any thread."""
        return badge_notice(self._policy, self.matcher.people)

    def digest_of(self, number: str) -> bytes:
        """What a badge's number is known by; any thread; InputError for what is no number."""
        return self._gallery.badge_digest(number)

    def badge_of(self, digest: bytes) -> Badge | None:
        """The badge with that digest, None where nobody has it; may be asked from any thread."""
        return self._badges.get(digest)

    def _load(self) -> None:
        people = self._gallery.people()
        rules, pins = self._gallery.rules(), self._gallery.pins()
        badges = {badge.digest: badge for badge in self._gallery.badges()}
        templates = self._gallery.templates(self._fingerprint)
        self.matcher = Matcher(templates, self._normaliser, self._calibration)
        self.names: Mapping[PersonId, str] = MappingProxyType({p.id: p.name for p in people})
        self.rules: Mapping[PersonId, PersonRules] = MappingProxyType(dict(rules))
        self._pins = dict(pins)
        self._badges = badges
        self._set_rates()

    def _set_rates(self) -> None:
        people = max(1, self.matcher.people)
        self.max_fmr = comparison_fmr(self._policy.target_fpir, people)
        self.attempt_fmr = attempt_rate(self._policy, people)
        before = self.beyond_calibration
        self.beyond_calibration = beyond_calibration(self._policy, people, self._calibration)
        if self.beyond_calibration not in (None, before):
            log.error("%s", self.beyond_calibration)

    @property
    def rate_doubt(self) -> str | None:
        """Why nobody can show that the stated rate is kept; None where it can be shown."""
        return rate_doubt(self._policy, self.matcher.people)
