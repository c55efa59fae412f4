"""A command out of the payload of a message, which anybody may have written. Pure."""

import math
import re
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accessctl.errors import InputError
from accessctl.storage.parsing import shortened

MAX_PAYLOAD = 2048
LONGEST_LIFE_S = 10.0
PLAIN = re.compile(rb"[A-Za-z_]{1,32}")
WORD = r"^[A-Za-z_]{1,32}$"
TEXT = r"^[\x21-\x7e]([\x20-\x7e]{0,62}[\x21-\x7e])?$"


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    value: str = Field(pattern=WORD)
    nonce: str = Field(pattern=TEXT)
    expires: float = Field(gt=0, lt=1e11)
    operator: str | None = Field(None, pattern=TEXT)
    seconds: float | None = Field(None, gt=0, le=86400)


@dataclass(frozen=True, slots=True)
class SentCommand:
    """What a payload asks for: one of the words of `topics.COMMANDS`, not yet looked at.

    `nonce` tells it from any other and `expires` is when it ends, epoch seconds; both are None for
    a plain payload. `operator` is who the sender says it is. `seconds`: for how long.
    """

    value: str
    nonce: str | None = None
    expires: float | None = None
    operator: str | None = None
    seconds: float | None = None

    def age_s(self, now: float) -> float:
        """How old it is at the epoch time `now`, were it sent LONGEST_LIFE_S before it ends.

        Above LONGEST_LIFE_S it is over; below 0 it would live for longer than a command may. 0
        where it does not say.
        """
        if self.expires is None:
            return 0.0
        age = LONGEST_LIFE_S - (self.expires - now)
        return age if math.isfinite(age) else math.inf


def command_in(payload: bytes) -> SentCommand:
    """InputError for what is neither a word nor an object with `value`, `nonce` and `expires`."""
    if len(payload) > MAX_PAYLOAD:
        raise InputError(f"The command is longer than {MAX_PAYLOAD} bytes.")
    if PLAIN.fullmatch(payload):
        return SentCommand(payload.decode("ascii"))
    try:
        said = _Payload.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        why = shortened(f"{where}: {first['msg']}" if where else first["msg"], 120)
        raise InputError(f"The command cannot be read ({why}).") from error
    return SentCommand(said.value, said.nonce, said.expires, said.operator, said.seconds)


class Allowance:
    """How many commands may come: `most` at once, and one more every `every_s` seconds."""

    def __init__(self, most: int = 20, every_s: float = 1.0) -> None:
        self._most, self._every_s = most, every_s
        self._left = float(most)
        self._at: float | None = None

    def spend(self, now: float) -> bool:
        """Whether there is one left at `now`, monotonic seconds; then there is one less."""
        passed_s = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._left = min(float(self._most), self._left + passed_s / self._every_s)
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class PlainNonces:
    """What tells one plain command from another: the last one of a topic again within `again_s` is
    the same command, sent twice."""

    def __init__(self, again_s: float = 2.0) -> None:
        self._again_s = again_s
        self._last: dict[str, tuple[str, float, int]] = {}
        self._count = 0

    def nonce(self, topic: str, value: str, now: float) -> str:
        """`topic` is a known one, so that there are few; `now` monotonic seconds."""
        before, at, number = self._last.get(topic, ("", -math.inf, 0))
        if value != before or not 0.0 <= now - at < self._again_s:
            self._count += 1
            number = self._count
        self._last[topic] = (value, now, number)
        return f"plain {number}"
