"""What a door tells its hub of the steps of an enrolment by its camera."""

from pathlib import Path

from accessctl.errors import FaultError
from accessctl.sync.beside import DoorLine
from accessctl.sync.feed_wire import CommandAnswer
from accessctl.sync.identity import load_membership
from accessctl.sync.shot_wire import ShotTaken, shot_id
from accessctl.sync.site_key_ring import SiteKeyRing


class ShotLine:
    """A connection of its own to the hub at `url`; one thread at a time. What joining left lies in
    `folder`. Everything raises HubError, FaultError or StoreError."""

    def __init__(self, url: str, folder: Path) -> None:
        self._line = DoorLine(url, folder)
        self._folder = folder

    def settle(self, nonce: str, answer: CommandAnswer) -> None:
        """What became of the command of that nonce."""
        self._line.ask(lambda client: client.settle(nonce, answer))

    def give(self, nonce: str, fault: str, jpeg: bytes | None) -> None:
        """The photo that the command asked for, for the hub alone; None: `fault` says in one word
        what is wrong with what the camera saw."""
        member = load_membership(self._folder)
        if member is None:
            raise FaultError("This door has just left its hub.")
        hub, door = member.hub_id, member.door

        def shot(ring: SiteKeyRing) -> ShotTaken:
            if jpeg is None:
                return ShotTaken(fault=fault)
            return ShotTaken(sealed=ring.sealed_photo(jpeg, shot_id(door, nonce)))

        self._line.ask(
            lambda client: client.give_shot(
                nonce, shot(SiteKeyRing(self._folder, hub, door, client))
            )
        )

    def close(self) -> None:
        self._line.close()
