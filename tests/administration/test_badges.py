import pytest

from accessctl.administration.badges import BadgeAdministration
from accessctl.domain import EventKind
from accessctl.door.fake import EPOCH, FakeHouse
from accessctl.errors import BadgeTakenError, StoreError, UnknownBadgeError, UnknownPersonError

GRACE, ADA = 1, 2


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.enrol("Grace", GRACE)
    house.enrol("Ada", ADA)
    return house


@pytest.fixture
def badges(house: FakeHouse) -> BadgeAdministration:
    return house.administration().badges


def changes(house: FakeHouse) -> list[tuple[str, str]]:
    told = [e.data for e in house.events() if e.kind is EventKind.PERSON]
    return [(data["change"], data["badge"]) for data in told]


def test_each_change_is_on_record_by_the_badges_mark(
    house: FakeHouse, badges: BadgeAdministration
) -> None:
    first = badges.add("grace", badges.digest_of("4711"))
    second = badges.add("Grace", badges.digest_of("4712"))
    assert (first.person.name, first.badge.added) == ("Grace", EPOCH)
    assert badges.remove("Grace", first.badge.mark) == [first]
    assert badges.remove("Grace") == [second]
    assert changes(house) == [
        ("badge_added", first.badge.mark),
        ("badge_added", second.badge.mark),
        ("badge_removed", first.badge.mark),
        ("badge_removed", second.badge.mark),
    ]
    assert "4711" not in str(house.events())


def test_all_are_listed_by_the_names_of_their_people(badges: BadgeAdministration) -> None:
    for name, number in (("Grace", "1"), ("Ada", "2"), ("Grace", "3")):
        badges.add(name, badges.digest_of(number))
    assert [one.person.name for one in badges.held()] == ["Ada", "Grace", "Grace"]
    owner = badges.owner_of(badges.digest_of("3"))
    assert owner is not None
    assert owner.person.name == "Grace"
    assert badges.owner_of(badges.digest_of("4")) is None


def test_nothing_changes_without_its_record(house: FakeHouse, badges: BadgeAdministration) -> None:
    held = badges.add("Grace", badges.digest_of("1"))
    house.audit.full = True
    with pytest.raises(StoreError):
        badges.add("Grace", badges.digest_of("2"))
    with pytest.raises(StoreError):
        badges.remove("Grace")
    assert badges.held() == [held]


def test_what_is_refused_changes_nothing_and_is_not_told(
    house: FakeHouse, badges: BadgeAdministration
) -> None:
    badges.add("Grace", badges.digest_of("1"))
    for refused, error in (
        (lambda: badges.add("Ada", badges.digest_of("1")), BadgeTakenError),
        (lambda: badges.add("Nobody", badges.digest_of("2")), UnknownPersonError),
        (lambda: badges.remove("Ada"), UnknownBadgeError),
        (lambda: badges.remove("Grace", "00000000"), UnknownBadgeError),
    ):
        with pytest.raises(error):
            refused()
    assert len(badges.held()) == len(changes(house)) == 1
