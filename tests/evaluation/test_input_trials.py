import numpy as np
import pytest

from accessctl.encoder.base import FAKE_CARD, FakeEncoder
from accessctl.errors import SourceError
from accessctl.evaluation.data import PackRow
from accessctl.evaluation.input_trials import choose_pairs, separation, try_inputs


def test_separation_by_hand():
    # Cosines of the same person: 1 and 0.8; of strangers: 0.6 and 0.
    first, second = [[1, 0], [0, 1]], [[1, 0], [0.6, 0.8]]
    embeddings = np.float32([[a, b] for a, b in zip(first, second, strict=True)])
    # Means 0.9 and 0.3, variances 0.01 and 0.09.
    assert separation(embeddings) == pytest.approx(0.6 / np.sqrt(0.05), rel=1e-5)


def test_pairs_are_two_photos_of_each_of_as_many_people():
    rows = [PackRow(f"{n}", "set", f"person {n % 120}", 1.0) for n in range(300)]
    rows += [PackRow(f"x{n}", "set", "", 1.0) for n in range(50)]
    rows += [PackRow(f"y{n}", "set", f"once {n}", 1.0) for n in range(50)]
    chosen = choose_pairs(rows, np.random.default_rng(0))
    assert len(chosen) == len({row.file for row in chosen}) == 200
    people = [row.identity for row in chosen]
    assert people[::2] == people[1::2]
    assert len(set(people)) == 100
    assert all(person.startswith("person") for person in people)


def test_too_few_people_are_said():
    rows = [PackRow(f"{n}", "set", f"{n % 99}", 1.0) for n in range(300)]
    with pytest.raises(SourceError, match="99"):
        choose_pairs(rows, np.random.default_rng(0))


def test_the_input_that_tells_people_apart_comes_first():
    """Each person has a colour; an input that is nearly blind to colours must lose."""
    random = np.random.default_rng(0)
    colours = np.repeat(random.integers(40, 215, (30, 3)), 2, axis=0)
    noise = random.integers(-20, 20, (60, 1, 1, 3))
    canvases = list((colours[:, None, None] + noise + np.zeros((1, 128, 128, 1))).astype(np.uint8))

    def load(name):
        scale = {"seeing": 1 / 128, "blind": 1e-6}[name]
        given = FAKE_CARD.input.model_copy(update={"scale": scale})
        return FakeEncoder(FAKE_CARD.model_copy(update={"input": given}))

    found = try_inputs(canvases, ["blind", "seeing"], load)
    assert list(found) == ["seeing", "blind"]
    assert found["seeing"] > found["blind"] + 0.5
