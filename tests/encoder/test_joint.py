import datetime
import json

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from accessctl.config import EncoderConfig
from accessctl.domain import CropGeometry
from accessctl.encoder.base import FAKE_CARD, FakeEncoder, FlipAveraged
from accessctl.encoder.card import load_card, write_card
from accessctl.encoder.card_parts import EncoderPart, Geometry, Input
from accessctl.encoder.choose import LiteRtEncoder, load_encoder
from accessctl.encoder.joint import (
    CanvasWindow,
    JointEncoder,
    canvas_over,
    covers,
    joined,
    joint_fingerprint,
    load_parts,
    part_cards,
    pixel_width,
)
from accessctl.errors import ModelError
from accessctl.vision.alignment import cut

TEMPLATE = FAKE_CARD.geometry.template
FACERES_REGION = (-0.2143, -0.2143, 127.7857, 127.7857)
# Eyes at 40 and 60: the face's axis lies at 50.
CANVAS_TEMPLATE = ((40.0, 40.0), (60.0, 40.0), (50.0, 60.0), (42.0, 75.0), (58.0, 75.0))


class Fixed(FakeEncoder):
    """Gives the embeddings it is told, and keeps the crops it was given."""

    def __init__(self, card, embedding, device="cpu"):
        super().__init__(card)
        self._fixed, self._device, self.seen = np.float32(embedding), device, None

    @property
    def device(self):
        return self._device

    def embed(self, crops):
        self.card.check(crops)
        self.seen = crops
        return np.tile(self._fixed, (len(crops), 1))


def part_card(size, region, dimension, fingerprint="aa" * 32):
    return FAKE_CARD.model_copy(
        update={
            "dimension": dimension,
            "fingerprint": fingerprint,
            "input": Input(size=size, mean=(0, 0, 0), scale=1),
            "geometry": Geometry(template=TEMPLATE, region=region),
        }
    )


@pytest.fixture
def joint():
    def make(one_device="cpu", other_device="cpu"):
        whole = part_card(112, (0, 0, 112, 112), 2)
        middle = part_card(28, (28, 28, 84, 84), 3, "bb" * 32)
        one, other = Fixed(whole, [0.6, 0.8], one_device), Fixed(middle, [0, 1, 0], other_device)
        parts = (EncoderPart(folder="../one", weight=2), EncoderPart(folder="../other", weight=1))
        card = part_card(112, (0, 0, 112, 112), 5).model_copy(
            update={"files": None, "parts": parts}
        )
        return JointEncoder(card, [one, other]), one, other

    return make


def test_the_joint_embedding_by_hand(joint):
    encoder, _, _ = joint()
    # [2 * (0.6, 0.8), 1 * (0, 1, 0)] has length sqrt(4 + 1).
    expected = np.array([1.2, 1.6, 0, 1, 0]) / np.sqrt(5)
    found = encoder.embed(np.zeros((2, 112, 112, 3), np.uint8))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [expected, expected], atol=1e-7)


def test_each_part_gets_its_own_crop_of_the_canvas(joint):
    encoder, one, other = joint()
    canvases = np.zeros((1, 112, 112, 3), np.uint8)
    canvases[:, 28:84, 28:84] = 90
    encoder.embed(canvases)
    np.testing.assert_array_equal(one.seen, canvases)
    assert other.seen.shape == (1, 28, 28, 3)
    # Pixel 0 lies at 28, half of a pixel's width from the dark, and takes a quarter of it in.
    assert other.seen[0, 0, 0, 0] == round(0.75 * 0.75 * 90)
    assert (other.seen[:, 1:, 1:] == 90).all()


def test_crops_of_another_size_are_a_mistake(joint):
    with pytest.raises(ValueError, match=r"must be uint8 \(N, 112, 112, 3\)"):
        joint()[0].embed(np.zeros((1, 28, 28, 3), np.uint8))


def test_no_crops_give_no_embeddings(joint):
    assert joint()[0].embed(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0, 5)


@pytest.mark.parametrize(
    ("one", "other", "device"),
    [("gpu", "gpu", "gpu"), ("gpu", "cpu", "cpu"), ("cpu", "cpu", "cpu")],
)
def test_it_runs_on_a_gpu_when_all_of_it_does(joint, one, other, device):
    assert joint(one, other)[0].device == device


def test_the_mirror_average_wraps_the_whole(joint):
    encoder, one, _ = joint()
    crops = np.arange(112 * 112 * 3, dtype=np.uint32).astype(np.uint8).reshape(1, 112, 112, 3)
    assert FlipAveraged(encoder).card is encoder.card
    FlipAveraged(encoder).embed(crops)
    np.testing.assert_array_equal(one.seen, np.concatenate([crops, crops[:, :, ::-1]]))


def test_the_fingerprint_knows_parts_weights_and_their_order():
    one, other = part_card(112, (0, 0, 112, 112), 2), part_card(28, (0, 0, 56, 56), 3, "bb" * 32)
    heavy, light = EncoderPart(folder="../a", weight=3.2), EncoderPart(folder="../b", weight=1)
    prints = {
        joint_fingerprint([one, other], [heavy, light]),
        joint_fingerprint([other, one], [heavy, light]),
        joint_fingerprint([one, other], [light, heavy]),
        joint_fingerprint([one, one], [heavy, light]),
    }
    assert len(prints) == 4
    assert all(len(value) == 64 for value in prints)
    # Where the parts lie is no part of what they are.
    moved = [heavy.model_copy(update={"folder": "../elsewhere"}), light]
    assert joint_fingerprint([one, other], moved) in prints


@pytest.fixture(scope="module")
def photos(models):
    """The public-domain photographs and the mesh of the face on each."""
    from accessctl.config import VisionConfig
    from accessctl.demo.people import collins, hopper
    from accessctl.vision.observer import Observer

    observer = Observer(VisionConfig(models=models / "cache" / "mediapipe"))
    found = [(photo, observer.still(photo)[0].landmarks) for photo in (hopper(), collins())]
    observer.close()
    return found


def test_a_crop_of_the_canvas_is_as_good_as_one_of_the_photo(photos, models):
    dlib = load_card(models / "dlib")
    finer = CropGeometry(dlib.geometry.template, FACERES_REGION, 224)
    canvas = canvas_over([dlib.crop_geometry, finer])
    canvases = np.stack([cut(photo, mesh, canvas) for photo, mesh in photos])
    direct = np.stack([cut(photo, mesh, finer) for photo, mesh in photos])
    difference = np.abs(CanvasWindow(canvas, finer).cut(canvases) - direct.astype(float))
    assert difference.mean() < 0.05
    # Which neighbour a sample is rounded to differs between processors, on a sharp edge by more.
    assert np.quantile(difference, 0.9999) <= 4
    encoder = LiteRtEncoder(dlib, "float16")
    direct = encoder.embed(
        np.stack([cut(photo, mesh, dlib.crop_geometry) for photo, mesh in photos])
    )
    through = encoder.embed(CanvasWindow(canvas, dlib.crop_geometry).cut(canvases))
    assert (direct * through).sum(axis=1).min() >= 0.999


def test_the_pair_is_its_parts_on_crops_of_their_own(photos, models):
    if not (models / "cache/faceres/SHA256SUMS").exists():
        pytest.skip("needs `accessctl models fetch --pair`")
    pair, dlib, faceres = (
        load_encoder(
            EncoderConfig(
                folder=models / name, device="cpu", precision="float16", flip_average=False
            )
        )
        for name in ("pair", "dlib", "faceres")
    )
    parts = [
        encoder.embed(
            np.stack([cut(photo, mesh, encoder.card.crop_geometry) for photo, mesh in photos])
        )
        for encoder in (dlib, faceres)
    ]
    expected = np.hstack([3.2 * parts[0], parts[1]]) / np.sqrt(3.2**2 + 1)
    crops = np.stack([cut(photo, mesh, pair.card.crop_geometry) for photo, mesh in photos])
    found = pair.embed(crops)
    assert found.shape == (2, 256)
    assert (found * expected).sum(axis=1).min() >= 0.999


DAY = datetime.date(2024, 2, 29)
CORNERS = [list(point) for point in FAKE_CARD.geometry.template]
AS_IT_IS = {"folder": "../other", "weight": 1}
PARTS = (EncoderPart(folder="../one", weight=3.2), EncoderPart(folder="../other", weight=1))


@pytest.fixture
def encoders(tmp_path):
    """A models folder with two encoders, and `pair` joined from them."""
    folder = tmp_path / "models"
    for name, size, region in [("one", 112, (0, 0, 112, 112)), ("other", 32, (24, 30, 88, 94))]:
        (folder / name).mkdir(parents=True)
        changes = {
            "name": name,
            "dimension": size // 8,
            "fingerprint": ("1" if name == "one" else "2") * 64,
            "input": Input(size=size, mean=(0, 0, 0), scale=1),
            "geometry": Geometry(template=FAKE_CARD.geometry.template, region=region),
            "licence": f"{name}'s own",
            "folder": folder / name,
        }
        write_card(FAKE_CARD.model_copy(update=changes))
    (folder / "pair").mkdir()
    write_card(joined(folder / "pair", PARTS, name="pair", version="1", date=DAY))
    return folder


def change(folder, **changes):
    path = folder / "card.yaml"
    path.write_text(json.dumps(yaml.safe_load(path.read_text()) | changes, default=str))


def test_the_card_says_what_follows_from_its_parts(encoders):
    card = load_card(encoders / "pair")
    assert card.dimension == 14 + 4
    assert card.crop_geometry.size == 112 + 1  # the face's axis lies at 55.9
    assert card.files is None
    assert card.parts == PARTS
    assert card.licence == "one: one's own; other: other's own"
    assert [part.name for part in part_cards(card)] == ["one", "other"]


def test_a_joint_card_names_no_network_of_its_own(encoders):
    with pytest.raises(ModelError, match="joined from parts"):
        _ = load_card(encoders / "pair").network


def test_a_new_part_behind_the_same_name_is_noticed(encoders):
    change(encoders / "other", fingerprint="3" * 64)
    with pytest.raises(ModelError, match=r"not what it was.*models join.*models calibrate"):
        part_cards(load_card(encoders / "pair"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"parts": [{"folder": "../one", "weight": 3.3}, AS_IT_IS]}, "a weight is not what"),
        ({"parts": [AS_IT_IS, {"folder": "../one", "weight": 3.2}]}, "a part or a weight"),
        ({"dimension": 17}, "together, 18"),
        (
            {"geometry": {"template": CORNERS, "region": [1, 0, 112, 111]}},
            "does not cover",
        ),
    ],
)
def test_a_card_that_does_not_fit_its_parts_is_refused(encoders, changes, complaint):
    change(encoders / "pair", **changes)
    with pytest.raises(ModelError, match=complaint) as caught:
        part_cards(load_card(encoders / "pair"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ([{"folder": "../one", "weight": 1}], "parts"),
        ([{"folder": "../one", "weight": 0}] * 2, "weight"),
        ([{"folder": "../one", "weight": float("inf")}] * 2, "weight"),
        ([{"folder": "", "weight": 1}] * 2, "folder"),
        ([{"folder": "../one", "weight": 1, "file": "x"}] * 2, "file"),
        ([{"folder": "../one", "weight": 1}] * 9, "parts"),
    ],
)
def test_parts_that_say_nothing_are_refused(encoders, parts, complaint):
    change(encoders / "pair", parts=parts)
    with pytest.raises(ModelError, match=complaint):
        load_card(encoders / "pair")


def test_files_and_parts_exclude_each_other(encoders):
    change(encoders / "pair", files={"keras": "x.keras"})
    with pytest.raises(ModelError, match="either files or parts"):
        load_card(encoders / "pair")
    change(encoders / "one", files=None)
    with pytest.raises(ModelError, match="either files or parts"):
        load_card(encoders / "one")


@pytest.mark.parametrize("folder", ["/etc", "../../elsewhere", "..", ".", "../pair"])
def test_a_part_lies_among_the_models(encoders, folder):
    (encoders.parent / "elsewhere").mkdir()
    with pytest.raises(ModelError, match="the part"):
        load_parts(encoders / "pair", [PARTS[0], EncoderPart(folder=folder, weight=1)])


def test_a_link_out_of_the_models_is_no_way_around(encoders):
    (encoders.parent / "elsewhere").mkdir()
    (encoders / "link").symlink_to(encoders.parent / "elsewhere")
    with pytest.raises(ModelError, match="relative path within"):
        load_parts(encoders / "pair", [PARTS[0], EncoderPart(folder="../link", weight=1)])


def test_a_part_may_lie_below_its_joint_encoder(encoders):
    (encoders / "one").rename(encoders / "pair" / "trunk")
    parts = [EncoderPart(folder="trunk", weight=1), PARTS[1]]
    assert [card.name for card in load_parts(encoders / "pair", parts)] == ["one", "other"]


def test_a_joint_encoder_is_no_part(encoders):
    (encoders / "more").mkdir()
    with pytest.raises(ModelError, match="joined from parts itself"):
        load_parts(encoders / "more", [EncoderPart(folder="../pair", weight=1), PARTS[0]])


def test_parts_of_another_template_do_not_join(encoders):
    template = [[x + 8, y + 8] for x, y in CORNERS]
    change(encoders / "other", geometry={"template": template, "region": [0, 0, 112, 112]})
    with pytest.raises(ModelError, match="another template"):
        joined(encoders / "pair", PARTS, name="pair", version="1", date=DAY)


def test_a_missing_part_is_said(encoders):
    with pytest.raises(ModelError, match=r"gone/card\.yaml"):
        load_parts(encoders / "pair", [PARTS[0], EncoderPart(folder="../gone", weight=1)])


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
