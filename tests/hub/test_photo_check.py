import threading
from dataclasses import replace

import pytest

from accessctl.errors import StoreError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.hub import photo_check
from accessctl.hub.photo_check import SitePhotoCheck
from accessctl.recognition.gallery_check import PhotoFlaw
from tests.administration import backed_up

PATIENCE_S = 60.0
FINGERPRINT = "f" * 64
YARDSTICK = replace(backed_up.YARDSTICK, target_fmr=1e-2)
ONE, OTHER = random_units(2, 8, seed=5)


def photo(face, fingerprint: str = FINGERPRINT) -> NewPhoto:
    return NewPhoto(jpeg=b"jpeg", embedding=face, fingerprint=fingerprint, quality=0.9, added=5.0)


def check(hub, patience_s: float = PATIENCE_S) -> SitePhotoCheck:
    return SitePhotoCheck(hub.people, lambda: (FINGERPRINT, YARDSTICK), patience_s)


def test_what_is_found_is_kept_until_a_photo_changes(hub, monkeypatch) -> None:
    looks: list[int] = []
    compare = photo_check.check_photos

    def counted(*given):
        looks.append(1)
        return compare(*given)

    monkeypatch.setattr(photo_check, "check_photos", counted)
    ada = hub.people.add_person("Ada", photo(ONE))
    checked = check(hub)
    assert checked.latest().flaws == ()
    hub.people.rename("Ada", "Ada Lovelace")
    assert checked.latest().flaws == ()
    assert len(looks) == 1
    grace = hub.people.add_person("Grace", photo(ONE))
    found = checked.latest()
    assert found.is_current
    assert [flaw.flaw for flaw in found.flaws] == [PhotoFlaw.TAKEN, PhotoFlaw.DUPLICATE]
    assert found.of(ada.id) == found.of(grace.id) == found.flaws
    assert len(looks) == 2
    hub.people.remove("Grace")
    assert checked.latest().flaws == ()


def test_photos_of_another_encoder_are_counted_and_not_complained_of(hub) -> None:
    hub.people.add_person("Ada", photo(ONE))
    hub.people.add_person("Grace", photo(OTHER, fingerprint="e" * 64))
    found = check(hub).latest()
    assert (found.flaws, found.uncompared) == ((), 1)


def test_nobody_waits_long_and_what_was_known_is_told_meanwhile(hub, monkeypatch) -> None:
    go_on = threading.Event()
    compare = photo_check.check_photos

    def slow(*given):
        assert go_on.wait(PATIENCE_S)
        return compare(*given)

    hub.people.add_person("Ada", photo(ONE))
    monkeypatch.setattr(photo_check, "check_photos", slow)
    checked = check(hub, patience_s=0.0)
    assert checked.latest() is None
    go_on.set()
    checked = check(hub)
    assert checked.latest().is_current
    go_on.clear()
    checked._patience_s = 0.0
    hub.people.add_person("Grace", photo(ONE))
    before = checked.latest()
    assert (before.flaws, before.is_current) == ((), False)
    go_on.set()
    checked._patience_s = PATIENCE_S
    assert len(checked.latest().flaws) == 2


def test_a_gallery_that_cannot_be_read_is_tried_again(hub, monkeypatch, caplog) -> None:
    hub.people.add_person("Ada", photo(ONE))
    checked = check(hub)

    def broken(*given):
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(photo_check, "check_photos", broken)
        assert checked.latest() is None
    assert "The disk is full." in caplog.text
    assert checked.latest() is not None


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_without_an_encoder_nothing_is_compared(hub) -> None:
    nothing = SitePhotoCheck(hub.people, lambda: None)
    assert (nothing.is_possible, nothing.latest()) == (False, None)
