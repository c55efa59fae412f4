import pytest

from accessctl.errors import InputError
from accessctl.hub.assembly import Hub
from accessctl.hub.journal import JournalKind, latest_records
from accessctl.hub.verify import verify_site
from accessctl.sync.feed_wire import RemovalReceipt, removal_statement
from tests.hub.test_door_feed import enrol


def receipt(door, person: str, seq: int, time: float = 5.0, **more) -> RemovalReceipt:
    """As a door signs it."""
    said = removal_statement(door.member.door, person, seq, time)
    signature = door.member.key.sign(said).hex()
    return RemovalReceipt(person=person, seq=seq, time=time, signature=signature).model_copy(
        update=more
    )


def taken(hub: Hub, door, *receipts: RemovalReceipt) -> int:
    serial = f"{door.member.certificate.serial_number:x}"
    return hub.removals.take(door.member.door, serial, receipts)


def test_which_doors_owe_a_receipt(hub, joined, clock) -> None:
    front, back, side = joined("front"), joined("back"), joined("side")
    grace = enrol(hub, "Grace")
    clock.time += 10
    hub.people.remove("Grace")
    clock.time += 10
    joined("later")
    seq = hub.people.revision()
    assert taken(hub, front, receipt(front, grace, seq)) == 1
    hub.doors.revoke("side")
    (removal,) = hub.removals.listed()
    assert (removal.person, removal.signed, removal.owed, removal.lost) == (
        grace,
        ("front",),
        ("back",),
        ("side",),
    )
    assert taken(hub, front, receipt(front, grace, seq), receipt(front, grace, seq, 6.0)) == 0
    assert taken(hub, back, receipt(back, grace, seq)) == 1
    (removal,) = hub.removals.listed()
    assert removal.owed == ()
    assert side.member.door


def test_receipts_of_many_doors_are_kept_in_one_go_each_once(hub, joined) -> None:
    doors = [joined(f"door-{number}") for number in range(3)]
    grace, ada = enrol(hub, "Grace"), enrol(hub, "Ada", 1)
    hub.people.remove("Grace")
    hub.people.remove("Ada")
    seq = hub.people.revision()
    unknown = "f" * 32
    lots = [
        [(door.member.door, receipt(door, who, seq)) for who in (grace, ada, grace, unknown)]
        for door in doors
    ]
    before = len(latest_records(hub.database, JournalKind.RECEIPT, 100))
    assert hub.removals._kept([lots[0], lots[1][:1], lots[1], lots[2][3:]]) == [2, 1, 1, 0]
    told = latest_records(hub.database, JournalKind.RECEIPT, 100)
    assert len(told) - before == 4
    assert [removal.signed for removal in hub.removals.listed()] == [("door-0", "door-1")] * 2
    assert verify_site(hub.database).is_sound


def test_a_receipt_of_another_counts_as_nothing(hub, joined) -> None:
    front, back = joined("front"), joined("back")
    grace = enrol(hub, "Grace")
    hub.people.remove("Grace")
    seq = hub.people.revision()
    good = receipt(front, grace, seq)
    for bad in (
        receipt(back, grace, seq),
        good.model_copy(update={"time": 6.0}),
        good.model_copy(update={"seq": seq + 1}),
    ):
        with pytest.raises(InputError, match="not signed by this door"):
            taken(hub, front, bad)
    assert hub.removals.listed()[0].signed == ()


def test_one_of_somebody_whom_this_hub_did_not_remove_is_passed_over(hub, joined) -> None:
    front = joined("front")
    grace = enrol(hub, "Grace")
    assert taken(hub, front, receipt(front, grace, 1), receipt(front, "ab" * 16, 2)) == 0
    assert hub.removals.listed() == []
