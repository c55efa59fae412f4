"""Changes of doors that wait for a decision, as tests of the console need them."""

from accessctl.hub.assembly import Hub
from accessctl.hub.judging import HeldCause, Ruling
from accessctl.sync.feed_wire import ProposalVerdict
from accessctl.sync.site_sealing import seal_photo
from tests.console.sample_site import COLLINS, HOPPER
from tests.hub.proposing import ProposingDoor, joined_door

NEW, LATER = "1d" * 16, "2e" * 16


def put_held(hub: Hub, jpeg: bytes = b"jpeg") -> ProposingDoor:
    """At a site with people (put_people): somebody new who is called as Hopper is, with a second
    photo and rules; a photo of Collins that shows Hopper; and somebody new at a door with groups.
    """
    door = ProposingDoor(hub, joined_door(hub, "gate"))
    numbers = iter(range(10, 99))

    def photo(face: int) -> dict:
        number = f"{next(numbers):032x}"
        return door.photo(face, number, sealed=seal_photo(jpeg, number, hub.site_keys.photos))

    door.propose("add_person", NEW, name="Grace Hopper", photo=photo(1))
    door.propose("add_photo", NEW, photo=photo(2))
    door.propose("remove_badges", NEW, digests=[])
    with hub.people.changing() as edit:
        read = hub.proposals._read(door.said("add_photo", COLLINS, photo=photo(3)))
        ruling = Ruling(ProposalVerdict.HELD, "like another", HeldCause.FACE)
        hub.proposals._hold(edit, door.door, read, ruling, HOPPER)
    hub.site.set_scope(door.door, ["staff"], "operator")
    door.propose("add_person", LATER, name="Ada", photo=photo(4))
    return door
