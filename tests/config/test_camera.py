import pytest
from pydantic import ValidationError

from accessctl.config.camera import CameraConfig


def complaint(**fields: object) -> str:
    with pytest.raises(ValidationError) as caught:
        CameraConfig(**fields)  # type: ignore[arg-type]  # what a file may say
    return str(caught.value)


@pytest.mark.parametrize("usb_id", ["046d:0825", "046D:0825", "0000:ffff"])
def test_a_camera_is_pinned_by_vendor_and_product(usb_id: str) -> None:
    assert CameraConfig(usb_id=usb_id, usb_serial="A1").usb_id == usb_id


@pytest.mark.parametrize(
    "usb_id", ["046d", "046d:825", "046d:0825:1", "046g:0825", "", " 046d:0825"]
)
def test_what_is_no_usb_id_is_refused(usb_id: str) -> None:
    assert "usb_id" in complaint(usb_id=usb_id)


def test_a_serial_alone_pins_nothing() -> None:
    assert "usb_serial needs usb_id beside it" in complaint(usb_serial="A1")


def test_a_network_camera_cannot_be_pinned() -> None:
    said = complaint(usb_id="046d:0825", source="rtsp://cam/live")
    assert "usb_id names a USB camera, but source is a network camera" in said


def test_virtual_devices_are_refused_unless_allowed() -> None:
    assert CameraConfig().allow_virtual is False


def test_whatever_happens_to_a_camera_is_noticed_within_five_seconds() -> None:
    """The reader looks every half second whether something is overdue."""
    config = CameraConfig()
    limits = (config.open_timeout_s, config.read_timeout_s, config.frozen_after_s)
    assert max(limits) + 0.5 <= 5
    assert config.dark_after_s < 5
