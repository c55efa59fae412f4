"""Find the main directions of FaceRes features over many faces: models/faceres/projection.npz.

`python -m accessctl.zoo.project_faceres MODELS FACES.zip` reads every picture of the
archive (faces on the 128x128 canvas), and needs the files of `accessctl models fetch --pair`.
What it writes is committed, because few have such faces. It gives the encoder a new
fingerprint: fetch again to rebuild it, join and calibrate again what it is a part of.
"""

import sys
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import cv2
import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures

from accessctl.domain import Image
from accessctl.encoder.base import unit
from accessctl.encoder.card import Card, load_card, update_card
from accessctl.zoo.faceres import Projection, feature_network, parse, save_projection
from accessctl.zoo.places import FaceresPlaces, fingerprint

DIRECTIONS = 128
BATCH = 32


def project(batches: Iterable[NDArray[np.float32]], directions: int) -> Projection:
    """Mean and first principal directions of the rows of all `batches` (n, F).

    Directions come in order of falling variance; the largest component of each is
    positive, so that the same rows give the same signs.
    """
    count = 0
    total: NDArray[np.float64] = np.zeros(())
    products: NDArray[np.float64] = np.zeros(())
    for batch in batches:
        rows = batch.astype(np.float64)
        count += len(rows)
        total = total + rows.sum(axis=0)
        products = products + rows.T @ rows
    mean = total / count
    _, vectors = np.linalg.eigh(products / count - np.outer(mean, mean))
    leading = vectors[:, ::-1][:, :directions]
    largest = leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])]
    return Projection(mean.astype(np.float32), (leading * np.sign(largest)).astype(np.float32))


def pictures(archive: Path, size: int) -> Iterator[Image]:
    """Every picture of the archive in order of name, RGB uint8, enlarged to `size`."""
    with zipfile.ZipFile(archive) as bundle:
        for name in sorted(bundle.namelist()):
            picture = np.asarray(Pictures.open(BytesIO(bundle.read(name))).convert("RGB"))
            yield cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def embedded(
    trunk: keras.Model, card: Card, faces: Iterable[Image]
) -> Iterator[NDArray[np.float32]]:
    """Unit features (n, F) of `faces`, a batch at a time."""
    batch: list[Image] = []
    for face in faces:
        batch.append(face)
        if len(batch) == BATCH:
            yield unit(trunk.predict_on_batch(card.normalise(np.stack(batch))))
            batch = []
    if batch:
        yield unit(trunk.predict_on_batch(card.normalise(np.stack(batch))))


def main(models: Path, archive: Path) -> None:
    places = FaceresPlaces(models)
    card = load_card(places.encoder)
    trunk = feature_network(parse(places.graph.read_bytes(), places.weights.read_bytes()))
    faces = pictures(archive, card.input.size)
    save_projection(places.projection, project(embedded(trunk, card, faces), DIRECTIONS))
    update_card(places.encoder, fingerprint=fingerprint(places))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
