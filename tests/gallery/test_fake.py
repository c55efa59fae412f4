import numpy as np
import pytest

from accessctl.errors import StoreError
from accessctl.gallery.fake import MemoryGallery, random_units
from accessctl.gallery.people import NewPhoto


def test_a_fault_stops_every_call_and_changes_nothing() -> None:
    gallery = MemoryGallery()
    face = random_units(1, 4, seed=0)[0]
    gallery.fault = StoreError("away")
    for call in (
        gallery.people,
        gallery.revision,
        lambda: gallery.templates("e"),
        lambda: list(gallery.photos()),
        lambda: gallery.add_person(
            "Grace", NewPhoto(jpeg=b"", embedding=face, fingerprint="e", quality=1.0, added=0.0)
        ),
        lambda: gallery.remove("Grace"),
    ):
        with pytest.raises(StoreError, match="away"):
            call()
    gallery.fault = None
    assert gallery.people() == []


def test_random_units() -> None:
    rows = random_units(5, 3, seed=1)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(rows, random_units(5, 3, seed=1))
    assert (rows != random_units(5, 3, seed=2)).any()
