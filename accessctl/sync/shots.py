"""What a door tells its hub of the steps of an enrolment by its camera."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from accessctl.errors import FaultError
from accessctl.sync.feed_wire import CommandAnswer
from accessctl.sync.identity import load_membership
from accessctl.sync.shot_wire import ShotTaken, shot_id
from accessctl.sync.site_key_ring import KeyGiver, SiteKeyRing


class ShotTaker(KeyGiver, Protocol):
    """See client.DoorClient. HubError."""

    def settle(self, nonce: str, answer: CommandAnswer) -> None: ...

    def give_shot(self, nonce: str, shot: ShotTaken) -> None: ...


class AskedLine(Protocol):
    """See beside.DoorLine."""

    def ask(self, what: Callable[[ShotTaker], None]) -> None: ...


class SealingMember(Protocol):
    """See identity.Membership."""

    @property
    def hub_id(self) -> str: ...

    @property
    def door(self) -> str: ...


class ShotLine:
    """Answers on a line to the hub; one thread at a time. What joining left lies in `folder`.
    Everything raises HubError, FaultError or StoreError."""

    def __init__(
        self,
        line: AskedLine,
        folder: Path,
        known: Callable[[Path], SealingMember | None] = load_membership,
    ) -> None:
        self._line = line
        self._folder = folder
        self._known = known

    def settle(self, nonce: str, answer: CommandAnswer) -> None:
        """What became of the command of that nonce."""
        self._line.ask(lambda client: client.settle(nonce, answer))

    def give(self, nonce: str, fault: str, jpeg: bytes | None) -> None:
        """The photo that the command asked for, for the hub alone; None: `fault` says in one word
        what is wrong with what the camera saw."""
        member = self._known(self._folder)
        if member is None:
            raise FaultError("This door has just left its hub.")
        hub, door = member.hub_id, member.door

        def give(client: ShotTaker) -> None:
            shot = ShotTaken(fault=fault)
            if jpeg is not None:
                ring = SiteKeyRing(self._folder, hub, door, client)
                shot = ShotTaken(sealed=ring.sealed_photo(jpeg, shot_id(door, nonce)))
            client.give_shot(nonce, shot)

        self._line.ask(give)
