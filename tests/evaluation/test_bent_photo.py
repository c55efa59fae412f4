import numpy as np
import pytest

from accessctl.demo.sheet import Sheet
from accessctl.domain import Image
from accessctl.evaluation.bent_photo import bend, bent_photo
from accessctl.evaluation.moved_photo import Hand

STILL = Hand(shift=0, closer=0, yaw=0, pitch=0, roll=0)


def lined(*columns: int) -> Image:
    """A grey photo, 200 wide and 100 high, with a white line two pixels wide at each column."""
    photo = np.full((100, 200, 3), 60, np.uint8)
    for column in columns:
        photo[:, column - 1 : column + 1] = 255
    return photo


def line(picture: Image) -> float:
    weights = np.clip(picture[picture.shape[0] // 2, :, 0].astype(float) - 100, 0, None)
    return float((weights * np.arange(len(weights))).sum() / weights.sum())


def test_a_wide_bend_is_nearly_flat() -> None:
    photo = np.random.default_rng(1).integers(0, 256, (100, 200, 3)).astype(np.uint8)
    relief = bend(photo, (100, 50), 1e6)
    assert np.abs(relief.photo.astype(int) - photo).max() <= 3
    assert relief.rise.max() == pytest.approx(100**2 / 2e6, abs=0.07)
    assert (relief.mask == 255).all()


def test_an_arc_shows_as_its_sine_and_stands_out_as_its_cosine() -> None:
    relief = bend(lined(160), (100, 50), 100)
    # 60 pixels along the sheet are 0.6 radians: 56.5 pixels aside.
    assert line(relief.photo) == pytest.approx(100 + 100 * np.sin(0.6) - 0.5, abs=0.5)
    assert relief.rise[50, 100] - relief.rise[50, 156] == pytest.approx(
        100 * (1 - np.sqrt(1 - 0.56**2)), abs=1e-3
    )
    assert (relief.rise == relief.rise[0]).all()


def test_what_lies_round_the_corner_is_not_seen() -> None:
    relief = bend(lined(100), (100, 50), 50)
    # 0.95 of the radius to either side; the sheet is long enough for it: 50 * asin(0.95) = 62.7.
    assert list(np.flatnonzero(relief.mask[0])[[0, -1]]) == [53, 147]
    assert relief.rise.min() == 0


def test_the_nearest_line_goes_with_the_turn() -> None:
    wall = np.full((240, 320, 3), 10, np.uint8)

    def shown(yaw: float) -> float:
        (frame,) = bent_photo(
            lined(100),
            (100, 50),
            100,
            wall,
            Sheet(160, 120, 200, yaw=yaw),
            STILL,
            frames=1,
            fps=10,
            seed=1,
            blur=0,
            noise=0,
        )
        return line(frame.image)

    # 100 pixels along the sheet are 1 radian: it stands out by R (1 - cos 1) = 46.0 over the
    # edges, and goes by the sine of the turn.
    out = float(bend(lined(100), (100, 50), 100).rise.max())
    assert out == pytest.approx(46.0, abs=1.0)
    assert shown(15) - shown(0) == pytest.approx(out * np.sin(np.radians(15)), abs=1)
    assert (wall == 10).all()
