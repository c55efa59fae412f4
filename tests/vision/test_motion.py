import numpy as np
import pytest

from accessctl.domain import Image
from accessctl.vision.motion import GRID, MotionGate, cells

FPS = 15


def room(seed: int = 1, width: int = 1280, height: int = 720) -> Image:
    """Large soft shapes of every grey, as a room has."""
    blocks = np.random.default_rng(seed).integers(40, 200, (9, 16), dtype=np.uint8)
    grey = blocks.repeat(height // 9, axis=0).repeat(width // 16, axis=1)
    return np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2))


def noisy(picture: Image, deviation: float, rng: np.random.Generator) -> Image:
    grain = rng.normal(0, deviation, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def shares(gate: MotionGate, pictures: list[Image], start: float = 0.0) -> list[float]:
    return [float(gate.changed(p, start + i / FPS).mean()) for i, p in enumerate(pictures)]


def test_everything_is_new_in_the_first_frame_and_nothing_in_the_next():
    assert shares(MotionGate(), [room()] * 3) == [1, 0, 0]


@pytest.mark.parametrize("deviation", [2, 6, 10])
def test_noise_is_no_motion(deviation: float):
    rng = np.random.default_rng(3)
    seen = shares(MotionGate(), [noisy(room(), deviation, rng) for _ in range(30)])
    assert max(seen[1:]) < 0.0002


def test_a_patch_the_size_of_the_smallest_face_is_seen_at_once_where_it_is():
    rng = np.random.default_rng(4)
    gate = MotionGate()
    shares(gate, [noisy(room(), 3, rng) for _ in range(10)])
    visited = room()
    visited[400:460, 800:850] = visited[400:460, 800:850] // 2 + 100
    changed = gate.changed(noisy(visited, 3, rng), 10 / FPS)
    rows, columns = np.nonzero(changed)
    assert len(rows) >= 20
    # Cells are 8 pixels wide, and blurred over one neighbour on each side.
    assert rows.min() * 8 >= 400 - 16
    assert rows.max() * 8 <= 460 + 16
    assert columns.min() * 8 >= 800 - 16
    assert columns.max() * 8 <= 850 + 16


def test_what_came_and_stays_is_a_change_for_seconds_and_then_background():
    gate = MotionGate()
    shares(gate, [room()] * 10)
    visited = room()
    visited[300:400, 300:400] += 40
    seen = shares(gate, [visited] * 300, start=10 / FPS)
    # 40 grey levels fall below 2.5 after 4 s * ln(16), 11 s.
    assert all(seen[: 10 * FPS])
    assert not any(seen[13 * FPS :])


@pytest.mark.parametrize("factor", [0.7, 1.2])
def test_a_light_that_is_switched_changes_most_of_the_picture(factor: float):
    gate = MotionGate()
    shares(gate, [room()] * 10)
    (share,) = shares(gate, [(room() * factor).astype(np.uint8)], start=1)
    assert share > 0.9


def test_dusk_is_no_motion():
    gate = MotionGate()
    # A tenth of the light goes in ten minutes.
    pictures = [(room() * (1 - 0.1 * s / 600)).astype(np.uint8) for s in range(60)]
    assert not any([gate.changed(p, s).any() for s, p in enumerate(pictures)][1:])


def test_another_size_starts_anew():
    gate = MotionGate()
    shares(gate, [room()] * 3)
    assert shares(gate, [room(width=960)] * 2, start=1) == [1, 0]


def test_time_that_stands_still_or_goes_back_is_no_error():
    gate = MotionGate()
    assert [gate.changed(room(), now).any() for now in (5.0, 5.0, 3.0)] == [True, False, False]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((720, 1280), (90, 160)),
        ((1280, 720), (160, 90)),
        ((1, 1), (1, 1)),
        ((3, 900), (1, 150)),
        ((1080, 1920), (90, 160)),
    ],
)
def test_cells_cover_frames_of_any_shape(shape: tuple[int, int], expected: tuple[int, int]):
    found = cells(np.full((*shape, 3), 77, np.uint8))
    assert found.shape == expected
    assert max(found.shape) <= GRID
    assert found.dtype == np.float32
    assert np.all(found == 77)
