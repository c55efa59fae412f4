import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.camera.usb_device import (
    CAPABILITY,
    QUERYCAP,
    REQBUFS,
    CameraIdentity,
    Driver,
    ask_driver,
    identify,
    identity_of,
    objection,
    sysfs_entry,
    why_not,
)
from accessctl.config.camera import CameraConfig
from accessctl.errors import CameraError


def test_a_usb_camera_is_known_by_its_own_numbers_not_its_hubs(sysfs: Any) -> None:
    found = identity_of(sysfs.add_usb_camera())
    assert found == CameraIdentity(
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


REAL = CameraIdentity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=False)
VIRTUAL = CameraIdentity("video0", None, None, "OBS", None, virtual=True)
FORGED = CameraIdentity("video0", "046d:0825", "5FB1", "Webcam C270", "uvcvideo", virtual=True)


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
    identity: CameraIdentity, config: CameraConfig, expected: str | None
) -> None:
    said = objection(identity, config)
    assert said is None if expected is None else expected in str(said)


def test_a_camera_without_a_serial_number_is_not_the_pinned_one() -> None:
    other = CameraIdentity("video0", "046d:0825", None, "Webcam C270", "uvcvideo", virtual=False)
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


CAPTURE, METADATA, STREAMING = 0x1, 0x00800000, 0x04000000
DEVICE_CAPS = 0x80000000


def kernel(
    *, all_nodes: int = CAPTURE | STREAMING, this_node: int = 0, streams: int | None = None,
    name: bytes = b"uvcvideo", card: bytes = b"HD Webcam C525",
):  # fmt: skip
    """Answers QUERYCAP, and REQBUFS with the error number `streams`."""

    def ioctl(descriptor: int, request: int, buffer: bytearray) -> int:
        if request == QUERYCAP:
            buffer[:] = CAPABILITY.pack(name, card, b"usb-1", 0x60100, all_nodes, this_node)
        else:
            assert request == REQBUFS
            assert len(buffer) == 20
            assert buffer[:12] == b"\0\0\0\0\1\0\0\0\1\0\0\0"
            if streams is not None:
                raise OSError(streams, "no")
        return 0

    return ioctl


@pytest.fixture
def device(tmp_path: Path) -> str:
    (tmp_path / "video0").touch()
    return str(tmp_path / "video0")


def test_requests_are_those_of_the_kernel() -> None:
    """_IOR('V', 0, 104 bytes) and _IOWR('V', 8, 20 bytes) of asm-generic/ioctl.h."""
    assert CAPABILITY.size == 104
    read, write = 2 << 30, 1 << 30
    assert read | 104 << 16 | ord("V") << 8 | 0 == QUERYCAP
    assert read | write | 20 << 16 | ord("V") << 8 | 8 == REQBUFS


@pytest.mark.parametrize(
    ("all_nodes", "this_node", "captures"),
    [
        (CAPTURE, 0, True),
        (0x1000, 0, True),
        (METADATA, 0, False),
        (DEVICE_CAPS | CAPTURE | METADATA, METADATA, False),
        (DEVICE_CAPS | CAPTURE | METADATA, CAPTURE, True),
    ],
)
def test_what_counts_is_what_this_node_can_do(
    all_nodes: int, this_node: int, captures: bool
) -> None:
    ioctl = kernel(all_nodes=all_nodes, this_node=this_node)
    assert ask_driver(3, ioctl) == Driver("uvcvideo", "HD Webcam C525", captures)


def test_a_device_may_claim_any_name() -> None:
    found = ask_driver(3, kernel(card=b"\x1b[2J\xff\n\0rest"))
    assert found is not None
    assert found.card.isprintable()
    assert found.card.startswith("?[2J")


def test_a_camera_that_another_program_uses(device: str) -> None:
    assert str(why_not(device, kernel(streams=errno.EBUSY))) == (
        f"Camera {device} is busy; end the program that uses it (`fuser {device}` names it)."
    )


def test_a_camera_that_nobody_uses_and_yet_does_not_start(device: str) -> None:
    said = str(why_not(device, kernel()))
    assert said.startswith(f"Camera {device} (HD Webcam C525) does not start; unplug it")
    assert str(why_not(device, kernel(streams=errno.EINVAL))) == said


def test_the_node_that_carries_metadata(device: str) -> None:
    assert "gives no pictures" in str(why_not(device, kernel(all_nodes=METADATA)))


def test_what_is_no_video_device(device: str) -> None:
    """The kernel itself says so of a plain file."""
    assert str(why_not(device)) == (
        f"{device} is not a camera; name another one with camera.source."
    )
    assert "is not a camera" in str(why_not("/dev/null"))


def test_a_device_that_goes_away_meanwhile(device: str) -> None:
    Path(device).unlink()
    assert "cannot be opened (No such file or directory)" in str(why_not(device))


def test_a_device_that_lets_only_one_open_it(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr("os.open", refuse)
    assert f"Camera {device} is busy" in str(why_not(device))


@given(name=st.binary(max_size=16), card=st.binary(max_size=32))
def test_whatever_a_driver_answers_is_printable(name: bytes, card: bytes) -> None:
    driver = ask_driver(0, kernel(name=name, card=card))
    assert driver is not None
    assert driver.name.isprintable()
    assert driver.card.isprintable()
