"""What a cue may say, and of whom."""

from accessctl.domain import PersonId
from accessctl.liveness.evidence import CueVerdict

VETO, DOUBT, CONFIRM, CLEAR, UNDECIDED = CueVerdict
ADA = PersonId("ada")
