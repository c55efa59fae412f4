"""What a session is made of, and what it leaves on record."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from accessctl.actions.base import Action
from accessctl.camera.fake import FakeSource, Step
from accessctl.camera.source import Shot
from accessctl.config import ActionConfig, ActionsConfig, CommandAction, Config
from accessctl.domain import EventKind
from accessctl.door import assembly
from accessctl.door.fake import FakeHouse, portrait
from accessctl.recognition.engine import Engine

ADA = 1


def recording(*steps: Step) -> FakeSource:
    return FakeSource([steps])


def visit(frames: int) -> list[Shot]:
    return [Shot(portrait(ADA), index / 10) for index in range(frames)]


def states(house: FakeHouse) -> list[str]:
    services = [event for event in house.events() if event.kind is EventKind.SERVICE]
    return [event.data["state"] for event in services]


def unlocking(engine: Engine, monkeypatch: pytest.MonkeyPatch, action: Action) -> Engine:
    """The same engine whose grants perform `action`."""

    def built(configured: Sequence[ActionConfig]) -> list[Action]:
        return [action for _ in configured]

    monkeypatch.setattr(assembly, "actions_from", built)
    granted = (CommandAction(type="command", argv=("unlock",)),)
    config = engine.config.model_copy(update={"actions": ActionsConfig(granted=granted)})
    return replace(engine, config=config)


def changed(engine: Engine, **sections: object) -> Config:
    return engine.config.model_copy(update=sections)
