"""Which rules and which accepted configuration count after a restore."""

import stat
from pathlib import Path

import pytest

from accessctl.administration import backup as backups
from accessctl.administration.acceptance import accepted_path
from accessctl.administration.changes import open_administration
from accessctl.config import AuditConfig
from accessctl.domain import PersonRules
from accessctl.errors import StoreError
from tests.administration.backed_up import STRENGTHS, Site


def test_rules_are_restored_sealed(site: Site) -> None:
    with open_administration(site.config, {}) as administration:
        administration.change_rules("Ada", lambda _: PersonRules(disabled=True))
    site.back_up()
    site.lose()
    site.restore(keys=True)
    with open_administration(site.config, {}) as administration:
        assert administration.entitlement("Ada").rules.disabled


def test_the_configuration_that_was_accepted_is_restored(site: Site) -> None:
    site.accept("strict")
    site.back_up()
    site.lose()
    assert site.restore(keys=True).weaker == ()
    site.config_path.write_text(STRENGTHS["weak"])
    assert site.accepted() == STRENGTHS["strict"].encode()
    assert stat.S_IMODE(accepted_path(site.config_path).stat().st_mode) == 0o600


def test_it_says_where_the_key_lies_now(site: Site) -> None:
    site.accept("strict")
    site.back_up()
    site.lose()
    audit = AuditConfig(
        file=site.folder / "elsewhere" / "events.sqlite", head=site.config.audit.head
    )
    site.config = site.config.model_copy(update={"audit": audit})
    site.restore(keys=True)
    assert site.accepted() == STRENGTHS["strict"].encode()


def test_a_restore_accepts_nothing_that_guards_less(site: Site) -> None:
    site.accept("weak")
    site.back_up()
    site.accept("strict")
    found = site.restore()
    assert len(found.weaker) == 1
    assert "liveness.mode" in found.weaker[0]
    assert site.accepted() == STRENGTHS["strict"].encode()
    site.accept("weak")
    assert site.accepted() == STRENGTHS["weak"].encode()


def test_one_that_was_accepted_in_between_is_the_one_the_log_knows(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.accept("strict")
    copy, turns = backups.copy_database, [0]

    def copy_and_accept(source: Path, target: Path, timeout: float) -> None:
        copy(source, target, timeout)
        if source.name == "gallery.sqlite" and turns[0] < 1:
            turns[0] += 1
            site.accept("weak")

    monkeypatch.setattr(backups, "copy_database", copy_and_accept)
    site.back_up()
    monkeypatch.undo()
    site.lose()
    site.restore(keys=True)
    assert site.accepted() == STRENGTHS["weak"].encode()


def test_a_damaged_one_is_kept_as_it_is_and_still_refused(site: Site) -> None:
    site.accept("strict")
    accepted_path(site.config_path).write_bytes(b"{}")
    site.back_up()
    site.lose()
    site.restore(keys=True)
    with pytest.raises(StoreError, match="damaged"):
        site.accepted()
