import shutil

import numpy as np
import pytest

from accessctl.encoder.base import unit
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import LiteRtEncoder
from accessctl.evaluation.data import cut_canvas, open_canvases, read_canvas, read_rows
from accessctl.zoo.build_faceres import main
from accessctl.zoo.faceres import FaceresPlaces, fingerprint
from accessctl.zoo.faceres_network import FEATURES, load_projection
from accessctl.zoo.golden import read_golden


@pytest.fixture
def places(models):
    places = FaceresPlaces(models)
    if not places.float16.exists():
        pytest.skip("needs `accessctl models fetch --pair`")
    return places


def test_the_card_is_that_of_the_fetched_weights(places):
    assert fingerprint(places) == load_card(places.encoder).fingerprint


def test_known_faces_get_what_tensorflow_js_gives_them(places):
    chips, features = read_golden(places.golden, "features")
    projection = load_projection(places.projection, FEATURES)
    expected = unit((unit(features) - projection.mean) @ projection.components)
    found = LiteRtEncoder(load_card(places.encoder), "float16").embed(chips)
    assert (found * expected).sum(axis=1).min() > 0.9999
    assert abs(found[0] @ found[1]) < 0.3


def test_the_projection_is_orthonormal(models):
    components = load_projection(FaceresPlaces(models).projection, FEATURES).components
    np.testing.assert_allclose(components.T @ components, np.eye(128), atol=2e-3)


def test_a_failure_is_one_line_and_status_1(models, tmp_path, capsys):
    places = FaceresPlaces(tmp_path)
    places.cache.mkdir(parents=True)
    for path in (places.graph, places.weights):
        path.write_bytes(b"other")
    shutil.copytree(FaceresPlaces(models).encoder, places.encoder)
    assert main(tmp_path) == 1
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "is not what the card" in said


@pytest.mark.shared_data
def test_faces_get_what_the_second_teacher_gives_them(places, models):
    """The teacher's directions are ours, turned: principal ones of another computation."""
    folder = models.parent.parent / "shared/data/train"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/train")
    card = load_card(places.encoder)
    chosen = np.random.default_rng(0).choice(60_000, 300, replace=False)
    rows = read_rows(folder)
    names = [rows[index].file for index in chosen]
    with open_canvases(folder) as archive:
        crops = np.stack([cut_canvas(read_canvas(archive, n), card.crop_geometry) for n in names])
    found = LiteRtEncoder(card, "float16").embed(crops)
    teacher = unit(np.load(folder / "teacher_b.npy", mmap_mode="r")[chosen].astype(np.float32))
    # Orthogonal Procrustes (Schoenemann 1966) on one half, judged on the other.
    left, _, right = np.linalg.svd(found[:150].T @ teacher[:150])
    cosines = ((found[150:] @ (left @ right)) * teacher[150:]).sum(axis=1)
    assert cosines.min() >= 0.999
    strangers = np.triu_indices(300, 1)
    difference = (found @ found.T - teacher @ teacher.T)[strangers]
    assert np.abs(difference).max() < 0.02
