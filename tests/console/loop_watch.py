"""Whether the database is asked in the hub's event loop, in which all doors are served."""

import asyncio
from typing import Any

import pytest

from accessctl.hub.database import HubDatabase


def asked_in_loop(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What asks the database there from now on."""
    found: list[str] = []

    def watched(name: str) -> Any:
        usual = getattr(HubDatabase, name)

        def ask(self: HubDatabase) -> Any:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                return usual(self)
            found.append(name)
            return usual(self)

        return ask

    for name in ("reading", "writing", "glancing"):
        monkeypatch.setattr(HubDatabase, name, watched(name))
    return found
