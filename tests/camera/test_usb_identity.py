import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.camera.usb_identity import (
    Identity,
    identify,
    identity_of,
    objection,
    sysfs_entry,
)
from accessctl.config_camera import CameraConfig
from accessctl.errors import CameraError


def test_a_usb_camera_is_known_by_its_own_numbers_not_its_hubs(sysfs: Any) -> None:
    found = identity_of(sysfs.add_usb_camera())
    assert found == Identity(
        "video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=False
    )
    assert str(found) == "Webcam C270 (046d:0825, serial 5FB1)"


def test_a_camera_without_a_serial_number(sysfs: Any) -> None:
    found = identity_of(sysfs.add_usb_camera(serial=None))
    assert found.serial is None
    assert str(found) == "Webcam C270 (046d:0825)"


def test_the_link_of_the_class_leads_to_the_same_place(sysfs: Any) -> None:
    entry = sysfs.add_usb_camera()
    assert identity_of(sysfs.root / "class/video4linux/video0") == identity_of(entry)


def test_a_built_in_camera_is_real_and_has_no_usb_id(sysfs: Any) -> None:
    interface = sysfs.root / "devices/platform/soc/fe801000.csi"
    interface.mkdir(parents=True)
    sysfs.add_driver(interface, "unicam")
    found = identity_of(sysfs.add_node(interface, "video0", "unicam"))
    assert (found.usb_id, found.virtual) == (None, False)
    assert str(found) == "a built-in camera (unicam)"


def test_v4l2loopback_is_virtual_whatever_it_calls_itself(sysfs: Any) -> None:
    found = identity_of(sysfs.add_loopback())
    assert found.virtual
    assert found.usb_id is None
    assert str(found) == "a virtual device (no hardware behind it)"


def test_a_driver_that_says_it_is_a_loopback_is_virtual_wherever_it_lies(sysfs: Any) -> None:
    entry = sysfs.add_usb_camera()
    assert identity_of(entry, "v4l2 loopback").virtual
    assert not identity_of(entry, "uvcvideo").virtual


def test_a_test_pattern_driver_is_virtual(sysfs: Any) -> None:
    interface = sysfs.root / "devices/platform/vivid.0"
    interface.mkdir(parents=True)
    sysfs.add_driver(interface, "vivid")
    assert identity_of(sysfs.add_node(interface, "video0", "vivid")).virtual


@pytest.mark.parametrize("controller", ["vhci_hcd.0", "dummy_hcd.0"])
def test_usb_that_comes_over_the_network_or_from_a_program_is_virtual(
    sysfs: Any, controller: str
) -> None:
    entry = sysfs.add_usb_camera(below=f"devices/platform/{controller}/usb9")
    found = identity_of(entry)
    assert found.usb_id == "046d:0825"
    assert found.virtual


def test_names_from_a_device_cannot_write_on_the_terminal(sysfs: Any) -> None:
    entry = sysfs.add_usb_camera(serial="\x1b[2J\x07")
    assert str(identity_of(entry)).isprintable()


REAL = Identity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=False)
VIRTUAL = Identity("video0", None, None, "OBS", None, virtual=True)
FORGED = Identity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=True)


@pytest.mark.parametrize(
    ("identity", "config", "expected"),
    [
        (REAL, CameraConfig(), None),
        (REAL, CameraConfig(usb_id="046D:0825"), None),
        (REAL, CameraConfig(usb_id="046d:0825", usb_serial="5FB1"), None),
        (REAL, CameraConfig(usb_id="046d:0826"), "camera.usb_id asks for 046d:0826"),
        (REAL, CameraConfig(usb_id="046d:0825", usb_serial="5FB2"), "usb_serial asks for 5FB2"),
        (VIRTUAL, CameraConfig(), "any program can show the door any picture"),
        (VIRTUAL, CameraConfig(allow_virtual=True), None),
        (VIRTUAL, CameraConfig(allow_virtual=True, usb_id="046d:0825"), "usb_id asks for"),
        (FORGED, CameraConfig(usb_id="046d:0825", usb_serial="5FB1"), "virtual device (uvcvideo)"),
    ],
)
def test_what_the_configuration_forbids(
    identity: Identity, config: CameraConfig, expected: str | None
) -> None:
    said = objection(identity, config)
    assert said is None if expected is None else expected in str(said)


def test_a_camera_without_a_serial_number_is_not_the_pinned_one() -> None:
    other = Identity("video0", "046d:0825", None, "Webcam C270", "uvcvideo", virtual=False)
    assert objection(other, CameraConfig(usb_id="046d:0825", usb_serial="5FB1")) is not None


def number(major: int, minor: int, mode: int = 0o020660) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 0, 0, 0, 0, 0, 0, 0), {"st_rdev": os.makedev(major, minor)})


def test_a_device_is_found_by_its_number_whatever_it_is_called(
    sysfs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sysfs.add_usb_camera()
    loopback = sysfs.add_loopback("video7")
    (sysfs.root / "dev/char").mkdir(parents=True)
    (sysfs.root / "dev/char/81:7").symlink_to(loopback)
    monkeypatch.setattr(os, "stat", lambda _: number(81, 7))
    assert sysfs_entry("/dev/video0", sysfs.root) == loopback


def test_a_char_device_that_is_no_video_device(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="/dev/null is not a video device"):
        identify("/dev/null")
    (tmp_path / "video0").touch()
    with pytest.raises(CameraError, match="is not a video device"):
        identify(str(tmp_path / "video0"))
    with pytest.raises(CameraError, match="is not a video device"):
        identify(str(tmp_path / "absent"))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(claimed=st.binary(max_size=200))
def test_whatever_a_device_claims_is_one_short_printable_line(
    tmp_path: Path, claimed: bytes
) -> None:
    node = tmp_path / "usb" / "1-2" / "video4linux" / "video0"
    node.mkdir(parents=True, exist_ok=True)
    for name in ("idVendor", "idProduct", "serial", "product"):
        (tmp_path / "usb" / "1-2" / name).write_bytes(claimed)
    found = identity_of(node)
    assert str(found).isprintable()
    assert len(str(found)) < 600
