"""Visitors' passes as a hub makes, keeps and withdraws them, and as its doors take them."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from accessctl.clock import Clocks, Uptime
from accessctl.door.passes import PassRefusal, open_passes
from accessctl.errors import InputError, UnknownPersonError
from accessctl.gallery.schema import GalleryMark
from accessctl.hub.assembly import Hub
from accessctl.hub.pass_rows import KEPT_S
from accessctl.hub.passes import MOST_DAYS, MOST_OF_ONE, PassWish
from accessctl.hub.tables import JOURNAL
from accessctl.sync.feed_wire import ChangeKind, SitePasses
from accessctl.sync.pass_wire import MOST_CHARACTERS, PassScope, door_tag, group_tag, read_pass
from tests.clocks import HandClock
from tests.hub.proposing import joined_door
from tests.hub.test_door_feed import enrol
from tests.hub.test_people_at_doors import KeptDoor, kept  # noqa: F401 - a fixture

DAY = 86_400


@pytest.fixture
def day(clock: HandClock) -> PassWish:
    return day_from(clock())


def day_from(now: float) -> PassWish:
    """From that moment for a day."""
    return PassWish(now, now + DAY)


def told(hub: Hub) -> list[tuple[str, str]]:
    """What the journal tells of passes."""
    found = [data for kind, data in journal_of(hub) if kind == "visitor_pass"]
    return [(data["change"], data.get("operator", "")) for data in found]


def journal_of(hub: Hub) -> list[tuple[str, dict]]:
    with hub.database.reading() as db:
        rows = db.execute(select(JOURNAL).order_by(JOURNAL.c.number)).all()
    return [(row.kind, json.loads(row.data)) for row in rows]


def withdrawn(hub: Hub) -> tuple[str, ...]:
    """As doors are told."""
    with hub.database.reading() as db:
        content = hub.feed.document(db, ChangeKind.PASSES.value)
    return () if content is None else SitePasses.model_validate_json(content).withdrawn


def test_a_pass_is_signed_by_the_hub_and_says_what_was_wished(hub: Hub, clock, day) -> None:
    grace = enrol(hub, "Grace")
    made = hub.passes.make("grace", day, "ada")
    signed = read_pass(hub.passes.text_of(made))
    begins = int(clock()) // 60 * 60
    shown = signed.shown
    assert (shown.person, shown.begins, shown.ends) == (grace, begins, begins + DAY)
    assert (shown.id, shown.scope) == (made.id, PassScope.EVERYWHERE)
    assert signed.is_signed_by(hub.authority.receipts_key)
    assert hub.passes.text_of(made) == hub.passes.text_of(hub.passes.find(made.mark))
    assert told(hub) == [("made", "ada")]


def test_a_pass_is_for_some_doors_or_for_people_of_some_groups(hub: Hub, day) -> None:
    enrol(hub, "Grace", groups=("guests", "staff"))
    doors = [joined_door(hub, name) for name in ("one", "two", "three")]
    at_doors = hub.passes.make("Grace", replace(day, doors=("one", "two", "three")), "ada")
    text = hub.passes.text_of(at_doors)
    assert len(text) <= MOST_CHARACTERS
    shown = read_pass(text).shown
    assert (shown.scope, set(shown.tags)) == (PassScope.DOORS, set(map(door_tag, doors)))
    as_guest = hub.passes.make("Grace", replace(day, groups=("guests",)), "ada")
    shown = read_pass(hub.passes.text_of(as_guest)).shown
    assert (shown.scope, shown.tags) == (PassScope.GROUPS, (group_tag("guests"),))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"begins": 3.0 * DAY}, "ends before it begins"),
        ({"begins": -2.0 * DAY, "ends": -1.0 * DAY}, "over already"),
        ({"ends": (MOST_DAYS + 1.0) * DAY}, "at most 366 days"),
        ({"begins": -1e12}, "ends before it begins"),
        ({"doors": ("nowhere",)}, "nowhere"),
        ({"doors": ("lab",)}, "no part in Grace"),
        ({"groups": ("board",)}, "in none of these groups"),
        ({"doors": ("front",), "groups": ("staff",)}, "not for doors and groups"),
        ({"groups": ("a", "b", "c", "d")}, "up to 3 groups"),
    ],
)
def test_a_pass_that_could_never_count_is_refused_and_nothing_is_kept(
    hub: Hub, clock, day, more, why: str
) -> None:
    enrol(hub, "Grace", groups=("staff",))
    joined_door(hub, "front")
    hub.site.set_scope(joined_door(hub, "lab"), ["scientists"], "ada")
    moments = {key: clock() + more[key] for key in ("begins", "ends") if key in more}
    with pytest.raises(InputError, match=why):
        hub.passes.make("Grace", replace(day, **{**more, **moments}), "ada")
    assert hub.passes.listed() == []
    assert told(hub) == []


def test_whoever_is_not_enrolled_gets_none(hub: Hub, day) -> None:
    with pytest.raises(UnknownPersonError):
        hub.passes.make("Grace", day, "ada")


def test_one_person_has_so_many_at_most(hub: Hub, day) -> None:
    enrol(hub, "Grace")
    for _ in range(MOST_OF_ONE):
        hub.passes.make("Grace", day, "ada")
    with pytest.raises(InputError, match="20 passes already"):
        hub.passes.make("Grace", day, "ada")


def test_a_withdrawn_pass_is_told_to_the_doors_until_its_time_is_long_over(
    hub: Hub, clock, day
) -> None:
    enrol(hub, "Grace")
    first, other = (hub.passes.make("Grace", day, "ada") for _ in range(2))
    hub.passes.withdraw(first.id, "eve")
    assert withdrawn(hub) == (first.id,)
    assert told(hub)[-1] == ("withdrawn", "eve")
    for wrong in (first.id, "0" * 16):
        with pytest.raises(InputError):
            hub.passes.withdraw(wrong, "eve")
    with pytest.raises(InputError, match="counts no more"):
        hub.passes.text_of(hub.passes.find(first.id))
    clock.time = first.ends + KEPT_S - 1
    assert hub.passes.forget_over() == 0
    assert withdrawn(hub) == (first.id,)
    assert [one.id for one in hub.passes.listed()] == sorted([first.id, other.id])
    clock.time = first.ends + KEPT_S
    assert hub.passes.forget_over() == 2
    assert (hub.passes.listed(), withdrawn(hub)) == ([], ())
    assert hub.passes.forget_over() == 0


def test_whoever_is_removed_has_no_pass_any_more(hub: Hub, day) -> None:
    grace = enrol(hub, "Grace")
    enrol(hub, "Ada", 1)
    made = hub.passes.make("Grace", day, "ada")
    others = hub.passes.make("Ada", day, "ada")
    hub.people.remove("Grace")
    assert hub.passes.listed() == [others]
    data = [data for kind, data in journal_of(hub) if kind == "visitor_pass"][-1]
    assert (data["change"], data["person"], data["passes"]) == ("forgotten", grace, [made.id])


class MarkedPeople:
    """What a roster that follows the gallery knows."""

    def __init__(self, door: KeptDoor) -> None:
        self._gallery = door.gallery

    @property
    def mark(self) -> GalleryMark:
        return self._gallery.mark()

    @property
    def names(self) -> dict:
        return {person.id: person.name for person in self._gallery.people()}

    @property
    def rules(self) -> dict:
        return self._gallery.rules()


def test_a_door_takes_a_pass_of_its_hub_and_no_other_s(
    hub: Hub,
    clock: HandClock,
    day: PassWish,
    kept: Callable[[str], KeptDoor],  # noqa: F811
) -> None:
    front, back = kept("front"), kept("back")
    grace = enrol(hub, "Grace")
    made = hub.passes.make("Grace", day, "ada")
    text = hub.passes.text_of(made)
    only_back = hub.passes.text_of(hub.passes.make("Grace", replace(day, doors=("back",)), "ada"))
    front.sync()
    back.sync()
    with (
        open_passes(front.config, {}, MarkedPeople(front)) as at_front,
        open_passes(back.config, {}, MarkedPeople(back)) as at_back,
    ):
        read = at_front.read(text)
        assert read.refusal is None
        assert read.badge is not None
        assert (read.badge.person, read.badge.mark) == (grace, made.mark)
        assert at_front.read(only_back).refusal is PassRefusal.OTHER_DOOR
        assert at_back.read(only_back).refusal is None
        # The hub withdraws it, and the door has not heard of that: as old as its last word.
        hub.passes.withdraw(made.id, "eve")
        assert at_front.counts(read.badge)
        front.sync()
        assert not at_front.counts(read.badge)
        assert at_front.read(text).refusal is PassRefusal.WITHDRAWN
        hub.people.remove("Grace")
        back.sync()
        assert at_back.read(only_back).refusal is PassRefusal.NOBODY


def test_a_door_goes_by_the_hub_s_time_and_by_none_after_a_boot(
    hub: Hub,
    clock: HandClock,
    day: PassWish,
    kept: Callable[[str], KeptDoor],  # noqa: F811
) -> None:
    front = kept("front")
    enrol(hub, "Grace")
    text = hub.passes.text_of(hub.passes.make("Grace", day, "ada"))
    front.sync()
    usual = Clocks()
    ran, boot = usual.uptime().seconds, usual.uptime().boot

    def read(wall: float, at: Uptime, *, is_kept_right: bool) -> PassRefusal | None:
        clocks = Clocks(lambda: wall, lambda: at, lambda: is_kept_right)
        with open_passes(front.config, {}, MarkedPeople(front), clocks) as desk:
            return desk.read(text).refusal

    here = Uptime(boot, ran + 60)
    assert read(clock(), here, is_kept_right=False) is None
    # Whatever the wall clock was set to.
    assert read(0.0, here, is_kept_right=True) is None
    assert read(clock() + 9 * DAY, here, is_kept_right=True) is None
    assert read(clock(), Uptime(boot, ran + DAY + 60), is_kept_right=True) is PassRefusal.OVER
    again = Uptime("another", 5.0)
    assert read(clock() + 60, again, is_kept_right=False) is PassRefusal.NO_CLOCK
    assert read(clock() + 60, again, is_kept_right=True) is None
