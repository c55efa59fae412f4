import hashlib

import pytest

from accessctl.audit.chain import GENESIS, link, record_bytes


def test_a_record_is_compact_ascii_json() -> None:
    assert (
        record_bytes(7, 1.5, "decision", "ä", '{"a":1}')
        == b'[7,1.5,"decision","\\u00e4","{\\"a\\":1}"]'
    )
    assert record_bytes(1, 0.1, "service", None, "{}") == b'[1,0.1,"service",null,"{}"]'


def test_the_hash_covers_the_one_before() -> None:
    assert GENESIS.hex() == hashlib.sha256(b"accessctl event log 1").hexdigest()
    assert link(GENESIS, b"x") == hashlib.sha256(GENESIS + b"x").digest()


@pytest.mark.parametrize(
    "values",
    [(1, "x", None, "{}"), (1.0, b"x", None, "{}"), (1.0, "x", 3, "{}"), (1.0, "x", "", 1)],
)
def test_what_no_record_has_is_refused(values: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="record"):
        record_bytes(1, *values)
