"""Names as they are seen: two that look the same are one name to whoever reads them.

Look-alikes are compared by their skeletons (Unicode Technical Standard #39, with Unicode's own
table of confusable characters), with compatibility characters unfolded (NFKC) and whatever is not
seen taken out. An emoji's parts are joined by characters that are not seen: there they belong.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files

JOINERS = "\u200c\u200d"
TEXT_STYLE, EMOJI_STYLE = "\ufe0e", "\ufe0f"
KEYCAP, BLACK_FLAG, LAST_TAG = "\u20e3", "\U0001f3f4", "\U000e007f"
VIRAMA = 9
"""Combining class of the sign after which a joiner has a meaning in the scripts of India."""

# Default_Ignorable_Code_Point where the category is not Cf, and the blank of Braille.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0")
_RANGES = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))


def is_unseen(character: str) -> bool:
    """Whether nothing is seen of this character by itself."""
    return (
        unicodedata.category(character) == "Cf"
        or character in _BLANKS
        or any(low <= ord(character) <= high for low, high in _RANGES)
    )


def hidden_in(name: str) -> str | None:
    """The first character of `name` that is not seen and has no business there; None for none."""
    for at, character in enumerate(name):
        if is_unseen(character) and not _belongs(name, at):
            return character
    return None


def _belongs(name: str, at: int) -> bool:
    character, before, after = name[at], name[at - 1] if at else "", name[at + 1 : at + 2]
    if character in JOINERS:
        if before and unicodedata.combining(before) == VIRAMA:
            return True
        arabic = all(one and unicodedata.bidirectional(one) == "AL" for one in (before, after))
        return arabic or (character == "\u200d" and _ends_emoji(before) and _is_pictured(after))
    if character in (TEXT_STYLE, EMOJI_STYLE):
        return _is_pictured(before) or (before in set("0123456789#*") and after == KEYCAP)
    if 0xE0020 <= ord(character) <= ord(LAST_TAG):
        return _in_flag(name, at)
    # The variants of an ideograph, as some Japanese names need them.
    return 0xE0100 <= ord(character) <= 0xE01EF and unicodedata.name(before, "").startswith("CJK")


def _is_pictured(character: str) -> bool:
    return bool(character) and unicodedata.category(character) in {"So", "Sm"}


def _ends_emoji(character: str) -> bool:
    return (
        _is_pictured(character)
        or character == EMOJI_STYLE
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _in_flag(name: str, at: int) -> bool:
    """Within a flag of a region: a black flag, tags, and the tag that ends them."""
    start = at
    while start and 0xE0020 <= ord(name[start]) < ord(LAST_TAG):
        start -= 1
    if name[start] == LAST_TAG and start == at:
        start -= 1
        while start and 0xE0020 <= ord(name[start]) < ord(LAST_TAG):
            start -= 1
    return name[start] == BLACK_FLAG and LAST_TAG in name[at:]


def look_alike(one: str, other: str) -> bool:
    """Whether the two are seen as one name, whatever their case."""
    return not seen_keys(one).isdisjoint(seen_keys(other))


def first_look_alike(name: str, known: Iterable[str]) -> str | None:
    """The first of `known` that looks like `name`; None for none."""
    keys = seen_keys(name)
    return next((other for other in known if not keys.isdisjoint(seen_keys(other))), None)


@lru_cache(maxsize=1 << 16)
def seen_keys(name: str) -> frozenset[str]:
    """What a name is known by to whoever reads it: look-alikes share a key."""
    text = unicodedata.normalize("NFKC", name)
    return frozenset({f"as it is: {skeleton(text)}", f"any case: {skeleton(text.casefold())}"})


def skeleton(text: str) -> str:
    """UTS #39's, without the characters that are not seen; for comparisons only."""
    seen = (c for c in unicodedata.normalize("NFD", text) if not is_unseen(c))
    mapped = "".join(_prototypes().get(c, c) for c in seen)
    return " ".join(unicodedata.normalize("NFD", mapped).split())


@cache
def _prototypes() -> Mapping[str, str]:
    """Of each confusable character the one that stands for all that look like it."""
    table = files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")
    alike = {
        character: [entry["c"].strip("\u200e") for entry in entries]
        for character, entries in json.loads(table).items()
    }
    found = {}
    for character, others in alike.items():
        # The table has each pair both ways; the prototype is the one with several partners.
        if len(character) == 1 and len(others) == 1:
            partners = alike.get(others[0], [character])
            if len(partners) > 1 or others[0] < character:
                found[character] = others[0]
    return found
