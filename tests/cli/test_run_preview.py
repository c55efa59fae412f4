"""`accessctl preview`, with a window and without."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from accessctl.cli import run
from accessctl.config import CameraConfig, Config, load_config
from accessctl.door.duty import Duty, duty_file
from accessctl.errors import DisplayError
from accessctl.preview import screen
from tests.cli.running import models


@models
def test_a_preview_beside_a_door_watches_only(door, film, pictures, caplog) -> None:
    door("enroll", "Eileen Collins", pictures("collins"))
    out = door.folder / "out.mp4"
    with Duty(duty_file(load_config(door.config)), waits=True):
        said = door("preview", "--fast", "--source", film(("collins", 6)), "--record", out)
    assert said.code == 0
    assert "this one watches only" in caplog.text
    assert not (door.folder / "opened").exists()
    kinds = {event.kind for event in door.events()}
    assert kinds == {"person", "service"}


NO_DISPLAY = (
    "accessctl: There is no display to open a window on; "
    "write the preview to a file instead: accessctl preview --record out.mp4\n"
)


@pytest.fixture(autouse=True)
def _no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def frames_of(path: Path) -> list[tuple[int, ...]]:
    video = cv2.VideoCapture(str(path))
    sizes = []
    while True:
        ok, frame = video.read()
        if not ok:
            video.release()
            return sizes
        sizes.append(frame.shape)


@pytest.mark.parametrize("display", [None, ":987"])
def test_without_a_display_it_says_what_to_do_and_starts_nothing(
    site, display: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if display is not None:
        monkeypatch.setenv("DISPLAY", display)
    said = site("preview", "--source", "demo")
    assert (said.code, said.out, said.err) == (1, "", NO_DISPLAY)
    assert list(site.folder.iterdir()) == [site.config]


@models
def test_without_a_display_it_can_still_be_recorded(door, film, pictures) -> None:
    door("enroll", "Eileen Collins", pictures("collins"))
    out = door.folder / "out.mp4"
    said = door("preview", "--fast", "--source", film(("collins", 6)), "--record", out)
    assert (said.code, said.out, said.err) == (0, "", "")
    assert frames_of(out) == [(512, 512, 3)] * 6
    # It is the real door that is watched: it decides, acts and writes down.
    assert (door.folder / "opened").read_text() == "Eileen Collins\n"
    assert states_of(door) == ["started", "stopped"]


@models
def test_a_recording_that_cannot_be_written(door, film) -> None:
    out = door.folder / "missing" / "out.mp4"
    said = door("preview", "--fast", "--source", film(("empty", 3)), "--record", out)
    assert said.code == 1
    assert said.err == (
        f"accessctl: Cannot write a video to {out}; name a .mp4 file in a writable folder.\n"
    )


@models
def test_it_ends_after_so_many_seconds(door, film) -> None:
    out = door.folder / "out.mp4"
    said = door("preview", "--seconds", "0", "--source", film(("empty", 3)), "--record", out)
    assert said.code == 0
    assert not out.exists()


@models
def test_the_demo_can_be_previewed_too(door) -> None:
    out = door.folder / "out.mp4"
    said = door("preview", "--seconds", "0", "--source", "demo", "--record", out)
    assert said.code == 0
    people = [event.data["change"] for event in door.events() if event.kind == "person"]
    assert people == ["enrolled"]
    assert door.people() == []


class FakeWindow:
    pass


@pytest.mark.parametrize(
    ("record", "there", "kinds"),
    [
        (None, True, [FakeWindow]),
        (Path("out.mp4"), True, [screen.Recording, FakeWindow]),
        (Path("out.mp4"), False, [screen.Recording]),
    ],
)
def test_what_is_shown_where(record: Path | None, there: bool, kinds: list[type]) -> None:
    def window() -> FakeWindow:
        if not there:
            raise DisplayError("There is none.")
        return FakeWindow()

    opened = run.open_screen(record, Config(), window=window)
    assert [type(one) for one in opened._screens] == kinds


def test_a_recording_plays_at_the_cameras_rate() -> None:
    rates: list[float] = []
    run.open_screen(
        Path("out.mp4"),
        Config(camera=CameraConfig(fps=7)),
        recording=lambda path, fps: rates.append(fps),
        window=FakeWindow,
    )
    assert rates == [7]


@models
@pytest.mark.display
def test_the_door_in_a_window(door, film, pictures, display) -> None:
    door("enroll", "Eileen Collins", pictures("collins"))
    door.configure(camera={"fps": 5})
    command = ["preview", "--source", str(film(("collins", 300)))]
    with subprocess.Popen(
        [sys.executable, "-m", "accessctl", *command, "--config", str(door.config)],
        env={**os.environ, "DISPLAY": display.name},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            window = display.wait_for_window(screen.TITLE)
            # The screen behind is black, and so is an empty window; her suit is not.
            display.wait_for_picture(window, lambda: bright(display.colour(300, 300)))
            display.press(window, "space")
            display.press(window, "space")
            display.press_until(window, "q", lambda: process.poll() is not None)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert states_of(door) == ["started", "stopped"]


def states_of(door) -> list[str]:
    """How the door fared; which gallery and configuration count is on record besides."""
    states = [event.data["state"] for event in door.events() if event.kind == "service"]
    return [state for state in states if not state.startswith(("gallery_", "config_"))]


def bright(colour: tuple[int, int, int]) -> bool:
    return max(colour) > 100
