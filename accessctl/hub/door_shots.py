"""A photo by a door's camera, to enrol somebody by: asked of the door, and opened here."""

from dataclasses import dataclass, field

from accessctl.hub.assembly import Hub
from accessctl.hub.commands import CommandOutcome
from accessctl.sync.shot_wire import EnrolmentStep, shot_id


@dataclass(frozen=True, slots=True)
class DoorShot:
    """What became of the command; where it was done, what is wrong with what the camera saw, in one
    word (shot_wire.ShotTaken), or the JPEG."""

    outcome: CommandOutcome
    fault: str = ""
    jpeg: bytes | None = field(default=None, repr=False)


def take_shot(hub: Hub, door: str, step: EnrolmentStep, operator: str) -> DoorShot:
    """Have the door of that name take it; at most fifteen seconds. InputError for a door that has
    not joined, StoreError, also for a photo that this hub cannot open."""
    outcome = hub.commands.enrol(door, step, operator)
    shot = outcome.shot
    if shot is None or not shot.sealed:
        return DoorShot(outcome, "" if shot is None else shot.fault)
    name = shot_id(hub.doors.id_of(door), outcome.nonce)
    return DoorShot(outcome, jpeg=hub.site_keys.open_photo(shot.sealed, name))
