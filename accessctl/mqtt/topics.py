"""The topics of one door, and the messages that go there."""

import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType

ONLINE, OFFLINE = b"online", b"offline"

COMMANDS = MappingProxyType(
    {
        "lock": ("UNLOCK", "LOCK"),
        "posture": ("normal", "open_hours", "locked_down", "evacuation"),
        "release": ("RELEASE",),
        "face_entry": ("ON", "OFF"),
        "acknowledge": ("ACKNOWLEDGE",),
    }
)
"""What may be commanded, each on a topic of its own, and the words for it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is published. `retain`: the broker keeps it for whoever subscribes later.

    `expires_s`: the broker drops it when nobody took it for so long (MQTT 5, message expiry).
    """

    topic: str
    payload: bytes
    retain: bool = False
    expires_s: int | None = None


def device_id(door: str) -> str:
    """What tells this door's device from others, of the letters that Home Assistant allows in
    a discovery topic; two doors never have the same."""
    slug = re.sub(r"[^a-zA-Z0-9_-]", "_", door)
    if slug != door:
        slug += "_" + hashlib.sha256(door.encode()).hexdigest()[:8]
    return f"accessctl_{slug}"


@dataclass(frozen=True, slots=True)
class Topics:
    """Below `prefix` and the door's device id; none of them is below Home Assistant's own prefix
    (`discovery`) except the announcement."""

    prefix: str
    device: str
    discovery: str | None

    @property
    def base(self) -> str:
        return f"{self.prefix}/{self.device}"

    @property
    def availability(self) -> str:
        return f"{self.base}/availability"

    def state(self, name: str) -> str:
        """Where the state of that component is told."""
        return f"{self.base}/{name}/state"

    def attributes(self, name: str) -> str:
        return f"{self.base}/{name}/attributes"

    def command(self, name: str) -> str:
        """Where it is commanded."""
        return f"{self.base}/{name}/set"

    @property
    def answers(self) -> str:
        """Where it is told what became of a command."""
        return f"{self.base}/answers"

    @property
    def announcement(self) -> str | None:
        return None if self.discovery is None else f"{self.discovery}/device/{self.device}/config"

    @property
    def birth(self) -> str | None:
        """Where Home Assistant says that it has started."""
        return None if self.discovery is None else f"{self.discovery}/status"
