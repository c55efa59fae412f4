import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.spec import SourceKind, SourceSpec, parse_source
from accessctl.errors import SourceError


@pytest.mark.parametrize(
    ("spec", "kind", "value"),
    [
        ("auto", SourceKind.AUTO, ""),
        (" demo ", SourceKind.REGISTERED, "demo"),
        ("0", SourceKind.USB, "/dev/video0"),
        ("usb:2", SourceKind.USB, "/dev/video2"),
        ("/dev/video7", SourceKind.USB, "/dev/video7"),
        ("/dev/v4l/by-id/usb-cam", SourceKind.USB, "/dev/v4l/by-id/usb-cam"),
        ("rtsp://a:b@cam:554/live", SourceKind.STREAM, "rtsp://a:b@cam:554/live"),
        ("HTTPS://cam/video", SourceKind.STREAM, "HTTPS://cam/video"),
        ("http://[::1]:80/v", SourceKind.STREAM, "http://[::1]:80/v"),
        ("door.mp4", SourceKind.PATH, "door.mp4"),
        ("./demo", SourceKind.PATH, "./demo"),
        ("C:videos", SourceKind.PATH, "C:videos"),
    ],
)
def test_understood(spec: str, kind: SourceKind, value: str) -> None:
    assert parse_source(spec) == SourceSpec(kind, value)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "   ",
        "usb:",
        "usb:front",
        "USB:1",
        "ftp://cam/video",
        "rtsp://",
        "rtsp:///live",
        "http://cam:0/",
        "http://cam:99999/",
        "http://cam:port/",
        "http://[::1/",
        "http://cam/a b",
        "a\x00b",
        "a\nb",
        "x" * 5000,
    ],
)
def test_refused_with_a_list_of_what_is_understood(spec: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_source(spec)
    message = str(caught.value)
    for word in ("auto", "usb:0", "/dev/video0", "rtsp://", "http://", "folder", "demo"):
        assert word in message
    assert len(message) < 300
    assert "\n" not in message
    assert "\x00" not in message


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(SourceError) as caught:
        parse_source("ftp://user:hunter2@cam/video")
    assert "hunter2" not in str(caught.value)


@given(st.text())
def test_any_text_is_understood_or_refused(spec: str) -> None:
    try:
        parsed = parse_source(spec)
    except SourceError:
        return
    assert parsed.kind is SourceKind.AUTO or parsed.value
    assert parsed.value.isprintable()


@given(st.integers(0, 999))
def test_an_index_and_its_device_mean_the_same(index: int) -> None:
    assert (
        parse_source(str(index))
        == parse_source(f"usb:{index}")
        == parse_source(f"/dev/video{index}")
    )


@given(st.text(st.characters(categories=("L", "N")), min_size=1))
def test_a_relative_path_with_a_dot_is_always_a_path(name: str) -> None:
    assert parse_source(f"./{name}") == SourceSpec(SourceKind.PATH, f"./{name}")
