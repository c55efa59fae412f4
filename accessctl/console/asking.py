"""Who may ask, and about whom: what routes of several pages take."""

from typing import Annotated

from fastapi import Path

from accessctl.console.capabilities import Capability, Operator
from accessctl.console.guard import fresh, needs

Looker = Annotated[Operator, needs(Capability.LOOK)]
Enroller = Annotated[Operator, needs(Capability.ENROL)]
RuleMaker = Annotated[Operator, needs(Capability.RULES)]
Clerk = Annotated[Operator, needs(Capability.PRIVACY)]
FreshClerk = Annotated[Operator, fresh(Capability.PRIVACY)]
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
"""Of a person, a door, or of photos that wait."""
