"""What was wrong with what an operator asked for, in the words of a page: rules that the command
line shares complain in its own words, and in English."""

import re
from collections.abc import Sequence
from functools import cache

from accessctl.console.words import Sentence, Words, sentences
from accessctl.errors import MisfitError

MOST_CHARACTERS = 1000
"""Of a sentence that is put into other words; what a door says may be anything."""
_HOLE = re.compile(r"\\{([a-z]+)\\}")


def complaint(error: Exception, words: Words) -> str:
    """One sentence, which says what to do here; as it stands where the page has none for it."""
    if not isinstance(error, MisfitError):
        return in_words(str(error), words)
    key = "misfit_like" if error.like else "misfit_own"
    return words(f"people.{key}", photo=error.origin, name=error.like)


def in_words(said: str, words: Words) -> str:
    """What code says in a sentence, in the language of a page; what it quotes may be a sentence
    itself. As it stands where none is like it."""
    if len(said) > MOST_CHARACTERS:
        return said
    for pattern, sentence in _known():
        found = pattern.fullmatch(said)
        if found is not None:
            values = {name: in_words(value, words) for name, value in found.groupdict().items()}
            return sentence.of(words.language).format_map(values)
    return said


@cache
def _known() -> Sequence[tuple[re.Pattern[str], Sentence]]:
    """Those first that quote least: what another one quotes is not taken for a part of it."""
    ordered = sorted(sentences(), key=lambda one: len(_HOLE.findall(re.escape(one.raised))))
    return [(re.compile(_HOLE.sub(r"(?P<\1>.+?)", re.escape(one.raised))), one) for one in ordered]
