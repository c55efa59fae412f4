import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.iterable import FrameSource, rgb_image
from accessctl.domain import Image
from accessctl.errors import PhotoError


def picture(value: int = 0) -> Image:
    return np.full((4, 6, 3), value, np.uint8)


def test_pictures_alone_come_at_the_rate_that_was_said() -> None:
    source = FrameSource([picture(1), picture(2)], fps=4)
    assert (source.live, source.endless) == (False, False)
    feed = source.open()
    shots = [feed.read(), feed.read()]
    assert [(shot.image[0, 0, 0], shot.media) for shot in shots if shot] == [(1, 0.0), (2, 0.25)]
    assert feed.read() is None
    feed.close()


def test_pictures_may_bring_their_own_times() -> None:
    feed = FrameSource([(picture(), 0.5), (picture(), 2)]).open()
    assert [shot.media for shot in (feed.read(), feed.read()) if shot] == [0.5, 2.0]


def test_live_pictures_are_of_the_moment_they_come() -> None:
    source = FrameSource([(picture(), 9.0), picture()], live=True)
    assert source.live
    feed = source.open()
    assert [shot.media for shot in (feed.read(), feed.read()) if shot] == [None, None]


def test_a_list_is_played_again_by_the_next_feed() -> None:
    source = FrameSource([picture()])
    for _ in range(2):
        feed = source.open()
        assert feed.read() is not None
        assert feed.read() is None


@given(st.floats(), st.floats())
def test_times_rise_or_are_refused(first: float, second: float) -> None:
    feed = FrameSource([(picture(), first), (picture(), second)]).open()
    if not first > -math.inf:
        with pytest.raises(PhotoError, match="give each a later time"):
            feed.read()
        return
    feed.read()
    if second > first:
        shot = feed.read()
        assert shot is not None
        assert shot.media == second
    else:
        with pytest.raises(PhotoError, match=r"Picture 1 is of .* give each a later time"):
            feed.read()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (np.zeros((4, 6), np.uint8), "uint8 (4, 6)"),
        (np.zeros((4, 6, 3), np.float64), "float64 (4, 6, 3)"),
        (np.zeros((4, 6, 4), np.uint8), "uint8 (4, 6, 4)"),
        (np.zeros((0, 6, 3), np.uint8), "uint8 (0, 6, 3)"),
        ("front.jpg", "a str"),
    ],
)
def test_what_is_no_picture_is_said(given: object, what: str) -> None:
    with pytest.raises(PhotoError) as refusal:
        FrameSource([given]).open().read()  # type: ignore[list-item]
    assert str(refusal.value) == (f"Picture 0 is {what}, not an RGB picture: give uint8 (H, W, 3).")


def test_a_view_that_is_turned_round_becomes_a_picture_of_its_own() -> None:
    bgr = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    rgb = rgb_image(bgr[:, :, ::-1], "It")
    assert rgb.flags.c_contiguous
    assert rgb[0, 0].tolist() == [2, 1, 0]
