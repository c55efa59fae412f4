import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.v4l2 import (
    CAPABILITY,
    QUERYCAP,
    REQBUFS,
    Driver,
    ask_driver,
    why_not,
)

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
