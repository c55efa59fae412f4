import numpy as np
import pytest

from accessctl.training.spoof.network import LIVING_CLASS, WIDTHS, answering, build_network


def test_its_outputs_are_what_is_asked_of_it() -> None:
    network = build_network((4, 6), reaches=2)
    assert network.input_shape == (None, 80, 80, 6)
    assert {name: output.shape for name, output in network.output.items()} == {
        "living": (None, 1),
        "says": (None, 2, 3),
        "holds": (None, 2, 128),
    }


def test_it_answers_with_the_mean_of_what_the_teachers_would_say_of_every_cut() -> None:
    network = build_network((4, 6), reaches=3)
    exported = answering(network)
    assert exported.output_shape == (None, 3)
    crops = np.random.default_rng(0).random((1, 80, 80, 9), np.float32)
    powers = np.exp(np.asarray(network(crops, training=False)["says"])[0])
    wanted = (powers / powers.sum(axis=1, keepdims=True)).mean(axis=0)
    (answer,) = np.asarray(exported(crops, training=False))
    np.testing.assert_allclose(answer, wanted, atol=1e-6)
    assert answer.sum() == pytest.approx(1, abs=1e-5)
    for cut in range(3):
        changed = crops.copy()
        changed[..., 3 * cut : 3 * cut + 3] = 0
        (other,) = np.asarray(exported(changed, training=False))
        assert other[LIVING_CLASS] != answer[LIVING_CLASS]


def test_the_shipped_size_fits_the_limit() -> None:
    # Two bytes a weight; the exported file may have two megabytes.
    assert 2 * answering(build_network(WIDTHS)).count_params() < 2_000_000
