import numpy as np
import pytest


@pytest.fixture
def gradient():
    """The gradient of a loss by its embeddings, from TensorFlow."""
    import tensorflow as tf

    def of(loss, embeddings, targets):
        variable = tf.Variable(np.asarray(embeddings, np.float32))
        with tf.GradientTape() as tape:
            value = loss(variable, targets)
        return tape.gradient(value, variable).numpy()

    return of


@pytest.fixture
def angles():
    """Unit vectors in the plane at these angles, in degrees."""

    def of(*degrees):
        radians = np.radians(degrees)
        return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)

    return of
