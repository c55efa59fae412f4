"""What a person may be called, and when two names are the same."""

import difflib
import unicodedata
from collections.abc import Iterable

from accessctl.errors import BadNameError

MAX_NAME_CHARACTERS = 100
# Control characters, lone surrogates, line and paragraph separators.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn the reading direction: a name could be shown as somebody else's.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(name: str) -> str:
    """The name as it is kept: NFC, trimmed, single blanks; BadNameError."""
    text = " ".join(part for part in unicodedata.normalize("NFC", name).split(" ") if part)
    if any(unicodedata.category(c) in _FORBIDDEN_CATEGORIES or c in _BIDI_CONTROLS for c in text):
        raise BadNameError(
            f"The name {name!a} holds control characters; use letters, digits and blanks."
        )
    text = text.strip()
    if not text:
        raise BadNameError("The name is empty; give at least one character.")
    if len(text) > MAX_NAME_CHARACTERS:
        raise BadNameError(
            f"The name has {len(text)} characters; use at most {MAX_NAME_CHARACTERS}."
        )
    return text


def name_key(name: str) -> str:
    """Equal for names that differ in case or composition only (Unicode caseless match)."""
    folded = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded))


def close_names(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Up to `limit` of the known names that are spelt like `name`, the closest first."""
    by_key = {name_key(other): other for other in known}
    close = difflib.get_close_matches(name_key(name), by_key, n=limit, cutoff=0.6)
    return [by_key[key] for key in close]
