import numpy as np
import pytest

from accessctl.camera.reader import Reader
from accessctl.config import CameraConfig
from accessctl.demo.scene import scene
from accessctl.demo.script import LENGTH_S
from accessctl.demo.source import DemoSource, demo_enrolment_photo


def test_fast_plays_every_frame_with_the_demos_own_time() -> None:
    source = DemoSource(fps=2, fast=True)
    with Reader(source, CameraConfig(), clock=lambda: 100.0) as reader:
        frames = []
        while not reader.ended:
            frame = reader.next(20)
            if frame is not None:
                frames.append(frame)
    assert len(frames) == int(LENGTH_S * 2) + 1
    assert [frame.captured for frame in frames] == pytest.approx(
        [100 + number / 2 for number in range(len(frames))]
    )
    assert np.array_equal(frames[13].image, scene(6.5))


def test_in_real_time_the_newest_frame_counts_and_it_ends() -> None:
    source = DemoSource(fps=15)
    assert source.live
    assert not source.endless
    assert not DemoSource(fps=15, fast=True).live
    assert source.description == "the demo"


def test_each_opening_plays_from_the_start() -> None:
    source = DemoSource(fps=10)
    first, second = source.open(), source.open()
    first.read()
    one, two = first.read(), second.read()
    assert one is not None
    assert two is not None
    assert (one.media, two.media) == (0.1, 0.0)


def test_the_enrolment_photo_is_offered_here() -> None:
    assert demo_enrolment_photo().shape == (400, 410, 3)
