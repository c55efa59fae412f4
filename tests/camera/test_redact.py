import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.redact import redact


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://10.0.0.5:554/live", "rtsp://10.0.0.5:554/live"),
        ("rtsp://admin:secret@10.0.0.5/live", "rtsp://***@10.0.0.5/live"),
        ("rtsp://admin:p@ss/w#rd?@10.0.0.5/live", "rtsp://***@10.0.0.5/live"),
        ("http://cam/v.cgi?user=a&pwd=secret", "http://cam/v.cgi?user=***&pwd=***"),
        ("http://cam/v.cgi?pwd=a=b;x=1#t", "http://cam/v.cgi?pwd=***;x=***"),
        ("http://cam/v?secret", "http://cam/v?***"),
        ("http://cam/v?secret&a=1", "http://cam/v?***&a=***"),
        ("admin:secret@cam", "***@cam"),
        ("/videos/door.mp4", "/videos/door.mp4"),
    ],
)
def test_secrets_are_hidden(url: str, shown: str) -> None:
    assert redact(url) == shown


PRINTABLE = st.text(string.printable, min_size=1, max_size=20)


@given(password=PRINTABLE)
def test_no_part_of_a_password_before_the_host_remains(password: str) -> None:
    assert redact(f"rtsp://user:{password}@camera.example/live") == "rtsp://***@camera.example/live"


@given(secret=st.text(string.ascii_letters + string.digits, min_size=8, max_size=20))
def test_no_query_value_remains(secret: str) -> None:
    assert secret not in redact(f"http://c/v?a={secret}&b={secret};{secret}#{secret}")
