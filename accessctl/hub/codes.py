"""Codes that a person types once: 100 random bits in letters that are not taken for one another.

Whoever keeps one keeps its hash.
"""

import hashlib
import re
from collections.abc import Callable

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 that are not taken for one another; what was typed for 0, O, 1 and I is none of them."""
CODE_LETTERS, CODE_GROUP = 20, 5


def new_code(random_bytes: Callable[[int], bytes]) -> str:
    """As people are shown it, in groups."""
    code = "".join(LETTERS[byte % len(LETTERS)] for byte in random_bytes(CODE_LETTERS))
    return "-".join(code[at : at + CODE_GROUP] for at in range(0, CODE_LETTERS, CODE_GROUP))


def code_hash(code: str, purpose: str) -> bytes:
    """Of a code in any case, with or without its dashes and blanks; `purpose` keeps a code for one
    thing from being good for another."""
    letters = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(f"accessctl {purpose}\0{letters}".encode()).digest()
