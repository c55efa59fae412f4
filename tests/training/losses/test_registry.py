import numpy as np
import pytest
from keras import ops

from accessctl import extensions
from accessctl.errors import ExtensionError, InputError
from accessctl.training.losses import Loss
from accessctl.training.losses.registry import MAKERS, Context, loss_named

PEOPLE = np.array([0, 0, 1, 1], np.int32)


def context(person=PEOPLE, dimension=8, teacher=8):
    return Context(person, np.zeros(4, np.int32), dimension, teacher)


@pytest.mark.parametrize("name", MAKERS)
def test_every_loss_gives_one_finite_number(name):
    draw = np.random.default_rng(1)
    targets = {
        "person": PEOPLE,
        "family": np.zeros(4, np.int32),
        "noise": draw.random((4, 4)).astype("f"),
        "teacher": draw.standard_normal((4, 8)).astype("f"),
    }
    loss = loss_named(name, context())
    assert loss.name == name
    value = ops.convert_to_numpy(loss(draw.standard_normal((4, 8)).astype("f"), targets))
    assert value.shape == ()
    assert np.isfinite(value)
    assert value > 0


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="no loss called tripled; choose from triplet"):
        loss_named("tripled", context())


def test_a_teacher_must_be_there_and_fit():
    with pytest.raises(InputError, match="--teacher"):
        loss_named("relational", context(teacher=None))
    with pytest.raises(InputError, match="--outputs 5"):
        loss_named("regression", context(teacher=5))


def test_people_must_be_there():
    with pytest.raises(InputError, match="faces with names"):
        loss_named("arcface", context(person=np.full(4, -1, np.int32)))


class Shrinking(Loss):
    """The mean square of the embeddings, as somebody else might add it."""

    def call(self, embeddings, targets):
        return ops.mean(ops.square(embeddings))


@pytest.mark.usefixtures("nothing_added")
def test_a_loss_may_come_from_outside():
    asked = []

    def make(given):
        asked.append(given)
        return Shrinking(name="shrinking")

    extensions.register("losses", "shrinking", make)
    given = context()
    loss = loss_named("shrinking", given)
    assert asked == [given]
    value = ops.convert_to_numpy(loss(np.full((4, 8), 2, np.float32), {"person": PEOPLE}))
    assert value == pytest.approx(4)


@pytest.mark.usefixtures("nothing_added")
def test_a_loss_that_is_none_is_a_sentence():
    extensions.register("losses", "shrinking", lambda given: 3)
    with pytest.raises(ExtensionError, match="'shrinking' gives something that is no Loss"):
        loss_named("shrinking", context())
    extensions.register("losses", "shrinking", 3)
    with pytest.raises(ExtensionError, match="cannot be called with the run's context"):
        loss_named("shrinking", context())
    with pytest.raises(InputError, match=r"choose from triplet, .*pairwise, shrinking"):
        loss_named("tripled", context())


@pytest.mark.usefixtures("nothing_added")
def test_a_built_in_loss_is_not_replaced():
    extensions.register("losses", "triplet", lambda given: Shrinking(name="shrinking"))
    assert loss_named("triplet", context()).name == "triplet"
