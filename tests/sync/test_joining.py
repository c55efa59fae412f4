from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import InputError
from accessctl.sync.joining import fingerprint_in, hub_url

DIGEST = bytes(range(32))


@pytest.mark.parametrize(
    "text",
    [
        f"SHA256:{DIGEST.hex().upper()}",
        f"sha256:{DIGEST.hex()}",
        f" {DIGEST.hex()}\n",
        "SHA256:" + DIGEST.hex(":"),
    ],
)
def test_a_fingerprint_as_people_copy_it(text: str) -> None:
    assert fingerprint_in(text) == DIGEST


@pytest.mark.parametrize("text", ["", "SHA256:", DIGEST.hex()[:-1], DIGEST.hex() + "0", "g" * 64])
def test_a_fingerprint_that_is_not_whole(text: str) -> None:
    with pytest.raises(InputError, match="64 hex digits"):
        fingerprint_in(text)


@given(st.text("0123456789abcdefABCDEFSHAsha: \n\u0660", max_size=80))
def test_any_text_is_a_fingerprint_or_refused(text: str) -> None:
    with suppress(InputError):
        assert len(fingerprint_in(text)) == 32


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://hub:8443", "https://hub:8443"),
        (" https://192.0.2.7:8443/ ", "https://192.0.2.7:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://hub.example", "https://hub.example"),
    ],
)
def test_an_address(text: str, url: str) -> None:
    assert hub_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "hub:8443",
        "http://hub:8443",
        "https://",
        "https://hub:port",
        "https://hub:70000",
        "https://me:secret@hub",
        "https://hub/path",
        "https://hub?x=1",
        "https://[hub",
    ],
)
def test_an_address_that_is_none(text: str) -> None:
    with pytest.raises(InputError, match="write it as https://hub:8443"):
        hub_url(text)
