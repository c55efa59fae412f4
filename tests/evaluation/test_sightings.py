import logging
import threading
from pathlib import Path

import numpy as np
import pytest

from accessctl.domain import Box, Face, Image, Quality
from accessctl.errors import PhotoError, StoreError
from accessctl.evaluation.sightings import (
    Absence,
    RowCache,
    Sightings,
    SightingSettings,
    Subject,
    default_cache,
    in_parallel,
    sight,
)
from accessctl.vision.fake import fake_face


def row(value: int) -> tuple[np.ndarray, ...]:
    return np.array(value > 1), np.full((2, 3), value, np.float32)


def test_rows_come_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rows.npz"
    cache = RowCache(path)
    cache.rows |= {"a/1.jpg": row(1), "b/2.jpg": row(2)}
    cache.save()
    again = RowCache(path).rows
    assert list(again) == ["a/1.jpg", "b/2.jpg"]
    assert [bool(flag) for flag, _ in again.values()] == [False, True]
    np.testing.assert_array_equal(again["b/2.jpg"][1], row(2)[1])
    assert again["b/2.jpg"][1].dtype == np.float32
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["rows.npz"]


def test_two_who_write_keep_each_others_rows(tmp_path: Path) -> None:
    one, other = RowCache(tmp_path / "rows.npz"), RowCache(tmp_path / "rows.npz")
    one.rows["a"] = row(1)
    other.rows["b"] = row(2)
    one.save()
    other.save()
    assert set(RowCache(tmp_path / "rows.npz").rows) == {"a", "b"}


def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.npz"
    RowCache(path).save()
    assert not path.exists()
    RowCache(None).save()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\x93NUMPY"])
def test_a_damaged_file_is_made_anew(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "rows.npz"
    path.write_bytes(content)
    cache = RowCache(path)
    assert cache.rows == {}
    assert "made anew" in caplog.text
    cache.rows["a"] = row(1)
    cache.save()
    assert set(RowCache(path).rows) == {"a"}


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = RowCache(tmp_path / "file" / "rows.npz")
    cache.rows["a"] = row(1)
    with pytest.raises(StoreError, match="--cache"):
        cache.save()


def test_where_caches_belong() -> None:
    assert default_cache({"XDG_CACHE_HOME": "/var/c"}) == Path("/var/c/accessctl/evaluation")
    assert default_cache({}) == Path.home() / ".cache" / "accessctl" / "evaluation"


NAMES = tuple(f"p/{value}.png" for value in range(12))


class Shades:
    """A photo named p/7.png is of brightness 7; p/3.png is broken."""

    names = NAMES
    identity = "shades"

    def read(self, name: str) -> Image:
        if name == "p/3.png":
            raise PhotoError("p/3.png is damaged; give another photo.")
        return np.full((200, 300, 3), int(name[2:-4]), np.uint8)


class ShadeObserver:
    """A face as wide as the photo is bright, in its middle; none where it is dark."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.closed = False
        self._alone = threading.Lock()

    def still(self, image: Image) -> list[Face]:
        assert self._alone.acquire(blocking=False), "one observer, two threads"
        shade = int(image[0, 0, 0])
        self.seen.append(shade)
        self._alone.release()
        quality = Quality(shade / 100, () if shade % 2 else ("too dark",))
        return [fake_face(box=Box(140, 90, shade, 20), quality=quality)] if shade else []

    def close(self) -> None:
        self.closed = True


def look(observers: list[ShadeObserver], **changes) -> SightingSettings:
    def observer() -> ShadeObserver:
        observers.append(ShadeObserver())
        return observers[-1]

    settings = {"settings": "any", "subject": Subject.LARGEST} | changes
    return SightingSettings(observer, **settings)


def plain(names, total):
    return names


def seen(names=NAMES, cache=None, observers=None, **changes) -> Sightings:
    observers = [] if observers is None else observers
    return sight(Shades(), names, look(observers, **changes), cache or RowCache(None), 2, plain)


def test_a_row_for_every_photo() -> None:
    found = seen(("p/9.png", "p/0.png", "p/4.png"))
    assert found.names == ("p/9.png", "p/0.png", "p/4.png")
    assert found.found.tolist() == [True, False, True]
    assert found.usable.tolist() == [True, False, False]
    np.testing.assert_allclose(found.quality, [0.09, np.nan, 0.04], rtol=1e-6)
    np.testing.assert_array_equal(found.box[[0, 2]], [[140, 90, 9, 20], [140, 90, 4, 20]])
    assert np.isnan(found.box[1]).all()
    assert np.isnan(found.landmarks[1]).all()
    np.testing.assert_array_equal(found.landmarks[0], fake_face(box=Box(140, 90, 9, 20)).landmarks)


def test_a_broken_photo_is_a_failure_and_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = seen()
    assert np.flatnonzero(~found.found).tolist() == [0, 3]
    assert caplog.text.count("p/3.png is damaged") == 1


def test_nothing_is_looked_at_twice(tmp_path: Path) -> None:
    observers: list[ShadeObserver] = []
    first = seen(NAMES[:8], RowCache(tmp_path / "rows.npz"), observers)
    assert sorted(s for o in observers for s in o.seen) == [0, 1, 2, 4, 5, 6, 7]
    observers.clear()
    again = seen(NAMES, RowCache(tmp_path / "rows.npz"), observers)
    assert sorted(s for o in observers for s in o.seen) == [8, 9, 10, 11]
    np.testing.assert_array_equal(again.landmarks[:8], first.landmarks)
    observers.clear()
    seen(NAMES, RowCache(tmp_path / "rows.npz"), observers)
    assert observers == []


def test_observers_are_closed_and_results_kept_when_interrupted(tmp_path: Path) -> None:
    observers: list[ShadeObserver] = []

    def interrupted(names, total):
        yield from names[:5]
        raise KeyboardInterrupt

    cache = RowCache(tmp_path / "rows.npz")
    with pytest.raises(KeyboardInterrupt):
        sight(Shades(), NAMES, look(observers), cache, 2, interrupted)
    assert len(observers) == 2
    assert all(observer.closed for observer in observers)
    assert set(RowCache(tmp_path / "rows.npz").rows) == set(NAMES[:5])


def test_what_is_altered_is_what_is_seen() -> None:
    def brighter(name: str, image: Image) -> Image:
        assert name in NAMES
        return image + np.uint8(20)

    found = seen(("p/0.png", "p/5.png"), alter=brighter, variant="20 brighter")
    assert found.box[:, 2].tolist() == [20, 25]


def test_keys_tell_apart_what_differs() -> None:
    photos, other = Shades(), Shades()
    other.identity = "others"
    keys = {
        look([]).key(photos),
        look([]).key(other),
        look([], settings="else").key(photos),
        look([], subject=Subject.CENTRE).key(photos),
        look([], variant="dark 0.2").key(photos),
    }
    assert len(keys) == 5
    assert look([]).key(photos) in keys


def test_who_is_meant() -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    bystander = fake_face(box=Box(0, 0, 120, 150))
    subject = fake_face(box=Box(130, 70, 60, 80))
    within = fake_face(box=Box(148, 98, 5, 5))
    faces = [bystander, subject, within]
    assert Subject.LARGEST.of(faces, image) is bystander
    assert Subject.CENTRE.of(faces, image) is subject
    assert Subject.CENTRE.of([bystander], image) is Absence.OFF_CENTRE
    assert Subject.LARGEST.of([], image) is Absence.NO_FACE


def test_enrolment_means_nobody_where_it_would_refuse_the_photo() -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    plain = fake_face(box=Box(100, 60, 100, 120))
    behind = fake_face(box=Box(10, 10, 40, 50))
    beside = fake_face(box=Box(10, 10, 60, 70))
    assert Subject.ENROLMENT.of([behind, plain], image) is plain
    assert Subject.ENROLMENT.of([beside, plain], image) is Absence.SEVERAL
    assert Subject.ENROLMENT.of([], image) is Absence.NO_FACE


def test_results_come_in_order_and_an_error_comes_through() -> None:
    started = threading.Barrier(2, timeout=20)

    def work(tool: str, name: str) -> tuple[np.ndarray, ...]:
        if name in ("a", "b"):
            started.wait()
        if name == "d":
            raise ValueError(name)
        return (np.array(name),)

    rows = in_parallel(["a", "b", "c", "d"], ["one", "two"], work)
    assert [str(next(rows)[0]) for _ in range(3)] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="d"):
        next(rows)
