import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.errors import ModelError
from accessctl.liveness.evidence import TEXTURE_BOUNDS
from accessctl.liveness.texture_card import crops, load_texture_card, place

RAMP = np.add.outer(np.arange(60) * 2, np.arange(80) * 1).astype(np.uint8)
PICTURE = np.stack([RAMP, RAMP + 1, RAMP + 2], axis=2)


def test_a_box_in_the_middle_is_enlarged_about_its_centre():
    # Centre (100, 75), 20 x 30 times 2: 40 x 60.
    assert place(200, 150, Box(90, 60, 20, 30), 2.0) == (80, 45, 120, 105)


def test_what_reaches_over_an_edge_is_moved_in():
    assert place(200, 150, Box(0, 0, 20, 30), 2.0) == (0, 0, 40, 60)
    assert place(200, 150, Box(190, 140, 20, 30), 2.0) == (160, 90, 200, 150)


def test_what_is_too_large_is_lowered_on_both_sides_alike():
    # 49 rows hold a box of 20 rows 2.45 times: 24.5 (25) by 49, though 40 columns would fit more.
    assert place(40, 50, Box(10, 10, 10, 20), 4.0) == (3, 0, 28, 49)


def test_a_box_that_lies_wholly_outside_gives_the_nearest_part_of_the_picture():
    assert place(100, 80, Box(-500, 300, 10, 10), 2.0) == (0, 60, 20, 80)


@pytest.mark.parametrize(
    ("box", "reach"),
    [
        (Box(0, 0, 0, 10), 2.0),
        (Box(0, 0, 10, -1), 2.0),
        (Box(0, 0, float("nan"), 10), 2.0),
        (Box(0, 0, float("inf"), 10), 2.0),
        (Box(float("nan"), 0, 10, 10), 2.0),
        (Box(0, 0, 10, 10), 0.0),
        (Box(0, 0, 10, 10), float("nan")),
    ],
)
def test_a_box_without_a_place_is_refused(box, reach):
    with pytest.raises(ValueError, match="box"):
        place(100, 80, box, reach)


@given(
    width=st.integers(1, 2000),
    height=st.integers(1, 2000),
    x=st.floats(-1000, 3000),
    y=st.floats(-1000, 3000),
    w=st.floats(0.5, 1500),
    h=st.floats(0.5, 1500),
    reach=st.floats(0.5, 8),
)
def test_every_place_lies_in_the_picture(width, height, x, y, w, h, reach):
    left, top, right, bottom = place(width, height, Box(x, y, w, h), reach)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height


@given(x=st.integers(300, 500), y=st.integers(300, 500), side=st.integers(20, 100))
def test_what_fits_keeps_its_centre_to_half_a_pixel(x, y, side):
    left, top, right, bottom = place(1000, 1000, Box(x, y, side, 1.2 * side), 2.0)
    assert abs((left + right) / 2 - (x + side / 2)) <= 0.5
    assert abs((top + bottom) / 2 - (y + 0.6 * side)) <= 1.0


def test_one_square_for_each_reach_in_their_order():
    got = crops(PICTURE, Box(30, 20, 16, 16), [1.0, 2.0], 16)
    assert got.shape == (2, 16, 16, 3)
    assert got.dtype == np.uint8
    assert np.array_equal(got[0], PICTURE[20:36, 30:46])
    # 32 x 32 from (22, 12): each pixel is the mean of four, half of which lie 1 or 2 higher.
    first = PICTURE[12:14, 22:24, 0].mean()
    assert got[1, 0, 0, 0] == np.floor(first + 0.5)


def test_shrinking_averages_areas():
    stripes = np.zeros((120, 120, 3), np.uint8)
    stripes[:, ::2] = 200
    for side in (96, 64, 48, 120):
        got = crops(stripes, Box(0, 0, side, side), [1.0], 16)
        middle = got[0, 2:-2, 2:-2]
        # Sampling alone would give some 0 and some 200; a sixth of a block is the odd stripe.
        assert abs(middle.astype(float) - 100).max() <= 34


def test_a_checkerboard_shrinks_to_its_mean():
    board = np.indices((400, 400)).sum(axis=0) % 2
    picture = np.repeat(board[..., None] * 200, 3, axis=2).astype(np.uint8)
    got = crops(picture, Box(40, 40, 320, 320), [1.0], 80)
    assert np.all(got == 100)


def test_points_alias_where_areas_average():
    grid = np.zeros((100, 100, 3), np.uint8)
    grid[:, 1::4] = grid[:, 2::4] = 200
    # A quarter of the size: each point lies between the second and the third of four pixels.
    assert np.all(crops(grid, Box(20, 20, 64, 64), [1.0], 16, "points") == 200)
    assert np.all(crops(grid, Box(20, 20, 64, 64), [1.0], 16, "area") == 100)


def test_enlarging_is_smooth():
    edge = np.zeros((40, 40, 3), np.uint8)
    edge[:, 20:] = 200
    row = crops(edge, Box(16, 16, 8, 8), [1.0], 16)[0, 8, :, 0]
    # The rectangle is 16 to 24; at twice its size the step is spread over two pixels.
    assert np.array_equal(row[:7], np.zeros(7))
    assert np.array_equal(row[7:9], [50, 150])
    assert np.array_equal(row[9:], np.full(7, 200))


def test_the_picture_is_not_changed():
    before = PICTURE.copy()
    crops(PICTURE, Box(30, 20, 16, 16), [1.0, 4.0], 16)
    assert np.array_equal(PICTURE, before)


@pytest.mark.parametrize("image", [RAMP, PICTURE.astype(np.float32), PICTURE[:0], PICTURE[..., :2]])
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(ValueError, match="image must be uint8"):
        crops(image, Box(30, 20, 16, 16), [1.0], 16)


DOCUMENTS = Path(__file__).parents[2] / "docs"


def test_a_card_says_what_the_network_eats_and_where_it_lies(texture_folder):
    folder = texture_folder(
        measured={"bpcer": 0.02}, fitted_films=["one.mp4"], data="drawn", confirm=0.8, doubt=0.2
    )
    card = load_texture_card(folder)
    assert card.path == folder / "stacked.tflite"
    assert card.shapes == ((1, 16, 16, 6),)
    assert (card.confirm, card.doubt) == (0.8, 0.2)
    assert (card.measured, card.fitted_films) == ({"bpcer": 0.02}, ("one.mp4",))
    assert card.content() == card.path.read_bytes()


def test_separate_inputs_are_one_for_each_reach(texture_folder):
    eats = {"size": 24, "reaches": [1, 2, 4], "order": "bgr", "scale": "byte"}
    card = load_texture_card(texture_folder(layout="separate", input=eats))
    assert card.shapes == ((1, 24, 24, 3),) * 3


def test_thresholds_that_nobody_wrote_down(texture_folder):
    card = load_texture_card(texture_folder())
    assert (card.confirm, card.doubt, card.fitted_films) == (0.9, 0.1, ())


def test_the_card_in_the_documents_is_one(tmp_path):
    text = (DOCUMENTS / "texture.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "card.yaml").write_text(example.replace("0f1e...", "0f" * 32), encoding="utf-8")
    card = load_texture_card(tmp_path)
    assert card.shapes == ((1, 80, 80, 3),) * 2
    assert (card.confirm, card.doubt) == TEXTURE_BOUNDS[::-1]


def test_a_missing_folder_names_the_setting(tmp_path):
    with pytest.raises(ModelError, match=r"liveness\.texture"):
        load_texture_card(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"colour": "rgb"}, "colour"),
        ({"sha256": "AB" * 32}, "sha256"),
        ({"fingerprint": None}, "fingerprint"),
        ({"layout": "sideways"}, "layout"),
        ({"output": {"kind": "logit", "index": -1}}, "output.index"),
        ({"confirm": 0.6}, "confirm"),
        ({"confirm": float("nan")}, "confirm"),
        ({"doubt": 0.6}, "doubt"),
        ({"input": {"size": 16, "reaches": [], "order": "rgb", "scale": "unit"}}, "input.reaches"),
        ({"folder": "/"}, "not a texture network's card"),
    ],
)
def test_a_card_that_is_wrong_is_refused_in_one_sentence(texture_folder, change, key):
    with pytest.raises(ModelError) as caught:
        load_texture_card(texture_folder(**change))
    said = str(caught.value)
    assert key in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "why"), [("../stacked.tflite", "file"), ("stacked.onnx", "must end with")]
)
def test_a_file_elsewhere_or_of_another_kind_is_refused(texture_folder, name, why):
    path = texture_folder() / "card.yaml"
    path.write_text(path.read_text().replace("file: stacked.tflite", f"file: {name}"))
    with pytest.raises(ModelError, match=why):
        load_texture_card(path.parent)


def test_a_card_that_is_no_card(texture_folder):
    folder: Path = texture_folder()
    (folder / "card.yaml").write_text("name: a\nname: b\n")
    with pytest.raises(ModelError, match="stands twice"):
        load_texture_card(folder)


def test_a_file_that_was_altered_is_not_loaded(texture_folder):
    card = load_texture_card(texture_folder())
    card.path.write_bytes(card.path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="another SHA-256"):
        card.content()


def test_a_missing_file_is_told(texture_folder):
    card = load_texture_card(texture_folder())
    card.path.unlink()
    with pytest.raises(ModelError, match=r"Cannot read the texture network .*stacked\.tflite"):
        card.content()
