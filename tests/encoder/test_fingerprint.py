import hashlib

from accessctl.encoder.fingerprint import combined


def test_lines_are_hashed_as_a_text():
    assert combined(["a", "b"]) == hashlib.sha256(b"a\nb\n").hexdigest()


def test_order_and_borders_count():
    assert len({combined(lines) for lines in (["ab"], ["a", "b"], ["b", "a"], [])}) == 4
