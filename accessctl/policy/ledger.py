"""Who was granted when; the memory behind the cooldown."""

from accessctl.domain import PersonId


class GrantLedger:
    """Last grant of each person, in seconds of the door's monotonic clock."""

    def __init__(self) -> None:
        self._granted: dict[PersonId, float] = {}

    def last(self, person: PersonId) -> float | None:
        return self._granted.get(person)

    def note(self, person: PersonId, now: float) -> None:
        self._granted[person] = now
