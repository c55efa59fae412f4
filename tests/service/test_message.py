import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.errors import InputError
from accessctl.service.message import (
    MAX_LINE,
    accepted,
    parse_request,
    refused,
    request_line,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.text(max_size=8).filter(lambda key: key != "command"), VALUES, max_size=4
)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_sentence(line):
    try:
        command, fields = parse_request(line)
    except InputError as error:
        assert str(error).endswith(".")  # noqa: PT017 - whether it is refused is free
    else:
        assert isinstance(command, str)
        assert isinstance(fields, dict)


@settings(deadline=None)
@given(VALUES)
def test_any_json_is_read_or_refused(value):
    line = json.dumps(value).encode()
    if isinstance(value, dict) and value.get("command") == "a":
        assert parse_request(line)[0] == "a"
    else:
        with pytest.raises(InputError):
            parse_request(line)


@settings(deadline=None)
@given(FIELDS)
def test_what_is_written_is_read_again_from_one_line(fields):
    line = request_line("status", fields)
    assert line.endswith(b"\n")
    assert len(line.splitlines()) == 1
    assert parse_request(line) == ("status", fields)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b'"status"',
        b"{}",
        b'{"command": 1}',
        b'{"command": ""}',
        b'{"command": "Status"}',
        b'{"command": "status\\n"}',
        b'{"command": "a", "command": "b"}',
        b'{"command": "a", "x": {"y": 1, "y": 2}}',
        b'{"command": "a", "x": NaN}',
        b'{"command": "a", "x": Infinity}',
        b'{"command": "a", "x": 1e999}',
        b'{"command": "a"} {}',
        b"\xff",
        b"[" * MAX_LINE,
        b'{"x":' * 800,
    ],
)
def test_what_is_no_request(line):
    with pytest.raises(InputError):
        parse_request(line)


def test_the_length_of_a_request_is_bounded_on_both_sides():
    assert parse_request(b'{"command": "a"}'.ljust(MAX_LINE))[0] == "a"
    with pytest.raises(InputError, match="4096"):
        parse_request(b'{"command": "a"}'.ljust(MAX_LINE + 1))
    with pytest.raises(InputError, match="4096"):
        request_line("a", {"x": "y" * MAX_LINE})


def test_replies():
    assert json.loads(accepted({"people": 3})) == {"ok": True, "people": 3}
    assert json.loads(refused("No.\u2028")) == {"ok": False, "error": "No.\u2028"}
    assert len(refused("No.\u2028\n").splitlines()) == 1
    with pytest.raises(ValueError, match="JSON"):
        accepted({"fps": float("nan")})
