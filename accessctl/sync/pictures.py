"""The thread beside the door that sends the pictures of decisions after their events.

Only where `sync.pictures` says so. A picture goes once the hub has signed for its event, sealed so
that the hub alone can open it. Up to which record that is done stands in `pictures.json` in
`sync.folder`, and is written after the hub has answered; the hub keeps each picture once. So
whichever of the two is killed, none is lost and none is there twice. What was taken while nothing
was to be sent is never sent.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from accessctl.audit.chain import ChainReader
from accessctl.audit.opening import find_key, key_path, snapshot_folder
from accessctl.audit.snapshots import AlteredSnapshotError, Snapshots, picture_named
from accessctl.config import Config
from accessctl.errors import FaultError
from accessctl.storage.parsing import read_bounded
from accessctl.sync.client import DoorClient
from accessctl.sync.feed_wire import Id
from accessctl.sync.identity import Membership, is_member, load_membership
from accessctl.sync.outbox import kept_receipt
from accessctl.sync.picture_wire import MAX_SEALED_PICTURE, EventPicture, PictureTaken, picture_id
from accessctl.sync.private_files import keep_private
from accessctl.sync.repeating import RepeatingThread
from accessctl.sync.site_key_ring import KeyGiver, SiteKeyRing
from accessctl.sync.wire import Number

MARK_FILE = "pictures.json"
LOOK_S = 1.0
PAGE = 200

log = logging.getLogger(__name__)


class PictureTaker(KeyGiver, Protocol):
    """See client.DoorClient. HubError."""

    def send_picture(self, number: int, picture: EventPicture) -> PictureTaken: ...

    def close(self) -> None: ...


class PictureMark(BaseModel):
    """What stands in `pictures.json`: up to which record of its log this door (its id at the hub)
    is done with the pictures."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    door: Id
    number: Number


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """A door's log, its pictures, and the folder where its joining the hub is kept."""

    log_file: Path
    pictures: Snapshots
    folder: Path


def picture_link(config: Config, environment: Mapping[str, str]) -> AbstractContextManager[object]:
    """What sends this door's pictures for as long as it is entered, where the configuration says
    so and keeps any. StoreError."""
    kept, url = config.audit.snapshots, config.sync.hub
    if url is None or not config.sync.pictures or config.camera.source == "demo":
        forget_mark(config.sync_folder)
        return nullcontext()
    key = find_key(key_path(config.audit), environment)
    if kept.keep == "off" or key is None:
        return nullcontext()
    pictures = Snapshots(snapshot_folder(config.audit), key, kept)
    return PictureLink(url, PicturePlace(config.audit.file, pictures, config.sync_folder))


def forget_mark(folder: Path) -> None:
    """Whatever is taken from now on is not sent, also not when sending is switched on again.
    Logged where that fails: a door does not stay away for it."""
    try:
        (folder / MARK_FILE).unlink(missing_ok=True)
    except OSError as error:
        log.error(
            "%s cannot be removed (%s): if sync.pictures is switched on again, pictures from "
            "before are sent, too.",
            folder / MARK_FILE,
            error.strerror,
        )


Dialled = Callable[[str, Membership], PictureTaker]


class PictureLink(RepeatingThread):
    """From `with` to its end. `work_once` is what the thread does; tests call it themselves."""

    def __init__(
        self,
        url: str,
        place: PicturePlace,
        *,
        now: Callable[[], float] = time.time,
        dial: Dialled | None = None,
    ) -> None:
        """`url` is the hub's, `now` epoch time; `dial` makes the connection."""
        super().__init__(
            "hub-pictures",
            "The hub does not get the pictures of what happens here; the door works on.",
            "The hub gets the pictures of what happens here again.",
        )
        self._url = url
        self._place = place
        self._reader = ChainReader(place.log_file)
        self._dial = dial or (lambda to, member: DoorClient(to, member, now()))
        self._member: Membership | None = None
        self._hub: PictureTaker | None = None
        self._mark: PictureMark | None = None

    def work_once(self) -> float:
        """The pictures of one page of the log, as far as the hub has signed for it; seconds until
        the next turn. AccessctlError."""
        if not is_member(self._place.folder):
            self.disconnect()
            return LOOK_S
        member = self._member = self._member or self._known()
        mark = self._mark or self._begun(member.door)
        signed = kept_receipt(self._place.folder)
        records = [
            record
            for record in self._reader.after(mark.number, PAGE)
            if signed is not None and record.number <= signed.number
        ]
        for record in records:
            mark = PictureMark(door=member.door, number=record.number)
            name = picture_named(record.record)
            if name is not None and self._send(member, record.number, name):
                self._keep(mark)
            self._mark = mark
        if len(records) < PAGE:
            return LOOK_S
        # Not after each record: which of them have no picture is soon read again.
        self._keep(mark)
        return 0.0

    def disconnect(self) -> None:
        """Begin anew the next time, with what is on the disk then."""
        if self._hub is not None:
            self._hub.close()
        self._hub = self._member = self._mark = None

    def _known(self) -> Membership:
        member = load_membership(self._place.folder)
        if member is None:
            raise FaultError("This door has just left its hub.")
        return member

    def _begun(self, door: str) -> PictureMark:
        """Where this door stopped; at its log's end where it is to send for the first time."""
        kept = _read(self._place.folder)
        if kept is not None and kept.door == door:
            return kept
        mark = PictureMark(door=door, number=self._reader.end().number)
        self._keep(mark)
        return mark

    def _keep(self, mark: PictureMark) -> None:
        keep_private(self._place.folder / MARK_FILE, mark.model_dump_json().encode("ascii"))

    def _send(self, member: Membership, number: int, name: str) -> bool:
        """Whether there was a picture to send: what the door itself keeps no more is not sent."""
        try:
            jpeg = self._place.pictures.find(name)
        except AlteredSnapshotError as error:
            log.error("A picture does not go to the hub. %s", error)
            return False
        if jpeg is None:
            return False
        hub = self._hub = self._hub or self._dial(self._url, member)
        keys = SiteKeyRing(self._place.folder, member.hub_id, member.door, hub)
        sealed = keys.sealed_photo(jpeg, picture_id(member.door, number))
        if len(sealed) > MAX_SEALED_PICTURE:
            log.warning("The picture of record %d is larger than the hub takes.", number)
            return False
        hub.send_picture(number, EventPicture(sealed=sealed))
        return True


def _read(folder: Path) -> PictureMark | None:
    """None where there is none, or none that can be read: then nothing is sent of what was."""
    try:
        return PictureMark.model_validate_json(read_bounded(folder / MARK_FILE))
    except FileNotFoundError:
        return None
    except ValidationError:
        log.warning("%s is damaged; pictures are sent from now on.", folder / MARK_FILE)
        return None
    except OSError as error:
        raise FaultError(
            f"{folder / MARK_FILE} cannot be read ({error.strerror}); check who may read it."
        ) from error
