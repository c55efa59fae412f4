import hashlib
import hmac
import stat

import pytest

from accessctl.audit.head import End, HeadFile

TOO_LARGE = b"accessctl head 1 %s %s %s\n" % (b"9" * 20, b"a" * 64, b"b" * 64)
ENDS = [End(number, bytes([number]) * 32) for number in range(1, 5)]


def test_the_latest_end_is_read_back_and_the_file_is_private(head: HeadFile) -> None:
    assert not head.exists()
    for end in ENDS:
        head.write(end)
        assert head.read() == end
    assert stat.S_IMODE(head.path.stat().st_mode) == 0o600


def test_a_torn_write_leaves_the_end_before(head: HeadFile) -> None:
    for end in ENDS[:2]:
        head.write(end)
    content = bytearray(head.path.read_bytes())
    content[20] ^= 1  # in the slot of number 2, the first one
    head.path.write_bytes(content)
    assert head.read() == ENDS[0]


def test_a_late_write_of_another_process_does_not_take_it_back(head: HeadFile) -> None:
    head.write(ENDS[2])
    head.write(ENDS[1])
    assert head.read() == ENDS[2]


def test_nobody_makes_one_without_the_key(head: HeadFile) -> None:
    HeadFile(head.path, b"x" * 32).write(ENDS[0])
    assert head.read() is None


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 1000, b"accessctl head 1 x y z\n", b"\xff" * 340, TOO_LARGE]
)
def test_rubbish_is_no_head(head: HeadFile, content: bytes) -> None:
    head.path.parent.mkdir()
    head.path.write_bytes(content)
    assert head.read() is None


def test_a_seal_is_for_one_purpose(head: HeadFile) -> None:
    seal = head.seal(b"one", ENDS[0])
    message = b"one\0" + bytes([0] * 7 + [1]) + ENDS[0].hash
    assert seal == hmac.new(b"k" * 32, message, hashlib.sha256).digest()
    assert head.vouches(b"one", ENDS[0], seal)
    assert not head.vouches(b"two", ENDS[0], seal)
    assert not head.vouches(b"one", ENDS[1], seal)
