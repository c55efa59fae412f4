"""A gallery whose people a hub looks after: what the hub says, and what waits for its answer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from accessctl.clock import Uptime
from accessctl.config import GalleryConfig
from accessctl.domain import PersonId, PersonRules
from accessctl.errors import StoreError
from accessctl.gallery.badges import Badge, digest_of
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.person import hash_pin, rules_to_bytes
from accessctl.gallery.site import (
    AgeMark,
    DocumentPut,
    OwedReceipt,
    PersonGone,
    PersonPut,
    PutBadge,
    PutPerson,
    PutPhoto,
    SiteBatch,
    SitePosition,
)
from accessctl.gallery.site_store import HubChange, SiteGallery, open_site_gallery

FACES = random_units(4, 16, seed=3)
HUB, DOOR, OTHER_HUB = "a" * 64, "d" * 32, "b" * 64
ADA, EVE, GRACE = (PersonId(digit * 32) for digit in "123")


def put_photo(number: int, fingerprint: str = "e") -> PutPhoto:
    templates = {fingerprint: FACES[number].astype("<f4").tobytes()}
    return PutPhoto(f"{number:032x}", 0.5, 100.0 + number, templates)


def somebody(person: PersonId, name: str, *photos: PutPhoto) -> PutPerson:
    return PutPerson(person, name, 50.0, photos or (put_photo(int(person[0], 16)),))


def new_photo(number: int) -> NewPhoto:
    return NewPhoto(
        jpeg=b"jpeg %d" % number,
        embedding=FACES[number],
        fingerprint="e",
        quality=0.7,
        added=10.0 + number,
    )


class Told(list):
    """What goes on record; `full` makes that fail."""

    full = False

    def __call__(self, changes: Sequence[HubChange]) -> None:
        if self.full:
            raise StoreError("The disk is full.")
        self.extend(changes)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteGallery]:
    site = open_site_gallery(GalleryConfig(folder=tmp_path), {})
    site.begin(HUB, DOOR)
    yield site
    site.gallery.close()


def batch(*changes: PersonPut | PersonGone | DocumentPut, ends_round: bool = False) -> SiteBatch:
    seq = changes[-1].seq if changes else 0
    return SiteBatch(changes, SitePosition(HUB, DOOR, seq), ends_round)


def test_a_photo_that_the_hub_gave_to_somebody_else_is_theirs(
    site: SiteGallery, told: Told
) -> None:
    site.take(batch(PersonPut(1, somebody(ADA, "Ada", put_photo(1), put_photo(2)))), told)
    site.take(batch(PersonPut(2, somebody(EVE, "Eve", put_photo(2)))), told)
    assert site.person(EVE) == somebody(EVE, "Eve", put_photo(2))
    site.take(batch(PersonPut(3, somebody(ADA, "Ada", put_photo(1)))), told)
    assert site.person(ADA) == somebody(ADA, "Ada", put_photo(1))
    assert site.person(EVE) == somebody(EVE, "Eve", put_photo(2))
    assert len(site.gallery.templates("e")) == 2


def test_a_gallery_that_no_hub_looks_after_has_no_position(tmp_path: Path) -> None:
    site = open_site_gallery(GalleryConfig(folder=tmp_path), {})
    assert site.position() is None
    site.gallery.add_person("Ada", new_photo(0))
    site.gallery.set_rules(site.gallery.person("Ada").id, PersonRules(disabled=True))
    assert site.waiting(9) == []
    site.gallery.close()


def test_a_person_is_kept_whole_and_on_record(site: SiteGallery, told: Told) -> None:
    ada = replace(
        somebody(ADA, "Ada", put_photo(1), put_photo(2)),
        rules=rules_to_bytes(PersonRules(groups=("staff",))),
        badges=(PutBadge(b"b" * 32, 7.0),),
    )
    site.take(batch(PersonPut(5, ada)), told)
    assert site.person(ADA) == ada
    assert told == [("hub_added", ADA)]
    gallery = site.gallery
    assert [(p.name, p.photos, p.enrolled) for p in gallery.people()] == [("Ada", 2, 50.0)]
    assert gallery.rules() == {ADA: PersonRules(groups=("staff",))}
    assert [badge.digest for badge in gallery.badges()] == [b"b" * 32]
    assert [t.photo for t in gallery.templates("e")] == [put_photo(1).id, put_photo(2).id]
    assert {photo.jpeg for photo in gallery.photos()} == {b""}
    assert gallery.outdated("e") == 0
    assert site.position() == SitePosition(HUB, DOOR, 5)


def test_the_same_said_again_changes_nobody(site: SiteGallery, told: Told) -> None:
    ada = somebody(ADA, "Ada")
    site.take(batch(PersonPut(5, ada)), told)
    site.take(batch(PersonPut(6, ada)), told)
    assert told == [("hub_added", ADA)]


def test_what_the_hub_changes_takes_the_place_of_what_was(site: SiteGallery, told: Told) -> None:
    pin = b'[16384, 8, 1, "' + b"00" * 16 + b'", "' + b"11" * 32 + b'"]'
    before = replace(somebody(ADA, "Ada", put_photo(1), put_photo(2)), pin=pin)
    site.take(batch(PersonPut(5, before)), told)
    after = somebody(ADA, "Ada L", put_photo(2), put_photo(3))
    site.take(batch(PersonPut(6, after)), told)
    assert site.person(ADA) == after
    assert site.gallery.pins() == {}
    assert told[1:] == [("hub_changed", ADA)]


def test_whoever_is_gone_leaves_nothing_in_the_file(
    site: SiteGallery, told: Told, tmp_path: Path
) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Adalberta"))), told)
    site.take(batch(PersonGone(6, ADA, removed=True), PersonGone(7, EVE, removed=False)), told)
    assert site.gallery.people() == []
    assert site.owed(9) == [OwedReceipt(ADA, 6)]
    assert told[1:] == [("hub_removed", ADA)]
    assert not any(b"Adalberta" in file.read_bytes() for file in tmp_path.iterdir())
    site.receipted([OwedReceipt(ADA, 5)])
    assert site.owed(9) == [OwedReceipt(ADA, 6)]
    site.receipted([OwedReceipt(ADA, 6)])
    assert site.owed(9) == []


def test_nothing_of_a_batch_is_kept_without_its_record(site: SiteGallery, told: Told) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Ada"))), told)
    told.full = True
    with pytest.raises(StoreError, match="full"):
        site.take(batch(PersonGone(6, ADA), PersonPut(7, somebody(EVE, "Eve"))), told)
    assert [p.name for p in site.gallery.people()] == ["Ada"]
    assert site.position() == SitePosition(HUB, DOOR, 5)


def test_only_what_takes_the_place_of_something_is_cleaned_up_after(
    site: SiteGallery, told: Told
) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Ada"))), told)
    freed: list[str] = []
    site.gallery._database._db.set_trace_callback(freed.append)
    site.take(batch(PersonPut(6, somebody(EVE, "Eve"))), told)
    assert "VACUUM" not in freed
    for change in (
        PersonPut(7, somebody(EVE, "Eva")),
        PersonPut(8, somebody(GRACE, "ADA", put_photo(3))),
        PersonGone(9, EVE),
    ):
        freed.clear()
        site.take(batch(change), told)
        assert freed.count("VACUUM") == 1


def test_whoever_was_never_here_changes_nobody_by_being_gone(site: SiteGallery, told: Told) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Ada"))), told)
    told.clear()
    mark, freed = site.gallery.mark(), []
    site.gallery._database._db.set_trace_callback(freed.append)
    site.take(batch(PersonGone(6, EVE, removed=True), PersonGone(7, GRACE)), told)
    assert ("VACUUM" in freed, told, site.gallery.mark()) == (False, [], mark)
    assert site.position() == SitePosition(HUB, DOOR, 7)
    # It is answered for all the same.
    assert site.owed(9) == [OwedReceipt(EVE, 6)]
    # Beside somebody new it is nothing to clean up after, either.
    site.take(batch(PersonGone(8, EVE), PersonPut(9, somebody(GRACE, "Grace"))), told)
    assert ("VACUUM" in freed, told) == (False, [("hub_added", GRACE)])


def test_a_round_in_which_all_are_named_cleans_up_nothing(site: SiteGallery, told: Told) -> None:
    freed: list[str] = []
    site.gallery._database._db.set_trace_callback(freed.append)
    site.take(batch(PersonPut(5, somebody(ADA, "Ada")), ends_round=True), told)
    assert "VACUUM" not in freed
    begun = site.begin_round(9)
    last = SiteBatch((), replace(begun, seq=9, round=None), ends_round=True)
    site.take(last, told)
    assert freed.count("VACUUM") == 1
    assert site.gallery.people() == []


def test_a_change_made_here_of_somebody_gone_is_cleaned_up_after(
    site: SiteGallery, told: Told
) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Ada"))), told)
    site.gallery.remove("Ada")
    freed: list[str] = []
    site.gallery._database._db.set_trace_callback(freed.append)
    site.take(batch(PersonGone(6, ADA, removed=True)), told)
    assert (freed.count("VACUUM"), site.waiting_count()) == (1, 0)


def test_a_name_that_is_the_hubs_is_given_up(site: SiteGallery, told: Told) -> None:
    local = site.gallery.add_person("ada", new_photo(0))
    site.gallery.add_person("ada (2)", new_photo(2))
    site.take(batch(PersonPut(5, somebody(ADA, "Ada"))), told)
    names = {person.id: person.name for person in site.gallery.people()}
    assert (names[ADA], names[local.id]) == ("Ada", "ada (3)")
    assert told == [("hub_renamed", local.id), ("hub_added", ADA)]


def test_a_round_takes_out_whoever_the_hub_had_put_here_and_does_not_name(
    site: SiteGallery, told: Told
) -> None:
    mine = site.gallery.add_person("Mine", new_photo(0))
    both = PersonPut(5, somebody(ADA, "Ada")), PersonPut(6, somebody(EVE, "Eve"))
    site.take(batch(*both, ends_round=True), told)
    begun = site.begin_round(9)
    assert begun == SitePosition(HUB, DOOR, 0, 9)
    site.take(SiteBatch((PersonPut(6, somebody(EVE, "Eve")),), replace(begun, seq=6)), told)
    assert len(site.gallery.people()) == 3
    site.take(SiteBatch((), SitePosition(HUB, DOOR, 9), ends_round=True), told)
    assert {person.id for person in site.gallery.people()} == {EVE, mine.id}
    assert told[-1] == ("hub_removed", ADA)


def test_another_hub_begins_with_a_round_of_its_own(site: SiteGallery, told: Told) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Ada")), DocumentPut(6, "rules", b"{}")), told)
    site.note_age(AgeMark(1.0, 2.0, 3.0, Uptime("b", 4.0)))
    assert site.begin(HUB, DOOR) == SitePosition(HUB, DOOR, 6)
    begun = site.begin(OTHER_HUB, DOOR)
    assert begun == SitePosition(OTHER_HUB, DOOR, 0, 0) == site.position()
    # Whoever is here goes by the rules of the former one until the new one has said all.
    assert (site.document("rules"), site.age()) == (b"{}", None)
    site.take(SiteBatch((), SitePosition(OTHER_HUB, DOOR), ends_round=True), told)
    assert (site.gallery.people(), site.document("rules")) == ([], None)


def test_another_hub_has_badges_and_withdrawn_passes_of_its_own(
    site: SiteGallery, told: Told
) -> None:
    documents = ("settings", "badge_key", "passes", "known kinds")
    site.take(batch(*(DocumentPut(n, kind, b"1") for n, kind in enumerate(documents, 1))), told)
    site.begin(OTHER_HUB, DOOR)
    assert [site.document(kind) for kind in documents] == [b"1", None, None, None]


def test_documents_that_a_round_does_not_name_are_gone_with_its_last_page(
    site: SiteGallery, told: Told
) -> None:
    documents = ("rules", "settings", "passes", "badge_key", "known kinds")
    site.take(batch(*(DocumentPut(n, kind, b"1") for n, kind in enumerate(documents, 1))), told)

    def kept() -> list[str]:
        return [kind for kind in documents if site.document(kind) is not None]

    begun = site.begin_round(9)
    page = SiteBatch((DocumentPut(1, "rules", b"2"),), replace(begun, seq=1))
    site.take(page, told)
    assert kept() == list(documents)
    # Settings that are there and cannot be read stay as they were.
    last = SitePosition(HUB, DOOR, 9)
    site.take(SiteBatch((), last, ends_round=True, named=frozenset({"settings"})), told)
    assert kept() == ["rules", "settings", "badge_key", "known kinds"]
    assert site.document("rules") == b"2"
    # The next round counts for itself.
    site.begin_round(12)
    site.take(SiteBatch((), replace(last, seq=12), ends_round=True), told)
    assert kept() == ["badge_key", "known kinds"]


def test_the_same_hub_knows_its_people_again_under_another_door(
    site: SiteGallery, told: Told
) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Ada"))), told)
    site.gallery.set_rules(ADA, PersonRules(disabled=True))
    site.begin(HUB, "e" * 32)
    assert [waiting.change for waiting in site.waiting(9)] == ["set_rules"]
    assert site.propose_unknown() == 0


def test_whoever_the_hub_does_not_know_is_proposed_as_they_are_then(
    site: SiteGallery, told: Told
) -> None:
    mine = site.gallery.add_person("Mine", new_photo(0)).id
    site.gallery.add_photo(mine, new_photo(1))
    site.gallery.set_rules(mine, PersonRules(groups=("staff",)))
    site.gallery.set_pin(mine, hash_pin("2708", lambda count: b"s" * count))
    site.gallery.rename("Mine", "Mina")
    assert site.waiting(9) == []
    assert (site.propose_unknown(), site.propose_unknown()) == (1, 0)
    waiting = site.waiting(9)
    assert [w.change for w in waiting] == ["add_person", "add_photo", "set_rules", "set_pin"]
    assert {w.person for w in waiting} == {mine}
    assert waiting[0].data["name"] == "Mina"
    assert waiting[0].data["photo"]["added"] == 10.0
    assert site.picture(waiting[0].data["photo"]["photo"]) == b"jpeg 0"


def test_a_change_of_somebody_known_there_waits_and_stays_until_it_is_answered(
    site: SiteGallery, told: Told
) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Ada"))), told)
    site.gallery.set_rules(ADA, PersonRules(disabled=True))
    (waiting,) = site.waiting(9)
    assert (waiting.change, waiting.person) == ("set_rules", ADA)
    site.take(batch(PersonPut(6, somebody(ADA, "Ada Lovelace"))), told)
    assert site.gallery.person("Ada Lovelace").id == ADA
    assert site.gallery.rules() == {ADA: PersonRules(disabled=True)}
    site.taken({waiting.id: 7})
    assert site.waiting_count() == 0
    site.take(batch(PersonPut(8, somebody(ADA, "Ada Lovelace"))), told)
    assert site.gallery.rules() == {}


def test_whoever_was_removed_here_does_not_come_back_before_the_hub_has_answered(
    site: SiteGallery, told: Told
) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Ada"))), told)
    site.gallery.set_rules(ADA, PersonRules(disabled=True))
    site.gallery.remove("Ada")
    assert [waiting.change for waiting in site.waiting(9)] == ["remove"]
    site.take(batch(PersonPut(6, somebody(ADA, "Ada"))), told)
    assert site.gallery.people() == []


def test_whoever_was_removed_from_the_site_does_not_come_back_with_a_hub_of_before(
    site: SiteGallery, told: Told
) -> None:
    ada = PersonPut(1, somebody(ADA, "Ada", put_photo(1)))
    grace = PersonPut(2, somebody(GRACE, "Grace", put_photo(2)))
    site.take(batch(ada, grace), told)
    # Ada is removed from the site; of Grace this door has no part for a while.
    site.take(batch(PersonGone(3, ADA, removed=True), PersonGone(4, GRACE)), told)
    told.clear()
    site.begin_round(1)
    site.take(batch(ada, grace, ends_round=True), told)
    assert [person.id for person in site.gallery.people()] == [GRACE]
    assert told == [("hub_kept_out", ADA), ("hub_added", GRACE)]
    (waiting,) = site.waiting(9)
    assert (waiting.change, waiting.person) == ("remove", ADA)
    # Said again, it is told once; once the hub has taken the removal, nothing waits.
    site.take(batch(ada), told)
    assert len(told) == 2
    site.taken({waiting.id: 5})
    assert (site.waiting_count(), site.gallery.people()[0].name) == (0, "Grace")


def test_another_hubs_removals_are_none_of_this_ones(site: SiteGallery, told: Told) -> None:
    ada = PersonPut(1, somebody(ADA, "Ada", put_photo(1)))
    site.take(batch(ada, PersonGone(2, ADA, removed=True)), told)
    site.begin(OTHER_HUB, DOOR)
    site.take(SiteBatch((ada,), SitePosition(OTHER_HUB, DOOR, 1), ends_round=True), told)
    assert [person.name for person in site.gallery.people()] == ["Ada"]


def test_what_is_refused_is_asked_for_again_or_gone(site: SiteGallery, told: Told) -> None:
    both = PersonPut(5, somebody(ADA, "Ada")), PersonPut(9, somebody(EVE, "Eve"))
    site.take(batch(*both), told)
    site.gallery.rename("Ada", "Adam")
    site.gallery.rename("Eve", "Eva")
    first, second = site.waiting(9)
    site.not_taken(first, 5, told)
    position = site.position()
    assert position is not None
    assert (position.seq, position.after) == (9, 4)
    site.not_taken(second, 0, told)
    assert [person.name for person in site.gallery.people()] == ["Adam"]
    assert site.waiting_count() == 0
    assert told[-1] == ("hub_removed", EVE)


def test_the_site_has_one_number_for_each_badge(site: SiteGallery, told: Told) -> None:
    before = site.gallery.badge_digest("12")
    mine = site.gallery.add_person("Mine", new_photo(0)).id
    site.gallery.add_badge(Badge(mine, before, 1.0))
    site.take(batch(DocumentPut(3, "badge_key", b"k" * 32)), told)
    assert site.gallery.badge_digest("12") == digest_of(b"k" * 32, "12") != before
    site.gallery.add_badge(Badge(mine, site.gallery.badge_digest("13"), 2.0))
    site.propose_unknown()
    badges = [w.data["digest"] for w in site.waiting(9) if w.change == "add_badge"]
    assert badges == [digest_of(b"k" * 32, "13").hex()]


def test_a_picture_is_forgotten_once_the_hub_tells_of_its_photo(
    site: SiteGallery, told: Told
) -> None:
    mine = site.gallery.add_person("Mine", new_photo(0)).id
    site.gallery.add_photo(mine, new_photo(1))
    known = site.person(mine)
    assert known is not None
    site.propose_unknown()
    first = site.waiting(9)[0].data["photo"]["photo"]
    said = replace(known, photos=tuple(p for p in known.photos if p.id == first))
    site.take(batch(PersonPut(4, said)), told)
    assert [photo.jpeg for photo in site.gallery.photos()] == [b"", b"jpeg 1"]


def test_templates_of_other_encoders_stay_where_the_pictures_are_the_hubs(
    site: SiteGallery, told: Told
) -> None:
    site.take(batch(PersonPut(5, somebody(ADA, "Ada", put_photo(1, "old")))), told)
    assert site.gallery.outdated("new") == 1
    site.gallery.replace_templates("new", {}, skipped=[put_photo(1).id])
    assert site.gallery.outdated("new") == 0
    assert [t.person for t in site.gallery.templates("old")] == [ADA]


def test_the_age_is_kept_and_makes_no_other_gallery(site: SiteGallery) -> None:
    assert site.age() is None
    before = site.gallery.mark()
    mark = AgeMark(1.0, 2.0, 3.0, Uptime("b", 4.0), is_lost=True)
    site.note_age(mark)
    assert site.age() == mark
    assert site.gallery.mark() == before
