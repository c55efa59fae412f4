"""What is looked at before a restore replaces anything."""

import sqlite3
from dataclasses import replace

import pytest

from accessctl.administration.changes import open_administration
from accessctl.audit.opening import open_log
from accessctl.errors import StoreError
from accessctl.gallery.badges import Badge
from accessctl.gallery.schema import database_file
from accessctl.gallery.site import PersonGone, PersonPut, SiteBatch
from accessctl.gallery.site_store import open_site_gallery
from accessctl.gallery.store import open_gallery
from accessctl.sync.feed import SiteRecord
from tests.administration.backed_up import Site


def give_badges(site: Site) -> None:
    with open_gallery(site.config.gallery, {}) as gallery:
        for person in gallery.people():
            gallery.add_badge(Badge(person.id, gallery.badge_digest(person.name), 1.0))


def test_badges_come_back_and_not_those_of_whoever_was_removed_since(site: Site) -> None:
    give_badges(site)
    site.back_up()
    site.remove("Grace")
    site.restore()
    with open_gallery(site.config.gallery, {}) as gallery:
        (badge,) = gallery.badges()
        assert badge.person == gallery.person("Ada").id
        assert badge.digest == gallery.badge_digest("Ada")


@pytest.mark.parametrize("revive", [False, True])
def test_a_badge_taken_away_since_stays_away(site: Site, revive: bool) -> None:
    """A lost card must not be its person's again; one that was set anew meanwhile is."""
    give_badges(site)
    site.back_up()
    with open_administration(site.config, {}) as administration:
        badges = administration.badges
        badges.remove("Grace")
        badges.remove("Ada")
        badges.add("Ada", badges.digest_of("Ada"))
    found = site.restore(revive=revive)
    assert found.badges_again == (0 if revive else 1)
    with open_gallery(site.config.gallery, {}) as gallery:
        names = {person.id: person.name for person in gallery.people()}
        held = sorted(names[badge.person] for badge in gallery.badges())
    assert held == (["Ada", "Grace"] if revive else ["Ada"])
    assert ("badge_removed" in site.states()) is not revive


def test_a_badge_that_cannot_be_opened_is_found_before_anything_is_replaced(site: Site) -> None:
    give_badges(site)
    file = database_file(site.config.gallery.folder)
    with sqlite3.connect(file) as db:
        db.execute("UPDATE badge SET sealed = randomblob(60)")
    db.close()
    site.back_up()
    before = site.everything()
    with pytest.raises(StoreError, match="damaged or altered"):
        site.restore()
    assert site.everything() == before


def test_whoever_the_hub_removed_since_stays_away_and_nothing_is_proposed(site: Site) -> None:
    hub, door = "a" * 64, "d" * 32
    of_site = open_site_gallery(site.config.gallery, {})
    position = of_site.begin(hub, door)
    grace = of_site.gallery.person("Grace").id
    known = of_site.person(grace)
    assert known is not None
    put = SiteBatch((PersonPut(1, known),), replace(position, seq=1))
    of_site.take(put, lambda *_: None)
    of_site.gallery.close()
    site.back_up()
    of_site = open_site_gallery(site.config.gallery, {})
    with open_log(site.config.audit, {}) as events:
        record = SiteRecord(of_site, events, lambda: 2.0)
        gone = SiteBatch((PersonGone(2, grace),), replace(position, seq=2))
        with record.changing():
            of_site.take(gone, record.write)
    of_site.gallery.close()
    found = site.restore()
    assert found.removed_again == ("Grace",)
    restored = open_site_gallery(site.config.gallery, {})
    assert [person.name for person in restored.gallery.people()] == ["Ada"]
    assert restored.waiting(9) == []
    restored.gallery.close()
