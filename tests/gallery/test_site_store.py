"""A gallery whose people a hub looks after: what the hub says, and what waits for its answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from accessctl.clock import Uptime
from accessctl.config import GalleryConfig
from accessctl.domain import PersonRules
from accessctl.errors import StoreError
from accessctl.gallery.badges import Badge, digest_of
from accessctl.gallery.person import hash_pin, rules_to_bytes
from accessctl.gallery.site import (
    AgeMark,
    DocumentPut,
    OwedReceipt,
    PersonGone,
    PersonPut,
    PutBadge,
    SitePosition,
)
from accessctl.gallery.site_store import SiteGallery, open_site_gallery
from tests.gallery.site_batches import (
    ADA,
    DOOR,
    EVE,
    GRACE,
    HUB,
    Told,
    batch,
    new_photo,
    put_photo,
    somebody,
)


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
