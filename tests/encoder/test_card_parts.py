import numpy as np
import pytest
from pydantic import ValidationError

from accessctl.encoder.base import FAKE_CARD
from accessctl.encoder.card import load_card
from accessctl.encoder.card_parts import INPUTS, REGIONS, TEMPLATE, CalibrationTable, usual_input


@pytest.mark.parametrize(
    ("name", "channels", "expected"),
    [
        ("minus1to1", "rgb", [1, 0.00392, -1]),
        ("0to1", "rgb", [1, 0.50196, 0]),
        ("raw", "bgr", [0, 128, 255]),
        # (255 - 123.675) / 58.395, (128 - 116.28) / 57.12, -103.53 / 57.375
        ("imagenet", "rgb", [2.2489, 0.20518, -1.80444]),
        ("imagenet", "bgr", [-1.80444, 0.20518, 2.2489]),
        ("vggface2", "bgr", [-91.4953, 24.1173, 123.9088]),
    ],
)
def test_a_pixel_by_hand(name, channels, expected):
    card = FAKE_CARD.model_copy(update={"input": usual_input(name, channels, 16)})
    crops = np.full((1, 16, 16, 3), (255, 128, 0), np.uint8)
    np.testing.assert_allclose(card.normalise(crops)[0, 0, 0], expected, atol=2e-4)


def test_every_name_gives_an_input():
    assert {usual_input(name, "rgb", 112).size for name in INPUTS} == {112}


def test_the_regions_are_those_of_the_encoders_at_hand(models):
    dlib = load_card(models / "dlib")
    assert dlib.geometry.template == TEMPLATE
    assert dlib.geometry.region == REGIONS["dlib150"]
    # ArcFace's own template has its left eye at (38.2946, 51.6963) of its crop.
    left, top, *_ = REGIONS["arcface112"]
    assert (TEMPLATE[0][0] - left, TEMPLATE[0][1] - top) == pytest.approx((38.2946, 51.6963))


def table(**more: object) -> CalibrationTable:
    rows = {"score": (0.0, 4.0), "log10_fmr": (0.0, -4.0), "log10_fmr_upper": (0.0, -3.0)}
    made = {"neighbours": 20, "made_by": "a test", "date": "2000-01-01"}
    return CalibrationTable.model_validate({**rows, **made, **more})


def test_rates_of_pooled_photos_are_raised_only_where_the_card_says_so() -> None:
    assert table().pooled == 0
    assert table(pooled=2.7).pooled == 2.7


@pytest.mark.parametrize("pooled", [-0.1, 10.1, float("nan"), float("inf"), "much"])
def test_no_card_lowers_the_rates_of_pooled_photos_or_raises_them_beyond_sense(
    pooled: object,
) -> None:
    with pytest.raises(ValidationError, match="pooled"):
        table(pooled=pooled)
