from collections.abc import Iterator

from accessctl.camera.usb_device import CameraIdentity
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError
from accessctl.service import cameras as listing
from accessctl.service.cameras import Listed, cameras
from accessctl.service.checks.camera import Look

REAL = CameraIdentity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=False)
OTHER = CameraIdentity("video2", "1bcf:2c99", None, "Other", "uvcvideo", virtual=False)
SEEN = Look(14.97, 1280, 720, 0.5)


def found() -> Iterator[tuple[str, CameraIdentity]]:
    yield "/dev/video0", REAL
    yield "/dev/video2", OTHER


def test_each_camera_is_looked_at_and_one_that_gives_nothing_says_why() -> None:
    def look_at(device: str) -> Look:
        if device == "/dev/video2":
            raise CameraError("It is busy.")
        return SEEN

    listed = list(cameras(CameraConfig(), found=found, look_at=look_at))
    assert listed == [
        Listed("/dev/video0", REAL, SEEN, None),
        Listed("/dev/video2", OTHER, None, "It is busy."),
    ]


def test_where_nothing_is_attached_nothing_is_listed() -> None:
    assert list(cameras(CameraConfig(), found=lambda: iter(()))) == []


def test_a_camera_is_opened_as_the_door_would_whichever_it_must_be(monkeypatch) -> None:
    asked = []

    def look(source, config, *, seconds):
        asked.append((source.device, source.config, config, seconds))
        return SEEN

    monkeypatch.setattr(listing, "look", look)
    pinned = CameraConfig(usb_id="046d:0825", usb_serial="5FB1", width=640, height=480)
    assert [one.seen for one in cameras(pinned, found=found)] == [SEEN, SEEN]
    free = CameraConfig(width=640, height=480)
    assert [device for device, *_ in asked] == ["/dev/video0", "/dev/video2"]
    for _, source, config, seconds in asked:
        assert source.model_dump() == config.model_dump() == free.model_dump()
        assert seconds == 1.5
