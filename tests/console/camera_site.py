"""A door in memory that takes photos when the hub asks it to: it waits, answers and seals as a real
one does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from accessctl.hub.assembly import Hub
from accessctl.hub.tables import DOOR as DOORS
from accessctl.hub.tables import JOINED
from accessctl.sync.feed_wire import CommandAnswer, HubCommand
from accessctl.sync.shot_wire import ShotTaken, shot_id
from accessctl.sync.site_sealing import seal_photo
from tests.beside import repeated
from tests.console.phone_site import png

DOOR, DOOR_ID = "front-door", "d0" * 16


@dataclass
class CameraDoor:
    """`shade` is what its camera sees, `fault` what is wrong with it, `refuses` why it does
    nothing; `asked` are the steps that it was asked for, and by whom."""

    shade: int = 200
    fault: str = ""
    refuses: str = ""
    sealed_as: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, hub: Hub, command: HubCommand) -> None:
        self.asked.append((command.value, command.operator))
        if self.refuses or command.value in ("begin", "end"):
            told = CommandAnswer(done=not self.refuses, problem=self.refuses)
            hub.commands.settle(DOOR_ID, command.nonce, told)
            return
        shot = ShotTaken(fault=self.fault)
        if not self.fault:
            name = self.sealed_as or shot_id(DOOR_ID, command.nonce)
            shot = ShotTaken(sealed=seal_photo(png(self.shade), name, hub.site_keys.photos))
        hub.commands.give_shot(DOOR_ID, command.nonce, shot)


@contextmanager
def camera_door(hub: Hub, **about: Any) -> Iterator[CameraDoor]:
    """Joined to the hub, and at work."""
    door = CameraDoor(**about)
    with hub.database.writing() as db:
        row = {"id": DOOR_ID, "name": DOOR, "state": JOINED, "joined": hub.now()}
        db.execute(DOORS.insert().values(row))

    def work() -> None:
        # As a wait that has just ended: the next one is not far.
        hub.waking._left[DOOR_ID] = hub.waking._monotonic()
        for command in hub.commands.fetch(DOOR_ID):
            door.answer(hub, command)

    with repeated(work, 0.01):
        yield door


def takes_photo(page: Page) -> None:
    """The photo; once more where a busy machine draws nobody in time."""
    for _ in range(5):
        with page.expect_navigation():
            page.get_by_role("button", name="Take the photo").click()
        if page.get_by_role("alert").count() == 0:
            return
    raise AssertionError(page.get_by_role("alert").inner_text())
