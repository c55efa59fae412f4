import re
import threading
from collections.abc import Iterator

import pytest

from accessctl.camera.fake import FakeSource, flat_shots
from accessctl.camera.usb import UsbSource
from accessctl.camera.usb_device import CameraIdentity
from accessctl.config import Config
from accessctl.config.camera import CameraConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.errors import CameraError, SourceError
from accessctl.service.camera_checks import (
    CameraSample,
    Listed,
    cameras,
    check_camera,
    check_infrared,
    infrared_of_running_door,
    judged,
    light,
    look,
    of_running_door,
)
from accessctl.service.checks import Level

USB = CameraConfig(source="/dev/video0", open_timeout_s=5)
LIVE = FakeSource([], live=True, endless=True)


def test_a_recording_is_looked_at_to_its_end():
    source = FakeSource([flat_shots([51] * 31, fps=100.0)])
    found = look(source, USB)
    assert (found.width, found.height) == (4, 3)
    assert found.fps == pytest.approx(100, rel=0.01)
    assert found.brightness == pytest.approx(0.2)


def test_a_camera_that_does_not_open_says_why():
    refusing = [CameraError("It is busy; close the other program.")] * 3
    source = FakeSource(refusing, live=True, endless=True)
    with pytest.raises(CameraError, match="It is busy"):
        look(source, USB)


def test_a_camera_that_dies_while_it_is_looked_at():
    gone = [*flat_shots([9, 9]), CameraError("It was unplugged.")]
    source = FakeSource([gone, gone], live=True, endless=True)
    with pytest.raises(CameraError, match="unplugged"):
        look(source, USB)


def test_the_address_of_a_snapshot_is_named_as_one():
    source = FakeSource(
        [[*flat_shots([9]), CameraError("It stopped.")]] * 3, live=True, endless=True
    )
    with pytest.raises(CameraError, match="the address of a snapshot"):
        look(source, CameraConfig(source="http://camera/snap.jpg"))


def test_a_camera_that_says_nothing_is_given_up():
    forever = threading.Event()
    source = FakeSource([[forever]] * 9, live=True, endless=True)
    hasty = USB.model_copy(update={"open_timeout_s": 0.05})
    with pytest.raises(CameraError):
        look(source, hasty)
    forever.set()


def test_a_recording_without_pictures():
    with pytest.raises(CameraError, match="sent no picture"):
        look(FakeSource([[]]), USB)


@pytest.mark.parametrize(
    ("fps", "size", "level"),
    [
        (15.0, (1280, 720), Level.OK),
        (10.6, (1280, 720), Level.OK),
        (10.4, (1280, 720), Level.WARNING),
        (15.0, (640, 480), Level.WARNING),
    ],
)
def test_a_usb_camera_is_held_to_what_was_asked_of_it(fps, size, level):
    camera, _ = judged(CameraSample(fps, *size, 0.4), LIVE, USB)
    assert camera.level is level
    assert f"{size[0]}x{size[1]} at {fps:.1f}" in camera.sentence


def test_a_network_camera_is_not():
    config = CameraConfig(source="rtsp://cam/1")
    camera, _ = judged(CameraSample(5.0, 640, 480, 0.4), LIVE, config)
    assert camera.level is Level.OK


@pytest.mark.parametrize(
    ("mean", "level"),
    [
        (0.0, Level.FAILURE),
        (0.05, Level.WARNING),
        (0.12, Level.OK),
        (0.9, Level.OK),
        (0.95, Level.WARNING),
    ],
)
def test_light(mean, level):
    assert light(mean).level is level


def test_the_demo_camera():
    patient = CameraConfig(source="demo", fps=30, open_timeout_s=120, read_timeout_s=60)
    camera, bright = check_camera(patient)
    assert (camera.level, bright.level) == (Level.OK, Level.OK)


def infrared_config(source: str | None) -> Config:
    return Config(
        camera=CameraConfig(source="/dev/video0", open_timeout_s=5),
        liveness=LivenessConfig(ir_source=source),
    )


@pytest.mark.parametrize(
    ("level_shown", "fps", "level", "said"),
    [
        (51, 100.0, Level.OK, r"fake camera: 4x3 at 1\d\d\.\d frames a second\."),
        (3, 100.0, Level.WARNING, "black; is its lamp on"),
        (51, 3.0, Level.WARNING, "less than 4 are too few"),
    ],
)
def test_an_infrared_camera_is_looked_at(level_shown, fps, level, said):
    source = FakeSource([flat_shots([level_shown] * 4, fps=fps)])
    config = infrared_config("/dev/video2")
    (finding,) = check_infrared(config, lambda *_, **__: source)
    assert (finding.subject, finding.level) == ("infrared", level)
    assert re.search(said, finding.sentence)


def test_where_there_is_no_infrared_camera_nothing_is_said():
    assert list(check_infrared(infrared_config(None))) == []
    assert list(infrared_of_running_door({"camera": {}})) == []


def test_an_infrared_source_that_is_none_says_so():
    with pytest.raises(SourceError, match="names the same camera"):
        list(check_infrared(infrared_config("usb:0")))


@pytest.mark.parametrize(
    ("error", "level", "said"),
    [
        (None, Level.OK, "USB camera /dev/video2 shows something"),
        ("It was unplugged.", Level.FAILURE, "nobody alive without it: It was unplugged."),
    ],
)
def test_a_running_door_is_believed_of_its_infrared_camera(error, level, said):
    report = {"infrared": {"description": "USB camera /dev/video2", "error": error}}
    (finding,) = infrared_of_running_door(report)
    assert (finding.level, finding.subject) == (level, "infrared")
    assert said in finding.sentence


@pytest.mark.parametrize(
    ("state", "error", "level", "said"),
    [
        ("watching", None, Level.OK, "1280x720 at 14.9"),
        ("opening", None, Level.WARNING, "waits for the first picture"),
        ("lost", "It was unplugged.", Level.FAILURE, "It was unplugged."),
    ],
)
def test_a_running_door_is_believed(state, error, level, said):
    camera = {"description": "USB camera", "state": state, "error": error}
    size = {"width": 1280, "height": 720, "fps": 14.9}
    (finding,) = of_running_door({"camera": camera | size})
    assert finding.level is level
    assert said in finding.sentence


@pytest.mark.parametrize(
    ("told", "level"), [("upside_down", Level.FAILURE), ("on_its_side", Level.WARNING)]
)
def test_a_running_door_says_how_its_camera_stands(told, level):
    camera = {"description": "USB camera", "state": "watching", "error": None}
    size = {"width": 1280, "height": 720, "fps": 14.9}
    _, finding = of_running_door({"camera": camera | size | {told: True}})
    assert (finding.level, finding.subject) == (level, "upright")
    assert "camera.rotate" in finding.sentence


@pytest.mark.parametrize(
    ("told", "more", "level", "subject", "said"),
    [
        ({"failed": 3}, {}, Level.WARNING, "frames", "failed on 3 frames"),
        ({"behind_s": 4.0}, {}, Level.WARNING, "delay", "4.0 s later"),
        ({"upside_down": True}, {}, Level.FAILURE, "upright", "upside down"),
        ({}, {"scenery": 1}, Level.WARNING, "furniture", "1 face in view does not move"),
        ({}, {"scenery": 2}, Level.WARNING, "furniture", "2 faces in view do not move"),
    ],
)
def test_each_condition_that_a_running_door_reports_is_told(told, more, level, subject, said):
    camera = {"state": "watching", "error": None, "width": 640, "height": 360, "fps": 15.0}
    (_, finding) = of_running_door({"camera": camera | told} | more)
    assert (finding.level, finding.subject) == (level, subject)
    assert said in finding.sentence


def test_of_a_door_that_is_well_nothing_else_is_said():
    camera = {"state": "watching", "error": None, "width": 640, "height": 360, "fps": 15.0}
    well = {"failed": 0, "behind_s": 0.1, "upside_down": False}
    assert len(list(of_running_door({"camera": camera | well, "scenery": 0}))) == 1


REAL = CameraIdentity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=False)
OTHER = CameraIdentity("video2", "1bcf:2c99", None, "Other", "uvcvideo", virtual=False)
SEEN = CameraSample(14.97, 1280, 720, 0.5)


def found() -> Iterator[tuple[str, CameraIdentity]]:
    yield "/dev/video0", REAL
    yield "/dev/video2", OTHER


def test_each_camera_is_looked_at_and_one_that_gives_nothing_says_why() -> None:
    def look(source: UsbSource, config: CameraConfig, *, seconds: float) -> CameraSample:
        if source.device == "/dev/video2":
            raise CameraError("It is busy.")
        return SEEN

    listed = list(cameras(CameraConfig(), found=found, look=look))
    assert listed == [
        Listed("/dev/video0", REAL, SEEN, None),
        Listed("/dev/video2", OTHER, None, "It is busy."),
    ]


def test_where_nothing_is_attached_nothing_is_listed() -> None:
    assert list(cameras(CameraConfig(), found=lambda: iter(()))) == []


def test_a_camera_is_opened_as_the_door_would_whichever_it_must_be() -> None:
    asked = []

    def look(source, config, *, seconds):
        asked.append((source.device, source.config, config, seconds))
        return SEEN

    pinned = CameraConfig(usb_id="046d:0825", usb_serial="5FB1", width=640, height=480)
    assert [one.seen for one in cameras(pinned, found=found, look=look)] == [SEEN, SEEN]
    free = CameraConfig(width=640, height=480)
    assert [device for device, *_ in asked] == ["/dev/video0", "/dev/video2"]
    for _, source, config, seconds in asked:
        assert source.model_dump() == config.model_dump() == free.model_dump()
        assert seconds == 1.5
