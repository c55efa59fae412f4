import subprocess
import sys

import numpy as np
import pytest

from accessctl.demo.people import (
    COLLINS,
    HOPPER,
    MARGIN,
    SIZES,
    Cutout,
    Figure,
    collins,
    cutouts,
    demo_enrolment_photo,
    hopper,
    photograph,
    turned,
)
from accessctl.domain import Image
from accessctl.errors import CameraError


def test_both_photographs_are_there_in_rgb() -> None:
    assert hopper().shape == (600, 512, 3)
    astronaut = collins()
    assert astronaut.shape == (512, 512, 3)
    red, _, blue = astronaut[300:340, 80:130].reshape(-1, 3).mean(axis=0)
    assert red > 2 * blue, "her suit is orange"


def test_the_enrolment_photo_is_untouched() -> None:
    photo = demo_enrolment_photo()
    assert photo.shape == (400, 410, 3)
    assert np.array_equal(photo, collins()[0:400, 20:430])


def test_a_missing_photograph_is_said() -> None:
    with pytest.raises(CameraError, match=r"The demo needs .*b\.png, which comes with accessctl;"):
        photograph("b.png")


def test_the_heavy_libraries_are_not_imported() -> None:
    code = (
        "import sys; from accessctl.demo.scene import scene; scene(9.0);"
        "sys.exit(bool({'matplotlib', 'skimage', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("figure", "photo"),
    [(HOPPER, hopper()), (COLLINS, collins())],
    ids=["Hopper", "Collins"],
)
def test_a_figure_lies_in_its_photograph(figure: Figure, photo: Image) -> None:
    height, width = photo.shape[:2]
    assert all(0 <= x < width and 0 <= y < height for x, y in figure.outline)
    centre_x, centre_y, half_w, half_h = figure.head
    assert abs(figure.eyes[0] - centre_x) < half_w / 2
    assert abs(figure.eyes[1] - centre_y) < half_h / 2
    assert figure.face_px < 2 * half_w
    assert figure.height > height


# A grey photograph with a white "nose" in the middle of a square head.
FIGURE = Figure(
    face_px=60,
    eyes=(50, 40),
    head=(50, 50, 40, 40),
    outline=((10, 10), (90, 10), (90, 119), (10, 119)),
    clothes=(((0, 200, 0), ((10, 90), (90, 90), (90, 199), (10, 199))),),
    height=200,
)


@pytest.fixture(scope="module")
def sizes() -> tuple[Cutout, ...]:
    photo = np.full((120, 100, 3), 100, np.uint8)
    photo[46:54, 48:52] = 255
    return cutouts(photo, FIGURE)


def test_every_size_is_there(sizes: tuple[Cutout, ...]) -> None:
    assert tuple(one.size for one in sizes) == SIZES == (240, 120, 60)
    smallest = sizes[-1]
    assert smallest.sprite.shape == (200, 100 + 2 * MARGIN, 4)
    assert smallest.eyes == (50 + MARGIN, 40)
    assert sizes[0].eyes == (4 * (50 + MARGIN), 160)


def test_inside_it_is_the_photograph_outside_nothing(sizes: tuple[Cutout, ...]) -> None:
    sprite = sizes[-1].sprite
    assert sprite[30, 50 + MARGIN].tolist() == [100, 100, 100, 255]
    assert sprite[30, 2].tolist() == [0, 0, 0, 0]


def test_below_the_photograph_it_is_clothes(sizes: tuple[Cutout, ...]) -> None:
    red, green, blue, alpha = sizes[-1].sprite[170, 50 + MARGIN].tolist()
    assert alpha == 255
    assert green > 100
    assert red == blue == 0


def test_colours_are_multiplied_by_alpha(sizes: tuple[Cutout, ...]) -> None:
    for one in sizes:
        edge = one.sprite[round(0.2 * one.sprite.shape[0]), :, :]
        assert (edge[:, 0].astype(int) <= edge[:, 3].astype(int) + 3).all()


def nose(sprite: np.ndarray) -> float:
    """Column of the white spot, weighted by how white it is."""
    row = sprite[50, :, 0].astype(float)
    weight = np.clip(row - 130, 0, None)
    return float((weight * np.arange(row.size)).sum() / weight.sum())


@pytest.mark.parametrize("yaw", [-20.0, 12.0, 20.0])
def test_the_nose_moves_as_the_rotation_says(sizes: tuple[Cutout, ...], yaw: float) -> None:
    one = sizes[-1]
    straight, moved = nose(one.sprite), nose(turned(one, yaw, 200))
    # The nose stands 0.8 x 40 px out; x' = x + z sin(yaw).
    assert moved - straight == pytest.approx(32 * np.sin(np.radians(yaw)), abs=1.0)


def test_what_lies_back_stays(sizes: tuple[Cutout, ...]) -> None:
    one = sizes[-1]
    after = turned(one, 20, 200)
    x0, y0, x1, y1 = one.head
    assert np.array_equal(after[:, :x0], one.sprite[:, :x0])
    assert np.array_equal(after[:, x1:], one.sprite[:, x1:])
    assert np.array_equal(after[y1:], one.sprite[y1:])
    assert np.array_equal(after[y0, x0:x1], one.sprite[y0, x0:x1])


def test_straight_ahead_nothing_is_copied(sizes: tuple[Cutout, ...]) -> None:
    assert np.shares_memory(turned(sizes[0], 0.0, 100), sizes[0].sprite)
