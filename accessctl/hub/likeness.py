"""Whether a proposed photo shows somebody else who is enrolled at the site.

By the rules by which a door vets its own photos (administration.vetting), with the site's templates
of the same encoder. That takes the encoder's card, its figures and its cohort, not its weights;
where the hub's configuration names another encoder, or none that is there, photos are taken
unlooked at, and the record says so.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from accessctl.administration.vetting import PhotoVetting
from accessctl.config import EncoderConfig, PolicyConfig
from accessctl.domain import Embedding, PersonId
from accessctl.encoder.card import load_card
from accessctl.errors import ModelError
from accessctl.gallery.people import People
from accessctl.recognition.calibration import Yardstick, scoring_of

log = logging.getLogger(__name__)

Yardsticks: TypeAlias = Callable[[str], Yardstick | None]
"""By an encoder's fingerprint; None where its faces cannot be compared here."""


def no_yardstick(_: str) -> None:
    """For a hub that has no encoder's card."""


class CardYardsticks:
    """The yardstick of the one encoder that the configuration names, read when it is first asked
    for."""

    def __init__(self, encoder: EncoderConfig, policy: PolicyConfig) -> None:
        self._encoder = encoder
        self._policy = policy
        self._found: tuple[str, Yardstick] | None = None
        self._is_read = False

    def __call__(self, fingerprint: str) -> Yardstick | None:
        found = self.encoder()
        return None if found is None or found[0] != fingerprint else found[1]

    def encoder(self) -> tuple[str, Yardstick] | None:
        """That encoder's fingerprint and yardstick; None where it is not there."""
        if not self._is_read:
            self._found = self._read()
            self._is_read = True
        return self._found

    def _read(self) -> tuple[str, Yardstick] | None:
        try:
            card = load_card(self._encoder.folder)
            scoring = scoring_of(card)
        except ModelError as error:
            log.warning("Photos are not compared with others at this hub: %s", error)
            return None
        policy = self._policy
        return card.fingerprint, Yardstick(*scoring, policy.target_fpir, policy.target_fmr)


@dataclass(frozen=True, slots=True, eq=False)
class ProposedFace:
    """A photo's embedding, a unit float32 (D,), by the encoder of `fingerprint`; `quality` in
    [0, 1]."""

    embedding: Embedding
    fingerprint: str
    quality: float
    yardstick: Yardstick


class SiteLikeness:
    """Compares with everybody of `people`, in one thread at a time; StoreError."""

    def __init__(self, people: People, yardsticks: Yardsticks) -> None:
        self._yardsticks = yardsticks
        self._vetting = PhotoVetting(people)

    def face(self, embedding: Embedding, fingerprint: str, quality: float) -> ProposedFace | None:
        """None for one that cannot be compared here."""
        yardstick = self._yardsticks(fingerprint)
        if yardstick is None:
            return None
        return ProposedFace(embedding, fingerprint, quality, yardstick)

    def other(self, face: ProposedFace, own: PersonId | None) -> PersonId | None:
        """Whom else than its own person this face shows."""
        fit = self._vetting.fit(face, own)
        return fit.other.person if fit.like_another and fit.other is not None else None

    def kept(self, person: PersonId, face: ProposedFace) -> None:
        """The caller's last change put that face among the person's."""
        self._vetting.kept(person, face)
