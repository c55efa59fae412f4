"""A batch of the hub's, and a kill at any moment of it."""

from collections.abc import Sequence
from pathlib import Path

from accessctl.config import GalleryConfig
from accessctl.gallery.site import PersonGone, PersonPut, SiteBatch, SitePosition
from accessctl.gallery.site_store import HubChange, SiteGallery, open_site_gallery
from tests.administration.killing import killed_at
from tests.gallery.site_batches import ADA, DOOR, EVE, GRACE, HUB, somebody

# What the two transactions, and erasing after them, go by on their way to the disk.
RECORDS = 12


def test_a_kill_in_the_middle_of_a_batch_leaves_it_whole_or_not_there(tmp_path: Path) -> None:
    config = GalleryConfig(folder=tmp_path)

    def opened() -> SiteGallery:
        return open_site_gallery(config, {})

    site = opened()
    site.begin(HUB, DOOR)
    first = PersonPut(1, somebody(ADA, "Ada")), PersonPut(2, somebody(EVE, "Eve"))
    site.take(SiteBatch(first, SitePosition(HUB, DOOR, 2)), lambda *_: None)
    before = {person.id for person in site.gallery.people()}
    site.gallery.close()
    second = PersonGone(3, ADA), PersonPut(4, somebody(GRACE, "Grace")), PersonGone(5, EVE)
    seen = []
    for point in range(RECORDS):

        def act() -> None:
            # A record is opened for each that changes: a kill comes at the next one.
            def record(changes: Sequence[HubChange]) -> None:
                for _ in changes:
                    Path(tmp_path / "record").write_bytes(b"")

            opened().take(SiteBatch(second, SitePosition(HUB, DOOR, 5)), record)

        came_so_far = killed_at(point, act, {"open", "sqlite3.connect"}, is_in(tmp_path))
        site = opened()
        people = {person.id for person in site.gallery.people()}
        position = site.position()
        site.gallery.close()
        assert position is not None
        seen.append(position.seq)
        assert (people, position.seq) in ((before, 2), ({GRACE}, 5))
        if not came_so_far:
            break
    assert seen[0] == 2
    assert seen[-1] == 5


def is_in(folder: Path):
    return lambda path: str(folder) in path
