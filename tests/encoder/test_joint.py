import numpy as np
import pytest

from accessctl.config import EncoderConfig
from accessctl.domain import CropGeometry
from accessctl.encoder.base import FAKE_CARD, FakeEncoder, FlipAveraged
from accessctl.encoder.card import load_card
from accessctl.encoder.card_parts import EncoderPart, Geometry, Input
from accessctl.encoder.choose import LiteRtEncoder, load_encoder
from accessctl.encoder.joint import CanvasWindow, JointEncoder, canvas_over, joint_fingerprint
from accessctl.vision.alignment import cut

TEMPLATE = FAKE_CARD.geometry.template
FACERES_REGION = (-0.2143, -0.2143, 127.7857, 127.7857)


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
