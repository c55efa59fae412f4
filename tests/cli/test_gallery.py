import os

import pytest

from accessctl.cli.gallery import gallery_to_read
from accessctl.config import load_config
from accessctl.errors import GalleryKeyError, StoreError, UnknownPersonError


def test_the_gallery_to_read_the_configuration_is_open_inside_and_closed_after(site) -> None:
    site.put("Ada")
    with gallery_to_read(load_config(site.config)) as gallery:
        assert [person.name for person in gallery.people()] == ["Ada"]
    with pytest.raises(StoreError):
        gallery.people()


def test_the_key_may_come_from_the_environment(
    site, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    monkeypatch.setenv("ACCESSCTL_KEY_FILE", str(key))
    site.put("Ada")
    assert site.people() == [("Ada", 1)]
    assert not (site.folder / "enrolled" / "gallery.key").exists()
    monkeypatch.delenv("ACCESSCTL_KEY_FILE")
    with pytest.raises(GalleryKeyError), gallery_to_read(load_config(site.config)):
        pytest.fail("a gallery without its key")


def test_a_key_that_is_gone_is_a_fault_told_in_a_sentence(site) -> None:
    site.put("Ada")
    (site.folder / "enrolled" / "gallery.key").unlink()
    said = site("people")
    assert said.code == 1
    assert said.out == ""
    assert "its key is not; restore" in said.err
    assert said.err.count("\n") == 1


def test_a_gallery_that_is_not_there_has_nobody_in_it_and_is_not_made(site) -> None:
    with gallery_to_read(load_config(site.config)) as gallery:
        assert gallery.people() == []
        with pytest.raises(UnknownPersonError, match="Ada"):
            gallery.person("Ada")
    assert not (site.folder / "enrolled").exists()
