"""A restore that is killed at any moment, and run again: as if it had never been interrupted."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from accessctl.administration.acceptance import open_acceptance
from accessctl.administration.backup import back_up
from accessctl.administration.changes import DeferredLog, open_administration
from accessctl.administration.restore import restore
from accessctl.audit.opening import journal_of, open_log, open_log_to_check
from accessctl.domain import PersonId
from accessctl.door.assembly import open_audit
from accessctl.errors import StoreError
from accessctl.policy.lockout import Lockout
from accessctl.policy.lockout_store import LockoutStore
from accessctl.service.checks import Level, check_audit, examine
from tests.administration import killing
from tests.administration.backed_up import NOW, ONE_DAY, Site

CHANGING = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir"}


def killed_at(site: Site, point: int) -> bool:
    """Restore until the `point`th change of a folder."""
    return killing.killed_at(point, site.restore, CHANGING)


@pytest.fixture
def damaged(tmp_path: Path) -> Site:
    """Backed up with three people; since then Grace was removed and the log went on."""
    site = Site(tmp_path)
    site.enrol("Ada", "Grace", "Edith")
    with LockoutStore(site.config.lockout_file) as lockouts:
        lockouts.change(site.config.access.door, lambda _: Lockout(refused=3))
    site.accept("strict")
    site.back_up()
    site.remove("Grace")
    site.note("started")
    return site


def outcome(site: Site) -> tuple[object, ...]:
    """What a restore came to; what the log says of both ends is among it."""
    with open_log_to_check(site.config.audit, {}) as log:
        report = log.verify()
        (told,) = [e.data for _, e in log.query() if e.data.get("state") == "audit_restored"]
    with LockoutStore(site.config.lockout_file) as lockouts:
        refused = lockouts.read(site.config.access.door).refused
    state = (site.names(), site.states(), refused, site.accepted())
    return (*state, report.alarm, told["head"], told["before"])


def test_at_every_point(damaged: Site, tmp_path: Path) -> None:
    home, kept = tmp_path / "door", tmp_path / "kept"
    for folder in (home, damaged.elsewhere):
        shutil.copytree(folder, kept / folder.name)

    def as_before() -> None:
        for folder in (home, damaged.elsewhere):
            shutil.rmtree(folder)
            shutil.copytree(kept / folder.name, folder)

    damaged.restore()
    expected = outcome(damaged)
    assert expected[0] == ["Ada", "Edith"]
    point = 0
    as_before()
    journal = journal_of(damaged.config.audit.file)
    while killed_at(damaged, point):
        if not journal.exists() and "audit_restored" in damaged.states():
            # All was done; only its working folders are left, for the next one to clear away.
            assert outcome(damaged) == expected, point
            as_before()
            point += 1
            continue
        found = damaged.restore()
        assert found.removed_again == ("Grace",), point
        assert outcome(damaged) == expected, point
        assert not list(tmp_path.rglob(".restore.*")), point
        assert not journal.exists(), point
        names = [path.name.split(".before-restore-")[0] for path in found.aside]
        assert len(names) == len(set(names)), point
        as_before()
        point += 1
    # The renames of five files and what was moved aside for them are among it.
    assert point > 20


def test_killed_again_while_it_is_undone(damaged: Site) -> None:
    log = damaged.config.audit.file
    points = iter(range(1000))
    while killed_at(damaged, next(points)) and not journal_of(log).exists():
        pass
    # Each next one dies a little later, some in the undoing, some in the restore after it.
    for point in range(60):
        if not killed_at(damaged, point):
            break
    damaged.restore()
    assert outcome(damaged)[0] == ["Ada", "Edith"]


def test_nothing_is_changed_while_a_restore_is_half_done(damaged: Site) -> None:
    config, environment = damaged.config, {}
    journal = journal_of(config.audit.file)
    another = damaged.elsewhere / "another"
    openers = (
        lambda: open_administration(config, environment),
        lambda: open_acceptance(damaged.config_path, environment),
        lambda: DeferredLog(config.audit, environment),
        lambda: open_log(config.audit, environment),
        lambda: open_audit(config),
    )
    refused = 0
    for point in range(0, 1000, 3):
        if not killed_at(damaged, point):
            break
        if not journal.exists():
            continue
        before = _contents(damaged)
        for opener in openers:
            with pytest.raises(StoreError, match="restore was interrupted"), opener():
                pytest.fail("opened")
        with pytest.raises(StoreError, match="restore was interrupted"):
            damaged.remove("Edith")
        with pytest.raises(StoreError, match="restore was interrupted"):
            back_up(config, {}, another, NOW, config_path=damaged.config_path)
        (found,) = examine([("event log", partial(check_audit, config.audit, environment))])
        assert (found.level, "accessctl restore" in found.sentence) == (Level.FAILURE, True)
        assert _contents(damaged) == before
        refused += 1
    assert refused > 2
    damaged.restore()
    damaged.remove("Edith")
    assert damaged.names() == ["Ada"]


def _contents(site: Site) -> dict[Path, bytes]:
    folders = (site.folder, site.elsewhere)
    return {file: file.read_bytes() for one in folders for file in one.rglob("*") if file.is_file()}


def test_what_somebody_wrote_in_between_is_kept_aside(damaged: Site) -> None:
    file = damaged.config.lockout_file
    points = iter(range(1000))
    while killed_at(damaged, next(points)):
        if journal_of(damaged.config.audit.file).exists() and file.exists():
            before = file.stat().st_ino
            moved = list(file.parent.glob("lockout.sqlite.before-restore-*"))
            if moved and moved[0].stat().st_ino != before:
                break
    with LockoutStore(file) as lockouts:
        lockouts.change_both(
            "front", PersonId("x"), lambda kept: type(kept)(Lockout(refused=9), kept.person)
        )
    found = damaged.restore()
    (aside,) = [path for path in found.aside if "-interrupted" in path.name]
    shutil.copy(aside, damaged.elsewhere / "looked.sqlite")
    with LockoutStore(damaged.elsewhere / "looked.sqlite") as lockouts:
        assert lockouts.read("front").refused == 9


def test_a_note_that_says_nothing_stops_it(damaged: Site) -> None:
    before = damaged.names()
    journal_of(damaged.config.audit.file).write_text('{"format": "?"}')
    with pytest.raises(StoreError, match="put the files"):
        restore(
            damaged.config,
            {},
            damaged.file,
            NOW + ONE_DAY,
            config_path=damaged.config_path,
        )
    assert damaged.names() == before
