import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from sklearn.decomposition import PCA

from accessctl.encoder.card import load_card
from accessctl.zoo.project_faceres import embedded, pictures, project


def test_mean_and_directions_are_those_of_all_rows_together():
    random = np.random.default_rng(0)
    rows = random.standard_normal((500, 8)) * np.arange(8, 0, -1) + np.arange(8)
    found = project(np.array_split(rows, 7), 3)
    expected = PCA(3).fit(rows)
    np.testing.assert_allclose(found.mean, rows.mean(axis=0), atol=1e-5)
    cosines = (found.components.T * expected.components_).sum(axis=1)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-5)
    # The sign is fixed: each direction's largest component is positive.
    largest = np.abs(found.components).argmax(axis=0)
    assert (found.components[largest, range(3)] > 0).all()


@pytest.fixture
def archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as bundle:
        for number in (2, 0, 1):
            stream = io.BytesIO()
            Image.new("RGB", (8, 8), (number * 100, 0, 0)).save(stream, "PNG")
            bundle.writestr(f"{number}.png", stream.getvalue())
    return tmp_path / "faces.zip"


def test_pictures_come_enlarged_and_in_order(archive):
    found = list(pictures(archive, 16))
    assert [picture.shape for picture in found] == [(16, 16, 3)] * 3
    assert [int(picture[5, 5, 0]) for picture in found] == [0, 100, 200]


class Corner:
    """Stands for the network: the colours of a picture's first pixel."""

    def predict_on_batch(self, crops):
        return crops[:, 0, 0]


def test_features_are_those_of_each_picture_in_order(models):
    card = load_card(models / "faceres")
    faces = [np.full((224, 224, 3), value, np.uint8) for value in range(70)]
    found = np.concatenate(list(embedded(Corner(), card, faces)))
    raw = np.arange(70)[:, None] - [103.94, 116.78, 123.68]
    np.testing.assert_allclose(found, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-6)
