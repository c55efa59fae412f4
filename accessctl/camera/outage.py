"""Whether the camera is lost, so that each outage is reported once."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

OutageEvent: TypeAlias = Literal["lost", "back"]


@dataclass(slots=True)
class Outage:
    """Counts failures in a row; `error` is the latest one's sentence, None when all is well."""

    failures: int = 0
    error: str | None = None

    def failed(self, error: str) -> OutageEvent | None:
        """Note a failure; "lost" when it begins an outage."""
        self.failures += 1
        self.error = error
        return "lost" if self.failures == 1 else None

    def worked(self) -> OutageEvent | None:
        """Note a frame; "back" when it ends an outage."""
        was_lost = self.failures > 0
        self.failures = 0
        self.error = None
        return "back" if was_lost else None
