import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from accessctl.domain import Box
from accessctl.vision.detection import (
    FULL_RANGE,
    SAME_FACE,
    SHORT_RANGE,
    SMALLEST,
    Detection,
    Network,
    anchors,
    are_boxes,
    decode,
    detection,
    found,
    halved,
    letterboxed,
    merged,
    overlaps,
    padding,
    sigmoid,
    whole,
)


def test_a_detection_moves_and_grows_with_its_keypoints():
    detection = Detection(Box(10, 20, 30, 40), 0.5, np.full((6, 2), (15, 25), np.float32))
    changed = detection.shifted(5, -10).scaled(2)
    assert changed.box == Box(30, 20, 60, 80)
    assert changed.keypoints.tolist() == [[40, 30]] * 6
    assert changed.score == 0.5


def test_a_large_picture_is_averaged_down_and_a_small_one_left_alone():
    picture = np.zeros((4, 8, 3), np.uint8)
    picture[:, 1::2] = 100
    assert halved(picture, 8)[0] is picture
    large = np.repeat(np.repeat(picture, 100, axis=0), 100, axis=1)
    small, factor = halved(large, 120)
    assert (small.shape, factor) == ((100, 200, 3), 4)
    # Columns of 100 pixels, black and grey by turns, are 25 wide now.
    assert small[50, [10, 40, 60, 90]].tolist() == [[0] * 3, [100] * 3, [0] * 3, [100] * 3]


@settings(deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from([128, 192]))
def test_what_is_left_is_less_than_twice_enough_or_too_low_to_halve(width, height, enough):
    small, factor = halved(np.zeros((height, width, 3), np.uint8), enough)
    assert small.shape[:2] == (height // factor, width // factor)
    assert max(small.shape[:2]) < 2 * enough or min(small.shape[:2]) < 2 * SMALLEST
    assert factor == 1 or (max(small.shape[:2]) >= enough and min(small.shape[:2]) >= SMALLEST)


@pytest.mark.parametrize(("side", "factor"), [(255, 1), (256, 2), (511, 2), (512, 4)])
def test_it_is_halved_as_often_as_enough_is_left(side, factor):
    assert halved(np.zeros((side, side, 3), np.uint8), 128)[1] == factor


sides = st.integers(8, 400)


def row_of(left, top, right, bottom, points=0.5):
    return np.array([left, top, right, bottom, *[points] * 12], np.float32)


def shares(least, most):
    return st.floats(least, most, width=32, allow_subnormal=False)


@st.composite
def faces(draw):
    """Rows (N, 16) of proper boxes, and their scores."""
    count = draw(st.integers(1, 12))
    places = draw(arrays(np.float32, (count, 2), elements=shares(0, 0.75)))
    sizes = draw(arrays(np.float32, (count, 2), elements=shares(0.0625, 0.5)))
    points = draw(arrays(np.float32, (count, 12), elements=shares(0, 1)))
    scores = draw(arrays(np.float32, count, elements=shares(0.0625, 1)))
    return np.concatenate([places, places + sizes, points], axis=1), scores


def test_the_anchors_are_two_a_layer_and_cell_where_scales_are_interpolated_else_one():
    short, full = anchors(SHORT_RANGE), anchors(FULL_RANGE)
    # 16 x 16 cells of one layer, and 8 x 8 of the three that share their stride; 48 x 48.
    assert short.shape == (16 * 16 * 2 + 8 * 8 * 6, 2)
    assert full.shape == (48 * 48, 2)
    assert short.dtype == full.dtype == np.float32


def test_the_anchors_are_the_middles_of_cells_row_by_row():
    short, full = anchors(SHORT_RANGE), anchors(FULL_RANGE)
    assert short[:4].tolist() == [[1 / 32, 1 / 32]] * 2 + [[3 / 32, 1 / 32]] * 2
    assert short[32].tolist() == [1 / 32, 3 / 32]
    assert short[511].tolist() == [31 / 32, 31 / 32]
    assert short[512:518].tolist() == [[1 / 16, 1 / 16]] * 6
    assert short[-1].tolist() == [15 / 16, 15 / 16]
    assert full[[0, 1, 48]] * 96 == pytest.approx(np.array([[1, 1], [3, 1], [1, 3]]))


def test_layers_of_one_stride_share_a_grid_only_where_they_follow_each_other():
    apart = anchors(Network("any", 16, (8, 16, 8), 1))
    assert apart.tolist() == [
        *([0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]),
        [0.5, 0.5],
        *([0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]),
    ]


def test_a_size_that_is_no_multiple_of_the_stride_ends_with_a_part_of_a_cell():
    assert anchors(Network("any", 20, (16,), 1))[:, 0].tolist() == [0.25, 0.75, 0.25, 0.75]


def test_a_wide_picture_lies_between_two_black_bars():
    square = letterboxed(np.full((32, 64, 3), 255, np.uint8), 64)
    assert (square.shape, square.dtype) == ((1, 64, 64, 3), np.float32)
    assert np.all(square[0, :16] == -1)
    assert np.all(square[0, 16:48] == 1)
    assert np.all(square[0, 48:] == -1)


def test_a_tall_picture_too_and_its_colours_stay_in_their_order():
    picture = np.zeros((64, 32, 3), np.uint8)
    picture[..., 0], picture[..., 2] = 255, 51
    square = letterboxed(picture, 64)[0]
    assert square[10, 40] == pytest.approx([1, -1, -0.6])
    assert np.all(square[:, :16] == -1)
    assert np.all(square[:, 48:] == -1)


def test_corners_coincide_not_middles():
    """A step between two pixels of the picture, enlarged twofold: where it is is hand-computed."""
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, 4:] = 200
    square = letterboxed(picture, 16)[0, 4, :, 0]
    # Pixel i of the square is pixel i / 2 of the picture: 6 -> 3, 7 -> halfway, 8 -> 4.
    assert (square[[6, 7, 8]] + 1) * 127.5 == pytest.approx([0, 100, 200], abs=0.5)


@settings(deadline=None)
@given(sides, sides, st.sampled_from([128, 192]))
def test_what_is_whitened_is_as_large_as_the_picture_is_in_the_square(width, height, size):
    square = letterboxed(np.full((height, width, 3), 255, np.uint8), size)[0, :, :, 0]
    assert square.min() >= -1
    assert square.max() == 1
    covered = (square > 0).sum()
    area = size * size * min(width, height) / max(width, height)
    # Half of a pixel of the picture may fade into the black on every side.
    blurred = 4 * size * (1 + size / max(width, height) / 2)
    assert covered == pytest.approx(area, abs=blurred)


@settings(deadline=None)
@given(sides, sides)
def test_the_padding_makes_a_square_on_both_sides_alike(width, height):
    left, top = padding(width, height)
    assert width + 2 * left == height + 2 * top == max(width, height)
    assert 0 in (left, top)


def test_a_box_and_its_keypoints_are_told_from_the_anchor_in_pixels_of_the_input():
    raw = np.array([[12.8, -25.6, 64, 32, *range(0, 120, 10)]], np.float32)
    rows = decode(raw, np.array([[0.5, 0.25]], np.float32), size=128)
    # Centre (0.1 + 0.5, -0.2 + 0.25), half a square wide and a quarter high.
    assert rows[0, :4] == pytest.approx([0.35, -0.075, 0.85, 0.175])
    assert rows[0, 4:8] == pytest.approx([0.5, 10 / 128 + 0.25, 20 / 128 + 0.5, 30 / 128 + 0.25])
    assert rows[0, -2:] == pytest.approx([100 / 128 + 0.5, 110 / 128 + 0.25])
    assert rows.dtype == np.float32


def test_logits_become_scores_and_absurd_ones_are_clipped():
    scores = sigmoid(np.array([np.log(3), -np.log(3), 1e30, -1e30, np.inf, np.nan], np.float32))
    assert scores[:5] == pytest.approx([0.75, 0.25, 1, 0, 1])
    assert np.isnan(scores[5])
    assert scores.dtype == np.float32


def test_only_what_is_finite_and_has_an_area_is_a_box():
    rows = np.stack([row_of(0.1, 0.1, 0.3, 0.3)] * 5)
    rows[1, 2], rows[2, 3], rows[3, 10], rows[4, 0] = 0.1, 0.05, np.nan, -np.inf
    assert are_boxes(rows).tolist() == [True, False, False, False, False]


def test_the_faces_are_what_is_sure_enough_decoded_and_merged():
    """Three anchors: two tell of one face, the third is not sure, the fourth no box."""
    raw = np.zeros((4, 16), np.float32)
    raw[:, 2:4] = 32
    raw[1, 0], raw[3, 2] = 8, -32
    logits = np.array([np.log(3), 0, -0.01, 5], np.float32)
    centres = np.array([[0.5, 0.5], [0.5, 0.5], [0.25, 0.25], [0.5, 0.5]], np.float32)
    rows, scores = found(raw, logits, centres, size=64, least=0.5)
    # Half a square wide, centred at 0.5 and 0.625, weighted 0.75 to 0.5: 0.55.
    assert rows[:, :4] == pytest.approx(np.array([[0.3, 0.25, 0.8, 0.75]]))
    assert rows[:, 4:] == pytest.approx(0.5)
    assert scores.tolist() == [0.75]


@pytest.mark.parametrize("logit", [np.nan, -1.0])
def test_no_face_is_found_in_doubt(logit):
    raw, centres = np.ones((3, 16), np.float32), np.zeros((3, 2), np.float32)
    rows, scores = found(raw, np.full(3, logit, np.float32), centres, 64, 0.5)
    assert (rows.shape, scores.shape) == ((0, 16), (0,))


@pytest.mark.parametrize(
    ("other", "share"),
    [
        ((0, 0, 2, 2), 1),
        ((1, 0, 3, 2), 1 / 3),
        ((1, 1, 3, 3), 1 / 7),
        ((2, 0, 4, 2), 0),
        ((5, 5, 6, 6), 0),
        ((0, 0, 1, 1), 1 / 4),
    ],
)
def test_the_overlap_is_the_shared_part_of_both(other, share):
    boxes = np.array([other, (0, 0, 2, 2)], np.float32)
    assert overlaps(boxes, np.array((0, 0, 2, 2), np.float32)) == pytest.approx([share, 1])


def test_boxes_without_an_area_overlap_nothing():
    point = np.array([[1, 1, 1, 1]], np.float32)
    assert overlaps(point, point[0]).tolist() == [0]


@settings(deadline=None)
@given(faces())
def test_the_overlap_is_symmetric_and_a_share(given_faces):
    rows, _ = given_faces
    table = np.stack([overlaps(rows[:, :4], row[:4]) for row in rows])
    assert np.all((table >= 0) & (table <= 1 + 1e-5))
    assert table == pytest.approx(table.T, abs=1e-5)
    assert np.diag(table) == pytest.approx(1, abs=1e-4)


def test_overlapping_rows_become_their_mean_weighted_by_score():
    rows = np.stack([row_of(0, 0, 1, 1, 0.2), row_of(0.2, 0, 1.2, 1, 0.6), row_of(5, 5, 6, 6)])
    told, best = merged(rows, np.array([0.9, 0.3, 0.5], np.float32))
    # (0 x 0.9 + 0.2 x 0.3) / 1.2 = 0.05; keypoints (0.2 x 0.9 + 0.6 x 0.3) / 1.2 = 0.3.
    assert told[0] == pytest.approx(row_of(0.05, 0, 1.05, 1, 0.3))
    assert told[1] == pytest.approx(rows[2])
    assert best == pytest.approx([0.9, 0.5])


def test_a_row_goes_with_the_best_only_not_with_what_that_one_took():
    """A chain: the second overlaps the first, the third only the second."""
    rows = np.stack([row_of(0, 0, 1, 1), row_of(0.4, 0, 1.4, 1), row_of(0.8, 0, 1.8, 1)])
    told, best = merged(rows, np.array([0.9, 0.6, 0.6], np.float32))
    assert told[0, :4] == pytest.approx([0.16, 0, 1.16, 1])
    assert told[1, :4] == pytest.approx(rows[2, :4])
    assert best == pytest.approx([0.9, 0.6])


def test_nothing_becomes_nothing():
    told, best = merged(np.zeros((0, 16), np.float32), np.zeros(0, np.float32))
    assert (told.shape, best.shape) == ((0, 16), (0,))


@settings(deadline=None)
@given(faces())
def test_every_row_is_part_of_one_face_whatever_their_order(given_faces):
    rows, scores = given_faces
    told, best = merged(rows, scores)
    assert 1 <= len(told) == len(best) <= len(rows)
    assert np.all(np.diff(best) <= 0)
    assert best[0] == scores.max()
    assert set(best.tolist()) <= set(scores.tolist())
    low, high = rows.min(axis=0), rows.max(axis=0)
    assert np.all((told >= low - 1e-4) & (told <= high + 1e-4))


@settings(deadline=None)
@given(faces())
def test_faces_that_are_apart_all_stay_as_they_are(given_faces):
    rows, scores = given_faces
    apart = rows + 10 * np.arange(len(rows), dtype=np.float32)[:, None]
    told, _ = merged(apart, scores)
    order = np.argsort(-scores, kind="stable")
    assert told == pytest.approx(apart[order], abs=1e-4)


@settings(deadline=None)
@given(faces())
def test_it_is_what_taking_one_after_the_other_gives(given_faces):
    """The rule of MediaPipe's calculator, written out with loops and without arrays."""
    rows, scores = given_faces
    left = sorted(range(len(rows)), key=lambda i: -scores[i])
    told, best = merged(rows, scores)
    for face, score in zip(told, best, strict=True):
        first = left[0]
        with_first = {i: overlap_of(rows[i], rows[first]) for i in left}
        assume(all(abs(share - SAME_FACE) > 1e-4 for share in with_first.values()))
        taken = [i for i in left if with_first[i] > SAME_FACE]
        weight = sum(float(scores[i]) for i in taken)
        for k in range(16):
            mean = sum(float(scores[i]) * float(rows[i][k]) for i in taken) / weight
            assert face[k] == pytest.approx(mean, abs=1e-4)
        assert score == scores[first]
        left = [i for i in left if i not in taken]
    assert not left


def overlap_of(one, other):
    across = max(0.0, float(min(one[2], other[2]) - max(one[0], other[0])))
    down = max(0.0, float(min(one[3], other[3]) - max(one[1], other[1])))
    areas = [float((box[2] - box[0]) * (box[3] - box[1])) for box in (one, other)]
    return across * down / (sum(areas) - across * down)


def test_a_row_of_the_square_lies_in_the_picture_without_the_padding():
    row = row_of(0.25, 0.5, 0.5, 0.75, 0.5)
    found = detection(row, 0.7, 200, 100)
    # The square is 200 pixels; 50 of them lie above the picture.
    assert found.box == Box(50, 50, 50, 50)
    assert found.keypoints.tolist() == [[100, 50]] * 6
    assert (found.score, found.keypoints.dtype) == (0.7, np.float32)
    assert detection(row, 0.7, 100, 200).box == Box(0, 100, 50, 50)


def test_its_box_is_cut_to_whole_pixels_and_keypoints_are_not():
    found = detection(row_of(0.126, 0.127, 0.4, 0.5, 0.333), 1, 100, 100)
    assert found.box == Box(12, 12, 27, 37)
    assert found.keypoints[0] == pytest.approx([33.3, 33.3])


@pytest.mark.parametrize(
    ("value", "shown"), [(3.99, 3), (0.5, 0), (-0.5, 0), (-7, 0), (10, 10), (10.5, 10), (99, 10)]
)
def test_a_number_of_whole_pixels_is_one_of_the_picture(value, shown):
    assert whole(value, 10) == shown
