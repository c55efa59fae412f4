import io
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.training.model import Pace, ProgressLine, learning_rate, line


@pytest.mark.parametrize(
    ("progress", "rate"),
    [(0, 0.01), (0.05, 0.5), (0.1, 1.0), (0.55, 0.505), (1.0, 0.01)],
)
def test_by_hand(progress, rate):
    found = learning_rate(3.0, progress, warmup=0.1, floor=0.01)
    assert found == pytest.approx(3 * rate)


@given(st.floats(0, 2), st.floats(0.001, 0.5))
def test_between_floor_and_peak(progress, warmup):
    assert 0.01 <= learning_rate(1.0, progress, warmup=warmup) <= 1.0 + 1e-12


def test_line_by_hand():
    text = line({"loss": 0.5, "triplet": 0.25}, 23.46, 725.9)
    assert text == "loss 0.5000 · triplet 0.2500 · 23.5 images/s · 12:06 left"


def test_time_left_unknown():
    assert line({}, 1.0, float("nan")).endswith("0:00 left")


def test_the_rate_follows_the_budget_and_the_budget_ends_the_fit():
    pace = Pace(2.0, lambda steps: steps / 4)
    model = SimpleNamespace(optimizer=SimpleNamespace(learning_rate=None), stop_training=False)
    pace.set_model(model)
    for batch in range(4):
        assert not model.stop_training
        pace.on_train_batch_begin(batch)
        assert model.optimizer.learning_rate == learning_rate(2.0, batch / 4)
        pace.on_train_batch_end(batch)
    assert model.stop_training
    assert pace.steps == 4


def test_progress_is_told_once_a_while():
    times = iter([0.0, 30.0, 60.0, 90.0, 120.0])
    stream = io.StringIO()
    told = ProgressLine(10, lambda steps: 0.2 + steps / 10, lambda: next(times), stream, every=60)
    told.on_train_begin()
    for batch in range(4):
        told.on_train_batch_end(batch, {"loss": 1.0})
    # After 60 s: 2 steps of 10 images, a fifth of the budget in a minute, three fifths left.
    first, second = stream.getvalue().splitlines()
    assert first == "loss 1.0000 · 0.3 images/s · 3:00 left"
    assert second.endswith("2:00 left")
