"""The enrolled people as the door sees them: its own copy, renewed when the gallery changes."""

import logging
from collections.abc import Mapping
from types import MappingProxyType

from accessctl.domain import PersonId, PersonRules
from accessctl.errors import StoreError
from accessctl.gallery.people import People
from accessctl.gallery.pins import PinHash
from accessctl.recognition.calibration import Calibration, comparison_fmr
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.photo_fit import Yardstick

log = logging.getLogger(__name__)


class Roster:
    """Matcher, names and the rate each comparison may have, all of one gallery revision."""

    def __init__(
        self,
        gallery: People,
        fingerprint: str,
        normaliser: Normaliser,
        calibration: Calibration,
        target_fpir: float,
    ) -> None:
        self._gallery = gallery
        self._fingerprint = fingerprint
        self._normaliser = normaliser
        self._calibration = calibration
        self._target_fpir = target_fpir
        self.trouble: str | None = None
        self.mark = gallery.mark()
        self._load()

    def of(self, gallery: People) -> "Roster":
        """The people of another gallery, by the same encoder, calibration and rate."""
        return Roster(
            gallery, self._fingerprint, self._normaliser, self._calibration, self._target_fpir
        )

    def yardstick(self, target_fmr: float) -> Yardstick:
        """How photos are compared with those of the enrolled; `target_fmr` is verify's."""
        return Yardstick(self._normaliser, self._calibration, self._target_fpir, target_fmr)

    def retarget(self, target_fpir: float) -> None:
        """Another rate at which strangers may be taken for somebody enrolled."""
        self._target_fpir = target_fpir
        self._set_rate()

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

    def _load(self) -> None:
        people = self._gallery.people()
        rules, pins = self._gallery.rules(), self._gallery.pins()
        templates = self._gallery.templates(self._fingerprint)
        self.matcher = Matcher(templates, self._normaliser, self._calibration)
        self.names: Mapping[PersonId, str] = MappingProxyType({p.id: p.name for p in people})
        self.rules: Mapping[PersonId, PersonRules] = MappingProxyType(dict(rules))
        self._pins = dict(pins)
        self._set_rate()

    def _set_rate(self) -> None:
        self.max_fmr = comparison_fmr(self._target_fpir, max(1, self.matcher.people))
        if self.max_fmr < self._calibration.smallest_fmr:
            log.warning(
                "Nobody can be granted: policy.target_fpir, %g an attempt, with %d people asks for "
                "%.1e a comparison, and the encoder is calibrated down to %.1e; raise target_fpir "
                "or lower policy.attempts.",
                self._target_fpir,
                self.matcher.people,
                self.max_fmr,
                self._calibration.smallest_fmr,
            )
