"""The canvas that the crops of all parts are cut from."""

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accessctl.domain import CropGeometry
from accessctl.encoder.joint import CanvasWindow, canvas_over, covers, pixel_width

# Eyes at 40 and 60: the face's axis lies at 50.
CANVAS_TEMPLATE = ((40.0, 40.0), (60.0, 40.0), (50.0, 60.0), (42.0, 75.0), (58.0, 75.0))


def crop(region, size):
    return CropGeometry(CANVAS_TEMPLATE, region, size)


def test_a_pixel_is_as_wide_as_its_share_of_the_region():
    assert pixel_width(crop((10, 20, 60, 70), 100)) == 0.5


def test_the_canvas_continues_the_finest_grid_by_hand():
    fine = crop((30, 30, 70, 70), 80)  # half a unit a pixel
    coarse = crop((19.8, 10.1, 69.8, 60.1), 50)  # a unit a pixel
    canvas = canvas_over([coarse, fine])
    # Half width 50 - 19.8 = 30.2: from 19.8 on the grid 30 - 0.5 n that is 19.5; from the top
    # 10.1 it is 10.0. To 50 + 30.2 = 80.2 it takes 121.4, so 122 pixels, 61 units.
    assert canvas == crop((19.5, 10.0, 80.5, 71.0), 122)


def test_one_part_centred_on_the_face_is_its_own_canvas():
    part = crop((30, 20, 70, 60), 40)
    assert canvas_over([part, part]) == part


def test_a_canvas_that_is_taller_than_wide_is_centred_on_the_face_all_the_same():
    # Together 40 wide and 60 tall: the 20 units left over go to both sides, 20 to 80.
    upper, lower = crop((30, 20, 70, 60), 40), crop((30, 40, 70, 80), 40)
    assert canvas_over([upper, lower]) == crop((20, 20, 80, 80), 60)


sides = st.floats(5, 60).map(lambda value: round(value, 4))
corners = st.floats(-10, 80).map(lambda value: round(value, 4))
crops = st.builds(
    lambda x, y, side, size: crop((x, y, x + side, y + side), size),
    corners,
    corners,
    sides,
    st.integers(16, 256),
)


@given(st.lists(crops, min_size=2, max_size=4))
def test_the_canvas_covers_every_part_and_the_mirrored_ones(parts):
    canvas = canvas_over(parts)
    assume(canvas.size < 5000)
    left, _, right, _ = canvas.region
    step = pixel_width(canvas)
    assert step == pytest.approx(min(map(pixel_width, parts)), rel=1e-3)
    # The mirror image of the canvas is that of the mirrored face.
    assert abs((left + right) / 2 - 50) <= step
    for part in parts:
        assert covers(canvas, part)
        x0, _, x1, _ = part.region
        assert left - 0.01 <= 100 - x1
        assert 100 - x0 <= right + 0.01
    # Nothing is much wider than it must be: less than two pixels in the wider direction.
    reach = 2 * max(max(50 - p.region[0], p.region[2] - 50) for p in parts)
    height = max(p.region[3] for p in parts) - min(p.region[1] for p in parts)
    assert right - left <= max(reach, height) + 2 * step + 0.01


def test_the_finest_part_is_cut_out_pixel_for_pixel():
    fine, coarse = crop((30, 30, 70, 70), 80), crop((19.8, 10.1, 69.8, 60.1), 50)
    canvas = canvas_over([fine, coarse])
    canvases = np.random.default_rng(0).integers(0, 256, (2, 122, 122, 3), np.uint8)
    # 30 lies (30 - 19.5) / 0.5 = 21 pixels from the left and 40 from the top.
    cut = CanvasWindow(canvas, fine).cut(canvases)
    np.testing.assert_array_equal(cut, canvases[:, 40:120, 21:101])


def test_a_coarser_part_is_sampled_where_its_pixels_lie():
    canvas = crop((20, 10, 80, 70), 120)
    part = crop((25, 20.1, 75, 70.1), 75)
    across, down = np.meshgrid(np.arange(120.0), np.arange(120.0))
    ramp = np.stack([across, down, np.full_like(down, 7)], axis=-1).astype(np.uint8)[None]
    found = CanvasWindow(canvas, part).cut(ramp)[0].astype(float)
    # Pixel i lies at 25 + i * 50 / 75, that is pixel (5 + i * 2 / 3) / 0.5 of the canvas.
    place = (np.arange(75) * 2 / 3) / 0.5
    np.testing.assert_allclose(found[0, :, 0], 10 + place, atol=0.6)
    np.testing.assert_allclose(found[:, 0, 1], np.minimum(20.2 + place, 119), atol=0.6)
    assert (found[..., 2] == 7).all()


def test_shrinking_averages_instead_of_skipping():
    canvas = crop((0, 0, 128, 128), 256)
    part = crop((0, 0, 128, 128), 64)
    stripes = np.zeros((1, 256, 256, 3), np.uint8)
    stripes[:, :, ::2] = 200
    found = CanvasWindow(canvas, part).cut(stripes)[0, 4:-4, 4:-4]
    np.testing.assert_allclose(found, 100, atol=1)


def test_beyond_the_canvas_its_edge_is_repeated():
    canvas, part = crop((0, 0, 64, 64), 64), crop((-16, 0, 48, 64), 64)
    canvases = np.zeros((1, 64, 64, 3), np.uint8)
    canvases[:, :, 0] = 9
    found = CanvasWindow(canvas, part).cut(canvases)
    assert (found[:, :, :17] == 9).all()
    assert (found[:, :, 17:] == 0).all()
    assert not covers(canvas, part)


def test_a_mirrored_canvas_is_that_of_the_mirrored_face():
    parts = [crop((30, 30, 66, 66), 72), crop((20, 20, 70, 70), 50)]
    canvas = canvas_over(parts)
    step = pixel_width(canvas)
    # Where the axis x = 50 falls, counted in pixels from either side.
    before = (50 - canvas.region[0]) / step
    assert abs(before - (canvas.size - 1 - before)) <= 1.5
    dot = np.zeros((1, canvas.size, canvas.size, 3), np.uint8)
    cv2.circle(dot[0], (round(before), 40), 3, (255, 255, 255), -1)
    one = CanvasWindow(canvas, parts[0]).cut(dot)
    other = CanvasWindow(canvas, parts[0]).cut(dot[:, :, ::-1])
    columns = [np.flatnonzero(seen[0].max(axis=(0, 2))).mean() for seen in (one, other)]
    assert abs(columns[0] - columns[1]) <= 2
