"""A gallery whose hub begins anew, was put back, or is another one: what stays and what goes."""

from dataclasses import replace

from accessctl.clock import Uptime
from accessctl.domain import PersonRules
from accessctl.gallery.site import (
    AgeMark,
    DocumentPut,
    PersonGone,
    PersonPut,
    SiteBatch,
    SitePosition,
)
from accessctl.gallery.site_store import SiteGallery
from tests.gallery.site_batches import (
    ADA,
    DOOR,
    EVE,
    GRACE,
    HUB,
    OTHER_HUB,
    Told,
    batch,
    new_photo,
    put_photo,
    somebody,
)


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
