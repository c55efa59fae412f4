"""Backups that are not put back, and what a failure leaves as it was."""

import os
import zipfile
from pathlib import Path

import pytest

from accessctl.administration.restore import restore
from accessctl.errors import AccessctlError, FaultError, InputError
from tests.administration.backed_up import NOW, Site


@pytest.mark.parametrize("where", range(0, 100, 7))
def test_a_damaged_backup_is_refused_and_nothing_is_touched(site: Site, where: int) -> None:
    site.back_up()
    content = bytearray(site.file.read_bytes())
    content[len(content) * where // 100] ^= 0xFF
    site.file.write_bytes(content)
    before = site.everything()
    try:
        site.restore()
    except AccessctlError:
        assert site.everything() == before
    else:
        # A bit of the ZIP that means nothing: all that counts was as it was sealed.
        assert site.names() == ["Ada", "Grace"]


@pytest.mark.parametrize("content", [b"", b"not a backup", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_backup_is_refused(site: Site, content: bytes) -> None:
    site.file.write_bytes(content)
    with pytest.raises(InputError, match="no backup"):
        site.restore()
    site.file.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        site.restore()


def test_a_changed_list_is_refused(site: Site) -> None:
    site.back_up()
    with zipfile.ZipFile(site.file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["manifest.json"] = members["manifest.json"].replace(b'"last": 5', b'"last": 6')
    site.file.unlink()
    with zipfile.ZipFile(site.file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(InputError, match="was changed"):
        site.restore()


def test_the_backup_of_another_door_is_refused(site: Site, tmp_path: Path) -> None:
    other = Site(tmp_path / "second")
    other.enrol("Mallory")
    other.back_up()
    site.file = other.file
    with pytest.raises(InputError, match="another audit key"):
        site.restore()
    with pytest.raises(InputError, match="key in place is another"):
        restore(site.config, {}, other.file, NOW, config_path=site.config_path, keys=other.keys)


def test_where_it_cannot_be_put_in_place_all_is_put_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.back_up()
    site.note("started")
    before = site.states(), site.names()
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target == site.config.audit.head and ".restore." in str(self):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(FaultError, match="No space left"):
        site.restore()
    monkeypatch.undo()
    assert (site.states(), site.names()) == before
    assert not list(site.folder.rglob(".restore*"))


@pytest.mark.parametrize("named", ["backup", "keys"])
def test_a_disk_that_fills_up_leaves_neither_backup_nor_keys(
    site: Site, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    def is_half(name: str) -> bool:
        return Path(name).name.startswith(f".{named}.")

    real = os.fsync
    monkeypatch.setattr(
        "accessctl.storage.files.os.fsync",
        lambda fd: full(fd) if is_half(os.readlink(f"/proc/self/fd/{fd}")) else real(fd),
    )
    with pytest.raises(FaultError, match="No space left"):
        site.back_up()
    monkeypatch.undo()
    assert [path.name for path in site.elsewhere.iterdir()] == ["head"]
