import re
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.redaction import redact, redacted_text, unescaped

WORDS = ("password", "Passwd", "PWD", "pass", "token", "key", "secret", "auth", "apikey", "my_pass")
SECRET = "Zq7Xw9"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://10.0.0.5:554/live", "rtsp://10.0.0.5:554/live"),
        ("rtsp://admin:secret@10.0.0.5/live", "rtsp://***@10.0.0.5/live"),
        ("rtsp://admin:p@ss/w#rd?@10.0.0.5/live", "rtsp://***@10.0.0.5/live"),
        ("http://cam/v.cgi?user=a&pwd=secret", "http://cam/v.cgi?user=***&pwd=***"),
        ("http://cam/v.cgi?pwd=a=b;x=1#t", "http://cam/v.cgi?pwd=***"),
        ("http://cam/v.cgi?x=1;y=2", "http://cam/v.cgi?x=***;y=***"),
        ("http://cam/v?secret", "http://cam/v?***"),
        ("http://cam/v?other&a=1", "http://cam/v?***&a=***"),
        ("http://cam/v?key1234=1", "http://cam/v?***"),
        ("admin:secret@cam", "***@cam"),
        ("/videos/door.mp4", "/videos/door.mp4"),
        (
            "rtsp://dvr/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream",
            "rtsp://dvr/user=admin_password=***",
        ),
        ("rtsp://dvr/user=admin&password=&channel=1", "rtsp://dvr/user=admin&password=***"),
        ("http://nvr/live/TOKEN/abc/1.m3u8", "http://nvr/live/TOKEN/***"),
        ("http://nvr/p%61ss=abc", "http://nvr/***"),
        ("rtsp://password.example/live", "rtsp://password.example/live"),
        ("rtsp:/admin:abc@host/1", "rtsp:/***@host/1"),
    ],
)
def test_secrets_are_hidden(url: str, shown: str) -> None:
    assert redact(url) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize("closing", [";", ",", ".", ":", ")", "').", '"'])
@pytest.mark.parametrize(
    "address", ["rtsp://dvr/password=abc", "http://cam/v?pwd=abc", "http://c/1"]
)
def test_what_closes_an_address_in_a_sentence_is_left(address: str, closing: str) -> None:
    for behind in (" try again", "", "\n"):
        said = redacted_text(f"Cannot open {address}{closing}{behind}")
        assert said == f"Cannot open {redact(address)}{closing}{behind}"


PRINTABLE = st.text(string.printable, min_size=1, max_size=20)
# What may stand round a secret in an address.
AROUND = st.text(string.ascii_lowercase + string.digits + "/?&=;:#_-.%", max_size=12)


@given(password=PRINTABLE)
def test_no_part_of_a_password_before_the_host_remains(password: str) -> None:
    assert redact(f"rtsp://user:{password}@camera.example/live") == "rtsp://***@camera.example/live"


@given(secret=st.text(string.ascii_letters + string.digits, min_size=8, max_size=20))
def test_no_query_value_remains(secret: str) -> None:
    assert secret not in redact(f"http://c/v?a={secret}&b={secret};{secret}#{secret}")


@given(before=AROUND, word=st.sampled_from(WORDS), between=AROUND, after=AROUND)
def test_nothing_that_follows_such_a_word_remains_wherever_it_stands(
    before: str, word: str, between: str, after: str
) -> None:
    url = f"rtsp://camera.example/{before}{word}{between}{SECRET}{after}"
    assert SECRET not in redact(url)
    assert SECRET not in redacted_text(f"Cannot open {url} now")
    assert redact(url).startswith("rtsp://camera.example/")


@given(before=AROUND, word=st.sampled_from(WORDS), secret=PRINTABLE)
def test_a_word_that_is_escaped_is_seen(before: str, word: str, secret: str) -> None:
    escaped = "".join(f"%{ord(letter):02X}" for letter in word)
    url = f"http://camera.example/x{before}{escaped}={quote(SECRET + secret, safe='')}"
    assert SECRET not in redact(url)


@given(st.text(max_size=60))
def test_any_text_is_taken(text: str) -> None:
    assert redact(redact(text)) == redact(text)
    redacted_text(text)


@pytest.mark.parametrize(
    ("url", "way_out"),
    [
        ("rtsp://admin:pa#ss@host", "write # as %23"),
        ("rtsp://admin:pa/s?s@host:554/1", "write / as %2F and ? as %3F"),
        ("rtsp://admin:12#3@host", "write # as %23"),
        ("https://key/x:y@host", None),
        ("http://cam/a?mail=x@y", None),
        ("http://cam:80/a@b", None),
        ("rtsp://u:p@host/a@b#c", None),
        ("rtsp://admin:pa%23ss@host", None),
        ("rtsp://host/1", None),
        ("./a#b@c", None),
    ],
)
def test_what_ends_a_password_too_early(url: str, way_out: str | None) -> None:
    assert unescaped(url) == way_out


@given(password=st.text(string.printable, min_size=1, max_size=20))
def test_an_escaped_password_is_never_in_the_way(password: str) -> None:
    assert unescaped(f"rtsp://admin:{quote(password, safe='')}@camera.example/live") is None


@pytest.mark.parametrize("part", ["x", "x:", "a&", "token&", "http:/", "://"])
def test_a_megabyte_takes_no_longer_than_reading_it(part: str) -> None:
    # Where each letter is a place to begin anew, this would take hours.
    for said in (part * (1_000_000 // len(part)), "http://h/?" + part * (1_000_000 // len(part))):
        assert redacted_text(said) == redacted_text(redacted_text(said))


REFERENCE = re.compile(r"[a-z][a-z0-9+.-]*:/{1,2}\S+", re.IGNORECASE | re.ASCII)


@given(said=st.text("aZ1+-.:/@ \n§;", max_size=30))
def test_an_address_begins_where_its_scheme_does(said: str) -> None:
    def shown(found: re.Match[str]) -> str:
        address = found[0].rstrip(";,.:)]\"'")
        return redact(address) + found[0][len(address) :]

    assert redacted_text(said) == REFERENCE.sub(shown, said)
