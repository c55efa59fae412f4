from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.config import EncoderConfig, VisionConfig
from accessctl.domain import Box, Face, Image
from accessctl.encoder.base import Encoder, FakeEncoder
from accessctl.evaluation.data import FolderPhotos
from accessctl.evaluation.embedded import Bench, Probes, bench_for, encoder_key
from accessctl.evaluation.sightings import SightingSettings, Subject
from accessctl.vision.alignment import cut
from accessctl.vision.fake import fake_face

REPOSITORY = Path(__file__).parents[2]
FACE = fake_face(box=Box(20, 10, 60, 80))


class Observer:
    """A face in every photo that is not black in its corner."""

    def still(self, image: Image) -> list[Face]:
        return [FACE] if image[0, 0].any() else []

    def close(self) -> None:
        pass


@pytest.fixture
def photos(tmp_path: Path) -> FolderPhotos:
    random = np.random.default_rng(0)
    for name in ("ann/1", "ann/2", "bob/1", "bob/black"):
        path = tmp_path / "photos" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = cv2.resize(random.integers(1, 255, (5, 5, 3), np.uint8), (100, 100))
        if path.stem == "black":
            picture[:] = 0
        cv2.imwrite(str(path), picture)
    return FolderPhotos(tmp_path / "photos")


class Loads:
    """Counts how often an encoder was asked for, and with how many crops."""

    def __init__(self) -> None:
        self.encoders: list[FakeEncoder] = []

    def __call__(self) -> Encoder:
        self.encoders.append(FakeEncoder())
        return self.encoders[-1]


def bench(cache: Path | None, loads: Loads, key: str = "fake") -> Bench:
    look = SightingSettings(Observer, "any", Subject.LARGEST)
    return Bench(look, loads, key, cache, lambda names, total: names)


def test_embeddings_are_the_encoders_of_the_crop_its_card_asks_for(photos: FolderPhotos) -> None:
    found = bench(None, Loads()).embed(photos, photos.names)
    assert found.names == ("ann/1.png", "ann/2.png", "bob/1.png", "bob/black.png")
    assert found.people == ("ann", "bob")
    assert found.person.tolist() == [0, 0, 1, 1]
    encoder = FakeEncoder()
    for row in range(3):
        image = photos.read(found.names[row])
        crop = cut(image, FACE.landmarks, encoder.card.crop_geometry)
        np.testing.assert_array_equal(found.embeddings[row], encoder.embed(crop[None])[0])


def test_a_photo_without_a_face_keeps_its_row(photos: FolderPhotos) -> None:
    found = bench(None, Loads()).embed(photos, photos.names)
    assert found.found.tolist() == [True, True, True, False]
    assert found.usable.tolist() == [True, True, True, False]
    assert np.isnan(found.embeddings[3]).all()
    assert found.embeddings.shape == (4, FakeEncoder().card.dimension)
    assert found.rows(("bob/1.png", "ann/1.png")).tolist() == [2, 0]


def test_embeddings_are_kept(photos: FolderPhotos, tmp_path: Path) -> None:
    loads = Loads()
    first = bench(tmp_path / "cache", loads).embed(photos, photos.names[:2])
    assert len(loads.encoders) == 2
    again = bench(tmp_path / "cache", loads).embed(photos, photos.names[:2])
    assert len(loads.encoders) == 2
    np.testing.assert_array_equal(first.embeddings, again.embeddings)
    bench(tmp_path / "cache", loads).embed(photos, photos.names)
    assert len(loads.encoders) == 3, "one more photo with a face"
    bench(tmp_path / "cache", loads, "another").embed(photos, photos.names)
    assert len(loads.encoders) == 5


def test_what_is_altered_is_embedded(photos: FolderPhotos, tmp_path: Path) -> None:
    measuring = bench(tmp_path / "cache", Loads())
    plain = measuring.embed(photos, photos.names)
    other = measuring.embed(
        photos, photos.names, alter=lambda name, image: 255 - image, variant="negative"
    )
    assert other.found.all(), "a black photo's negative is white"
    assert not np.allclose(plain.embeddings[:3], other.embeddings[:3])
    np.testing.assert_array_equal(
        measuring.embed(photos, photos.names).embeddings, plain.embeddings
    )


def test_nobody_is_found_anywhere(photos: FolderPhotos) -> None:
    found = bench(None, Loads()).embed(photos, ("bob/black.png",))
    assert found.found.tolist() == [False]
    assert len(found.embeddings) == 1


def test_the_key_is_of_all_that_an_embedding_depends_on() -> None:
    dlib = EncoderConfig(folder=REPOSITORY / "models" / "dlib", device="cpu")
    keys = [
        encoder_key(dlib),
        encoder_key(dlib.model_copy(update={"flip_average": False})),
        encoder_key(dlib.model_copy(update={"precision": "float16"})),
        encoder_key(dlib.model_copy(update={"folder": REPOSITORY / "models" / "pair"})),
    ]
    assert len(set(keys)) == 4
    assert encoder_key(dlib.model_copy(update={"threads": 2})) == keys[0]


def test_the_products_own_eyes_and_encoder(tmp_path: Path) -> None:
    from accessctl.demo.people import collins
    from accessctl.encoder.choose import load_encoder
    from accessctl.vision.observer import Observer as Real

    folder = tmp_path / "photos"
    (folder / "collins").mkdir(parents=True)
    cv2.imwrite(str(folder / "collins" / "1.png"), collins()[:, :, ::-1])
    vision = VisionConfig(models=REPOSITORY / "models" / "cache" / "mediapipe")
    encoder = EncoderConfig(folder=REPOSITORY / "models" / "dlib", device="cpu")
    measuring = bench_for(vision, encoder, Subject.LARGEST, None, lambda names, total: names, 1)
    found = measuring.embed(FolderPhotos(folder), ("collins/1.png",))
    observer, loaded = Real(vision), load_encoder(encoder)
    face = observer.still(collins())[0]
    observer.close()
    crop = cut(collins(), face.landmarks, loaded.card.crop_geometry)
    np.testing.assert_allclose(found.embeddings[0], loaded.embed(crop[None])[0], atol=1e-6)


def some(start: int, stop: int) -> Probes:
    rows = np.arange(start, stop)
    return Probes(
        np.stack([rows, rows], axis=1).astype(np.float32), rows / 10.0, rows > 1, rows > 2
    )


def test_one_after_the_other() -> None:
    both, whole = some(0, 3).then(some(3, 5)), some(0, 5)
    assert len(both) == 5
    for column in ("embeddings", "quality", "found", "usable"):
        np.testing.assert_array_equal(getattr(both, column), getattr(whole, column))


def test_photos_of_nobody_are_as_wide_as_the_others() -> None:
    nobody = Probes(np.empty((2, 0), np.float32), np.ones(2), np.zeros(2, bool), np.zeros(2, bool))
    assert np.isnan(nobody.wide(2).embeddings).all()
    assert nobody.wide(2).embeddings.shape == (2, 2)
    faces = some(0, 3)
    assert faces.wide(7) is faces
