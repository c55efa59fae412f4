"""All that counts for a grant beside the face itself."""

from dataclasses import dataclass
from enum import StrEnum

from accessctl.config.policy import Factor
from accessctl.domain import PersonRules
from accessctl.policy.access import AccessPlan
from accessctl.policy.crowd import Place
from accessctl.policy.passback import Crossing


class Proof(StrEnum):
    """How far something that must be shown beside the face has come.

    `PENDING` may still be shown; `MISSING` was not, in the time there was; `REFUTED`
    means that what was shown speaks against it.
    """

    NOT_NEEDED = "not_needed"
    PENDING = "pending"
    SHOWN = "shown"
    MISSING = "missing"
    REFUTED = "refuted"


UNRESTRICTED = PersonRules()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that counts for a grant beside the face itself; `time` is epoch seconds.

    `person` are the rules of the person whom the evidence points to, `factor` is what they
    must show beside the face and `last_crossing` theirs; `crossings_known` is false while
    the log that tells of it cannot be read. `intent` is the gesture that is asked for.
    `awaited` is true while somebody who was recognised in this visit may show the second
    factor, or has. `liveness_doubted` is true where more speaks against life than that it was
    not shown: no PIN makes up for that.
    """

    plan: AccessPlan
    time: float
    person: PersonRules = UNRESTRICTED
    locked_out: bool = False
    liveness: Proof = Proof.NOT_NEEDED
    second_factor: Proof = Proof.NOT_NEEDED
    factor: Factor = "off"
    awaited: bool = False
    place: Place = Place.FREE
    last_crossing: Crossing | None = None
    crossings_known: bool = True
    intent: Proof = Proof.NOT_NEEDED
    liveness_doubted: bool = False
