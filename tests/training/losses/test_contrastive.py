import numpy as np
import pytest

from accessctl.training.losses.contrastive import Contrastive

PERSON = {"person": np.array([0, 0, 1], np.int32)}


def test_by_hand(angles):
    # Same: 60 degrees apart, D = 1, so 1/2. Different: 30 and 90 degrees from the third, at
    # D = 2 sin 15 = 0.5176 and 2 sin 45 = 1.4142; margin 1: (1 - 0.5176)^2 / 2 and 0.
    near = 2 * np.sin(np.radians(15))
    expected = 0.5 + ((1 - near) ** 2 / 2 + 0) / 2
    assert float(Contrastive(1.0)(angles(0, 60, 90), PERSON)) == pytest.approx(expected, abs=1e-6)


def test_nothing_to_learn_beyond_the_margin(angles):
    assert float(Contrastive(1.0)(angles(20, 20, 120), PERSON)) == pytest.approx(0, abs=1e-6)


def test_gradient_by_differences(angles, gradient):
    embeddings = 1.5 * angles(0, 50, 80)
    loss = Contrastive(1.0)
    slopes = gradient(loss, embeddings, PERSON)
    for at in np.ndindex(embeddings.shape):
        step = np.zeros_like(embeddings)
        step[at] = 1e-2
        change = float(loss(embeddings + step, PERSON)) - float(loss(embeddings - step, PERSON))
        assert slopes[at] == pytest.approx(change / 2e-2, abs=2e-3)


def test_gradient_where_two_people_coincide_is_finite(angles, gradient):
    assert np.isfinite(gradient(Contrastive(1.0), angles(10, 10, 10), PERSON)).all()
