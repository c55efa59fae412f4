"""A backup that is killed at any moment: what bears its name, or the keys', is whole."""

from pathlib import Path

import pytest

from tests.administration import killing
from tests.administration.backed_up import Site

CHANGING = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "open", "os.truncate"}


def killed_at(site: Site, point: int) -> bool:
    """Back up until the `point`th file or change of a folder below the other disk."""
    elsewhere = str(site.elsewhere)
    return killing.killed_at(point, site.back_up, CHANGING, lambda path: path.startswith(elsewhere))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.enrol("Ada")
    return site


def test_at_every_point(site: Site) -> None:
    point, with_backup_alone = 0, 0
    while killed_at(site, point):
        there = {path.name for path in site.elsewhere.iterdir()}
        left = {name for name in there if name[0] != "." and ".before-restore-" not in name}
        assert left <= {"head", "backup", "keys"}, point
        # The keys come last, and what bears a name is whole.
        assert "backup" in left or "keys" not in left, point
        with_backup_alone += "backup" in left and "keys" not in left
        if "backup" in left:
            site.restore()
            site.file.unlink()
        site.keys.unlink(missing_ok=True)
        point += 1
    assert point > 10
    assert with_backup_alone
    assert site.file.exists()
    assert site.keys.exists()
