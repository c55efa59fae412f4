import shutil

import numpy as np
import pytest

from accessctl.encoder.base import unit
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import LiteRtEncoder
from accessctl.zoo.build_mobilefacenet import main
from accessctl.zoo.golden import read_golden
from accessctl.zoo.mobilefacenet import MobileFaceNetPlaces


@pytest.fixture
def places(models):
    places = MobileFaceNetPlaces(models)
    if not places.float16.exists():
        pytest.skip("needs `accessctl models fetch --mobilefacenet`")
    return places


@pytest.fixture
def copied(models, tmp_path):
    """The encoder's folder by itself, without what is fetched."""
    places = MobileFaceNetPlaces(tmp_path)
    places.cache.mkdir(parents=True)
    shutil.copytree(MobileFaceNetPlaces(models).encoder, places.encoder)
    return places


def test_known_faces_get_what_the_original_gives_them(places):
    chips, embeddings = read_golden(places.golden, "embeddings")
    found = LiteRtEncoder(load_card(places.encoder), "float16").embed(chips)
    assert (found * unit(embeddings)).sum(axis=1).min() > 0.9999
    assert abs(found[0] @ found[1]) < 0.3


def test_an_original_that_gives_others_is_refused_and_nothing_written(places, copied, capsys):
    shutil.copy(places.weights, copied.weights)
    chips, embeddings = read_golden(places.golden, "embeddings")
    others = embeddings.copy()
    # A hundredth of the second one's length, on one of its numbers.
    others[1, 7] += 0.01 * np.linalg.norm(others[1])
    np.savez_compressed(copied.golden, chips=chips, embeddings=others)
    assert main(copied.models) == 1
    assert "differs from the original by 0.0" in capsys.readouterr().out
    assert [path.name for path in copied.cache.iterdir()] == [copied.weights.name]


def test_other_weights_are_one_line_and_status_1(copied, capsys):
    copied.weights.write_bytes(b"other")
    assert main(copied.models) == 1
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "is not what the card" in said
