"""What a door does of what its wait at the hub brought, besides changes: crossings at other doors,
operators' commands, pictures for whoever looks, and photos to enrol somebody by.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from accessctl.administration.crossings import NO_OTHER_DOORS, OtherDoors
from accessctl.audit.base import Recorder
from accessctl.config import Config
from accessctl.door.session import Session
from accessctl.service.enrolling import EnrolmentDesk, EnrolmentParts, Seated, nobody_seated
from accessctl.service.following import Follow, follow_nothing, following
from accessctl.service.live_pictures import LivePictures
from accessctl.sync.beside import DoorLine
from accessctl.sync.commands import HubOrders
from accessctl.sync.crossings import SiteCrossings
from accessctl.sync.feed_wire import WaitBeside, Waited
from accessctl.sync.shots import ShotLine

Told = Callable[[Waited], object]


def area_watched(config: Config) -> str | None:
    """The area whose crossings this door has to know; None for a door that leads nowhere, and for
    one that has no hub, whose log is all there is."""
    has_hub = config.sync.hub is not None and config.camera.source != "demo"
    return config.access.area if has_hub and config.access.direction != "none" else None


@dataclass(slots=True)
class SiteDesk:
    """`crossings` is None where no other door's count. `listeners` hear each wait's answer, in this
    order: commands first, for they have no time to lose. `seated` hears who is enrolled here."""

    crossings: SiteCrossings | None
    listeners: Sequence[Told] = ()
    follow: Follow = follow_nothing
    live: LivePictures | None = None
    seated: Seated = nobody_seated

    @classmethod
    def of(cls, config: Config, seated: Seated = nobody_seated) -> "SiteDesk":
        area = area_watched(config)
        return cls(None if area is None else SiteCrossings(area), seated=seated)

    @property
    def others(self) -> OtherDoors:
        """Those whose crossings count at this door."""
        return NO_OTHER_DOORS if self.crossings is None else self.crossings

    def asked(self) -> WaitBeside:
        """What the next wait asks besides changes."""
        live = None if self.live is None else self.live.wanted
        if self.crossings is None:
            return WaitBeside(live=live)
        return WaitBeside(self.crossings.number, self.crossings.area, live)

    def report(self) -> dict[str, Any]:
        """What `status` says of it; from any thread."""
        alone = self.crossings is not None and self.crossings.silent(self.crossings.area)
        return {"alone": alone, "watched": self.live is not None and self.live.wanted}

    @contextmanager
    def opened(self, config: Config, session: Session, audit: Recorder) -> Iterator[None]:
        """Commands are taken and pictures sent for as long as this is entered, where there is a
        hub; as far as the configuration lets it."""
        hub = config.sync.hub
        if hub is None or config.camera.source == "demo":
            yield
            return
        answers = DoorLine(hub, config.sync_folder)
        orders = HubOrders(
            config.sync.commands,
            session.door.gate.doorway.command,
            audit,
            lambda nonce, answer: answers.ask(lambda client: client.settle(nonce, answer)),
        )
        crossings: Sequence[Told] = () if self.crossings is None else (self.crossings,)
        with closing(answers):
            if not config.sync.live:
                self.listeners = (orders, *crossings)
                yield
                return
            with self._shown(hub, config, session, audit) as (live, enrolling):
                self.live = live
                self.follow = following(live.follow, enrolling.follow)
                self.listeners = (replace(orders, enrol=enrolling.ask), *crossings, live)
                yield

    @contextmanager
    def _shown(
        self, hub: str, config: Config, session: Session, audit: Recorder
    ) -> Iterator[tuple[LivePictures, EnrolmentDesk]]:
        """What sends pictures of this door to the hub at that URL."""
        pictures, shots = DoorLine(hub, config.sync_folder), DoorLine(hub, config.sync_folder)
        parts = EnrolmentParts(
            observer=session.engine.observer,
            door=session.door,
            record=audit,
            answers=ShotLine(shots, config.sync_folder),
            seated=self.seated,
        )
        with (
            closing(pictures),
            closing(shots),
            LivePictures(
                lambda picture: pictures.ask(lambda client: client.show(picture)), audit
            ) as live,
            EnrolmentDesk(parts) as enrolling,
        ):
            yield live, enrolling
