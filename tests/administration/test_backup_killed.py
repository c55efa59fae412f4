"""A backup that is killed at any moment: what bears its name, or the keys', is whole."""

import os
import sys
import warnings
from pathlib import Path

import pytest

from tests.administration.test_backup import Site

CHANGING = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "open", "os.truncate"}
KILLED, DONE = 9, 7


def killed_at(site: Site, point: int) -> bool:
    """Back up in a process of its own that dies at its `point`th file or change of a folder below
    the other disk; whether it came that far."""
    with warnings.catch_warnings():
        # Threads of numerical libraries: the child uses none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
    seen = [0]

    def count(event: str, arguments: tuple[object, ...]) -> None:
        if event in CHANGING and str(arguments[0]).startswith(str(site.elsewhere)):
            seen[0] += 1
            if seen[0] > point:
                os._exit(KILLED)

    try:
        sys.addaudithook(count)
        site.back_up()
        os._exit(DONE)
    except BaseException:  # noqa: BLE001 - the child must not run the parent's tests
        os._exit(1)


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
