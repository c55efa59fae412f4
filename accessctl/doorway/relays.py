"""How each kind of network relay is spoken to. Pure: requests out, answers in.

Shelly of the second generation on: RPC `Switch.Set` with `toggle_after`, so that the relay goes
back by itself, and `Switch.GetStatus` (https://shelly-api-docs.shelly.cloud/gen2/). Tasmota:
`/cm?cmnd=` with `PulseTime` and `Power` (https://tasmota.github.io/docs/Commands/). ESPHome: the
web server's `/switch/ID/turn_on` (https://esphome.io/web-api/). Others: as they are described.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Protocol

from accessctl.config.doorway import (
    EsphomeOutput,
    HttpCall,
    HttpOutput,
    ShellyOutput,
    TasmotaOutput,
)


class RelayDialect(Protocol):
    """How one kind of relay is spoken to."""

    @property
    def timed(self) -> bool:
        """Whether it can switch back by itself."""

    def switch(self, on: bool, for_s: float | None) -> tuple[HttpCall, ...]:
        """What is asked, in this order, to switch it."""

    @property
    def state(self) -> HttpCall: ...

    def is_on(self, answer: str) -> bool | None:
        """What an answer to `state` says; None: neither."""


def _in_json(answer: str) -> Mapping[str, Any]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class ShellyDialect:
    timed = True

    def __init__(self, config: ShellyOutput) -> None:
        self._url = config.url.rstrip("/")
        self._channel = config.channel

    def switch(self, on: bool, for_s: float | None) -> tuple[HttpCall, ...]:
        asked: dict[str, Any] = {"id": self._channel, "on": on}
        if for_s is not None:
            asked["toggle_after"] = round(max(for_s, 0.1), 1)
        return (self._call("Switch.Set", asked),)

    @property
    def state(self) -> HttpCall:
        return self._call("Switch.GetStatus", {"id": self._channel})

    def is_on(self, answer: str) -> bool | None:
        output = _in_json(answer).get("output")
        return output if isinstance(output, bool) else None

    def _call(self, method: str, asked: Mapping[str, Any]) -> HttpCall:
        body = json.dumps(asked)
        return HttpCall(method="POST", url=f"{self._url}/rpc/{method}", body=body)


class TasmotaDialect:
    """PulseTime is kept by the device; 0 takes it away for what is to last."""

    timed = True

    def __init__(self, config: TasmotaOutput, password: str | None) -> None:
        self._url = config.url.rstrip("/")
        self._channel = config.channel
        self._who = None if password is None else (config.user, password)

    def switch(self, on: bool, for_s: float | None) -> tuple[HttpCall, ...]:
        pulse = self._command(f"PulseTime{self._channel} {pulse_time(for_s if on else None)}")
        return (pulse, self._command(f"Power{self._channel} {'ON' if on else 'OFF'}"))

    @property
    def state(self) -> HttpCall:
        return self._command(f"Power{self._channel}")

    def is_on(self, answer: str) -> bool | None:
        found = _in_json(answer)
        # With one relay it leaves the number out.
        said = found.get(f"POWER{self._channel}", found.get("POWER"))
        return {"ON": True, "OFF": False}.get(str(said).upper())

    def _command(self, words: str) -> HttpCall:
        import httpx

        asked = {"cmnd": words}
        if self._who is not None:
            asked = {"user": self._who[0], "password": self._who[1], **asked}
        url = httpx.URL(f"{self._url}/cm", params=asked)
        return HttpCall.model_construct(method="GET", url=str(url), body=None)


def pulse_time(for_s: float | None) -> int:
    """Tasmota's number: 1 to 111 are tenths of a second, 112 to 64900 seconds plus 100; 0: none."""
    if for_s is None:
        return 0
    tenths = math.ceil(round(for_s * 10, 6))
    return max(1, tenths) if tenths <= 111 else min(64900, math.ceil(for_s) + 100)


class EsphomeDialect:
    timed = False

    def __init__(self, config: EsphomeOutput) -> None:
        self._path = f"{config.url.rstrip('/')}/switch/{config.switch}"

    def switch(self, on: bool, for_s: float | None) -> tuple[HttpCall, ...]:
        del for_s
        return (HttpCall(url=f"{self._path}/turn_{'on' if on else 'off'}"),)

    @property
    def state(self) -> HttpCall:
        return HttpCall(method="GET", url=self._path)

    def is_on(self, answer: str) -> bool | None:
        value = _in_json(answer).get("value")
        return value if isinstance(value, bool) else None


class DescribedDialect:
    """A relay whose requests stand in the configuration."""

    timed = False

    def __init__(self, config: HttpOutput) -> None:
        self._config = config

    def switch(self, on: bool, for_s: float | None) -> tuple[HttpCall, ...]:
        del for_s
        return (self._config.on if on else self._config.off,)

    @property
    def state(self) -> HttpCall:
        return self._config.state

    def is_on(self, answer: str) -> bool | None:
        on, off = self._config.says_on in answer, self._config.says_off in answer
        return None if on == off else on
