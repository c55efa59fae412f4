"""Recordings in video files."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from accessctl.camera.reader import Reader
from accessctl.camera.stream import VideoFileSource
from accessctl.config import CameraConfig
from accessctl.errors import CameraError

FRAMES = 12


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Twelve grey frames at 8 a second, each 20 levels brighter than the one before."""
    path = tmp_path / "door.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 8, (64, 48))
    for number in range(FRAMES):
        writer.write(np.full((48, 64, 3), number * 20, np.uint8))
    writer.release()
    return path


def test_fast_gives_every_frame_at_the_files_own_times(video: Path, clock: Any) -> None:
    with Reader(VideoFileSource(video, fast=True), CameraConfig(), clock=clock) as reader:
        frames = []
        while not reader.ended:
            frame = reader.next(20)
            if frame is not None:
                frames.append(frame)
    assert [round(float(frame.image.mean()) / 20) for frame in frames] == list(range(FRAMES))
    times = [frame.captured - frames[0].captured for frame in frames]
    assert times == pytest.approx([number / 8 for number in range(FRAMES)], abs=1e-3)
    assert reader.dropped == 0


def test_at_its_own_rate_the_reader_waits_between_frames(
    video: Path, clock: Any, make_pause: Any
) -> None:
    pause = make_pause()
    source = VideoFileSource(video)
    with Reader(source, CameraConfig(), clock=clock, pause=pause) as reader:
        while not reader.ended:
            reader.next(20)
    assert source.live
    assert not source.endless
    assert pause.waits[-10:] == pytest.approx([1 / 8] * 10, abs=1e-3)
    assert sum(pause.waits) == pytest.approx((FRAMES - 1) / 8, abs=2e-3)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 4096], ids=["empty", "text", "zeros"])
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.mp4"
    path.write_bytes(content)
    with pytest.raises(CameraError) as caught:
        VideoFileSource(path).open()
    assert str(caught.value) == (
        f"{path} cannot be played as a video; give a file that FFmpeg reads, such as MP4."
    )


def test_a_truncated_video_ends_early_or_is_refused(video: Path) -> None:
    data = video.read_bytes()
    video.write_bytes(data[: len(data) // 2])
    with pytest.raises(CameraError, match="cannot be played"):
        VideoFileSource(video).open().read()


def test_a_video_without_a_picture_is_refused(tmp_path: Path, fake_capture: Any) -> None:
    feed = VideoFileSource(tmp_path / "x.mp4", factory=lambda *_: fake_capture()).open()
    with pytest.raises(CameraError, match="cannot be played"):
        feed.read()


def test_opencv_errors_of_a_video_file_become_one_sentence(tmp_path: Path) -> None:
    def factory(name: str, backend: int, options: Any) -> Any:
        raise cv2.error("broken")

    with pytest.raises(CameraError, match="cannot be played"):
        VideoFileSource(tmp_path / "x.mp4", factory=factory).open()
