import numpy as np
import pytest

from accessctl.domain import CropGeometry
from accessctl.evaluation.data import CANVAS_TEMPLATE, cut_canvas
from accessctl.training.augment import (
    DOOR,
    Augmentation,
    Jitter,
    backlit,
    compressed,
    cut_jittered,
    dark,
    defocus,
    exposure,
    grey,
    hat,
    jittered,
    low_resolution,
    mask,
    motion,
    something_worn,
    sunglasses,
)


@pytest.fixture
def draw():
    return np.random.default_rng(11)


@pytest.fixture
def face(draw):
    """A picture with detail everywhere, brighter to the right, RGB uint8 (128, 128, 3)."""
    ramp = np.linspace(60, 190, 128)[None, :, None]
    noise = draw.integers(-40, 41, (128, 128, 3))
    return np.clip(ramp + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def geometry():
    return CropGeometry(CANVAS_TEMPLATE, (14.0, 28.0, 114.0, 128.0), 100)


def test_without_jitter_it_is_the_plain_cut(face, geometry, draw):
    plain = cut_canvas(face, geometry)
    np.testing.assert_array_equal(cut_jittered(face, geometry, Jitter(0, 0, 0), draw), plain)


def test_stays_within_two_deviations(draw):
    for _ in range(200):
        transform = jittered(Jitter(1.5, 3, 0.03), (64, 70), draw)
        scale = np.sqrt(np.linalg.det(transform[:, :2]))
        turn = np.degrees(np.arctan2(transform[1, 0], transform[0, 0]))
        shift = transform @ [64, 70, 1] - [64, 70]
        assert abs(scale - 1) <= 0.06 + 1e-9
        assert abs(turn) <= 6 + 1e-9
        assert np.abs(shift).max() <= 3 + 1e-9


def test_turns_and_grows_about_the_centre(draw):
    transform = jittered(Jitter(0, 3, 0.03), (64, 70), draw)
    assert transform @ [64, 70, 1] == pytest.approx([64, 70])
    assert not np.allclose(transform[:, :2], np.eye(2))


LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = (tuple(map(round, p)) for p in CANVAS_TEMPLATE)


def hidden(change, points, draw):
    """Whether each point is painted over, in each of 30 draws."""
    canvas = np.full((128, 128, 3), 137, np.uint8)
    found = [change(canvas, draw) for _ in range(30)]
    return np.array([[(image[y, x] != 137).any() for x, y in points] for image in found])


@pytest.mark.parametrize(
    ("change", "covered", "bare"),
    [
        (mask, (LEFT_MOUTH, RIGHT_MOUTH), (LEFT_EYE, RIGHT_EYE)),
        (sunglasses, (LEFT_EYE, RIGHT_EYE), (NOSE, LEFT_MOUTH, RIGHT_MOUTH)),
        (hat, ((64, 2), (20, 5)), (LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH)),
    ],
)
def test_what_is_hidden_and_what_is_not(change, covered, bare, draw):
    assert hidden(change, covered, draw).mean() > 0.95
    assert not hidden(change, bare, draw).any()


def test_the_canvas_itself_is_not_painted(draw):
    canvas = np.full((128, 128, 3), 137, np.uint8)
    something_worn(canvas, draw)
    assert (canvas == 137).all()


def test_all_three_are_worn(draw):
    canvas = np.full((128, 128, 3), 137, np.uint8)
    worn = [something_worn(canvas, draw) != 137 for _ in range(60)]
    parts = {(bool(w[2, 64].any()), bool(w[LEFT_EYE[::-1]].any())) for w in worn}
    assert parts == {(True, False), (False, True), (False, False)}


def test_grey_has_one_value_per_pixel_by_hand(draw):
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    found = grey(image, draw)
    assert found.tolist() == [[[76] * 3, [150] * 3, [29] * 3, [9] * 3]]


def test_dark_is_darker_and_noisy(face, draw):
    flat = np.full((100, 100, 3), 120, np.uint8)
    for _ in range(20):
        found = dark(flat, draw)
        assert found.mean() < 120
        assert found.std() > 0.5


def test_backlight_dims_most_of_the_face_and_washes_out_a_side(draw):
    flat = np.full((100, 100, 3), 120, np.uint8)
    for _ in range(20):
        found = backlit(flat, draw)
        assert np.median(found) < 120
        assert found.max() > np.median(found) + 20


def test_exposure_stays_near(face, draw):
    means = [exposure(face, draw).mean() for _ in range(50)]
    assert min(means) > 60
    assert max(means) < 190
    assert np.std(means) > 5


@pytest.mark.parametrize("change", [dark, backlit, exposure, grey])
def test_white_and_black_do_not_wrap_around(change, draw):
    white = np.full((8, 8, 3), 255, np.uint8)
    black = np.zeros((8, 8, 3), np.uint8)
    for _ in range(20):
        assert change(white, draw).mean() > change(black, draw).mean()


def detail(image):
    """Mean difference of neighbouring pixels."""
    return np.abs(np.diff(image.astype(np.float64), axis=1)).mean()


@pytest.mark.parametrize("change", [low_resolution, defocus, motion])
def test_less_detail_the_same_brightness(change, face, draw):
    for _ in range(20):
        found = change(face, draw)
        assert detail(found) < detail(face)
        assert found.mean() == pytest.approx(face.mean(), abs=3)


def test_down_to_forty_pixels_and_no_further(draw):
    # A checkerboard of cells that 40 pixels can just show and 20 cannot.
    cells = np.kron(np.indices((20, 20)).sum(axis=0) % 2, np.ones((6, 6)))
    board = np.repeat((255 * cells)[..., None], 3, axis=2).astype(np.uint8)
    spreads = [low_resolution(board, draw).std() for _ in range(200)]
    assert min(spreads) > 40
    assert low_resolution(board, draw, smallest=6).std() < 128


def test_small_images_are_left_alone(draw):
    small = np.arange(30 * 30 * 3, dtype=np.uint8).reshape(30, 30, 3)
    assert low_resolution(small, draw) is small


def test_motion_blurs_along_a_line(draw):
    dot = np.zeros((41, 41, 3), np.uint8)
    dot[20, 20] = 255
    for _ in range(20):
        smeared = np.argwhere(motion(dot, draw)[..., 0])
        centred = smeared - smeared.mean(axis=0)
        long, across = np.linalg.svd(centred, compute_uv=False)
        assert len(smeared) >= 2
        assert across <= 0.5 * long


def test_compression_loses_a_little(face, draw):
    for _ in range(10):
        found = compressed(face, draw)
        assert found.shape == face.shape
        assert 0 < np.abs(found.astype(int) - face).mean() < 40


def test_compression_keeps_red_red(draw):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    found = compressed(red, draw).mean(axis=(0, 1))
    assert found[0] > 190
    assert found[1:].max() < 10


def test_none_only_cuts(face, geometry, draw):
    np.testing.assert_array_equal(
        Augmentation(geometry, "none").crop(face, draw), cut_canvas(face, geometry)
    )


@pytest.mark.parametrize("strength", ["light", "door"])
def test_the_same_draw_gives_the_same_crop(strength, face, geometry):
    made = [Augmentation(geometry, strength).crop(face, np.random.default_rng(5)) for _ in range(2)]
    np.testing.assert_array_equal(*made)
    assert made[0].shape == (100, 100, 3)
    assert made[0].dtype == np.uint8


@pytest.mark.parametrize("strength", ["light", "door"])
def test_half_of_the_crops_are_mirrored(strength, face, geometry):
    # The picture brightens to the right; light changes keep which side is the brighter one.
    strength = Augmentation(geometry, strength)
    sides = []
    for seed in range(200):
        crop = strength.crop(face, np.random.default_rng(seed)).astype(float)
        sides.append(crop[:, :50].mean() > crop[:, 50:].mean())
    assert 0.35 < np.mean(sides) < 0.65


def test_every_change_of_the_door_is_used(face, geometry):
    used = set()

    def spy(name):
        def change(crop, draw):
            used.add(name)
            return crop

        return change

    spies = tuple((spy(i), share) for i, (_, share) in enumerate(DOOR))
    augmentation = Augmentation(geometry, "door", door=spies)
    for seed in range(150):
        augmentation.crop(face, np.random.default_rng(seed))
    assert used == set(range(len(spies)))
