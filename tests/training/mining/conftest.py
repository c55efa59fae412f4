import numpy as np
import pytest

from accessctl.training.mining.distances import root


@pytest.fixture
def gradient_of_root():
    import tensorflow as tf

    def of(values):
        variable = tf.Variable(np.array(values, np.float32))
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(root(variable))
        return tape.gradient(total, variable).numpy()

    return of
