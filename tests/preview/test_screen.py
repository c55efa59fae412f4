import os
import resource
import signal
import stat
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import Image
from accessctl.errors import DisplayError
from accessctl.preview.screen import CLOSED, Recording, Screens, require_display

# Nobody serves a display of this number here: the highest port X would use is 6000 + 987.
NOWHERE = ":987"


def flat(value: int, width: int = 160, height: int = 120) -> Image:
    return np.full((height, width, 3), value, np.uint8)


def frames_of(path: Path) -> list[Image]:
    video = cv2.VideoCapture(str(path))
    frames = []
    while True:
        ok, frame = video.read()
        if not ok:
            video.release()
            return frames
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ""}, {"DISPLAY": "", "WAYLAND_DISPLAY": ""}])
def test_no_display_is_a_sentence_with_the_way_out(environ: dict[str, str]) -> None:
    with pytest.raises(DisplayError) as caught:
        require_display(environ)
    assert str(caught.value) == (
        "There is no display to open a window on; "
        "write the preview to a file instead: accessctl preview --record out.mp4"
    )


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_display_that_cannot_be_reached_is_the_same(name: str) -> None:
    environ = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    with pytest.raises(DisplayError, match=r"--record out\.mp4"):
        require_display({**environ, name: NOWHERE})


def test_a_recording_can_be_read_back(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    recording = Recording(out, fps=12.5)
    for value in (0, 60, 120, 180, 240):
        assert recording.show(flat(value)) is None
    recording.close()
    frames = frames_of(out)
    assert [frame.shape for frame in frames] == [(120, 160, 3)] * 5
    assert [frame.mean() for frame in frames] == pytest.approx([0, 60, 120, 180, 240], abs=6)
    assert cv2.VideoCapture(str(out)).get(cv2.CAP_PROP_FPS) == 12.5


def test_a_recording_has_the_right_colours(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "out.mp4", fps=15)
    red = flat(0)
    red[..., 0] = 200
    recording.show(red)
    recording.close()
    (frame,) = frames_of(tmp_path / "out.mp4")
    assert frame.mean(axis=(0, 1)) == pytest.approx([200, 0, 0], abs=12)


def test_a_camera_that_changes_its_size_keeps_the_recording_whole(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "out.mp4", fps=15)
    for image in (flat(50), flat(100, 320, 240), flat(150, 64, 64)):
        recording.show(image)
    recording.close()
    frames = frames_of(tmp_path / "out.mp4")
    assert [frame.shape for frame in frames] == [(120, 160, 3)] * 3
    assert [frame.mean() for frame in frames] == pytest.approx([50, 100, 150], abs=6)


def test_nothing_shown_leaves_no_file(tmp_path: Path) -> None:
    Recording(tmp_path / "out.mp4", fps=15).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["missing/out.mp4", "out.txt", "out", "."])
def test_a_file_that_cannot_be_written(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    recording = Recording(tmp_path / name, fps=15)
    with pytest.raises(DisplayError, match=r"Cannot write a video to .*name a \.mp4 file"):
        recording.show(flat(0))
    recording.close()
    assert capfd.readouterr().err == ""
    assert list(tmp_path.iterdir()) == []
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_recording_is_for_its_owners_eyes(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    recording = Recording(out, fps=15)
    recording.show(flat(0))
    recording.close()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


class FakeScreen:
    def __init__(self, *keys: int | None) -> None:
        self._keys = list(keys)
        self.images: list[Image] = []
        self.closed = False

    def show(self, image: Image) -> int | None:
        self.images.append(image)
        return self._keys.pop(0)

    def close(self) -> None:
        self.closed = True


def test_several_screens_show_the_same_and_the_first_key_counts() -> None:
    one, other = FakeScreen(None, ord("q"), None), FakeScreen(ord("e"), CLOSED, None)
    screens = Screens([one, other])
    assert [screens.show(flat(value)) for value in (1, 2, 3)] == [ord("e"), ord("q"), None]
    assert [image[0, 0, 0] for image in one.images] == [1, 2, 3]
    assert [image[0, 0, 0] for image in other.images] == [1, 2, 3]
    screens.close()
    assert one.closed
    assert other.closed


def test_a_recording_on_a_full_disk_is_no_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FFmpeg writes what it can and says nothing."""
    out = tmp_path / "out.mp4"
    recording = Recording(out, fps=12.5)
    for value in range(0, 250, 10):
        recording.show(flat(value))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, limit[1]))
        with pytest.raises(DisplayError, match="is broken: it holds 0 of 25 pictures"):
            recording.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)


def test_every_screen_is_closed_though_one_fails() -> None:
    closed: list[str] = []

    class Failing:
        def show(self, image: Image) -> None:
            del image

        def close(self) -> None:
            closed.append("failing")
            raise DisplayError("The disk is full.")

    class Other(Failing):
        def close(self) -> None:
            closed.append("other")

    with pytest.raises(DisplayError, match="full"):
        Screens([Failing(), Other()]).close()
    assert closed == ["failing", "other"]
