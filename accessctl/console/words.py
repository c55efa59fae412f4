"""The console's words in each language it speaks; templates ask for them with `t("key")`.

A phrase stands here in all languages at once, so that none can be forgotten. What is in braces is
filled in by the caller's keyword.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = ("en", "de")


@dataclass(frozen=True, slots=True)
class Phrase:
    en: str
    de: str


COMMON: Mapping[str, Phrase] = {
    "console": Phrase("Doors", "Türen"),
    "sign-out": Phrase("Sign out", "Abmelden"),
    "save": Phrase("Save", "Speichern"),
    "cancel": Phrase("Cancel", "Abbrechen"),
    "back": Phrase("Back", "Zurück"),
    "navigation": Phrase("Pages", "Seiten"),
    "skip": Phrase("To the content", "Zum Inhalt"),
    "problem": Phrase("That did not work", "Das ging nicht"),
}


def catalogue() -> Mapping[str, Phrase]:
    """Every phrase by its key."""
    from accessctl.console.words_entry import ENTRY
    from accessctl.console.words_site import SITE
    from accessctl.console.words_trust import TRUST

    parts = (COMMON, ENTRY, SITE, TRUST)
    return {key: phrase for part in parts for key, phrase in part.items()}


class Words:
    """The phrases of one language."""

    def __init__(self, language: Language, phrases: Mapping[str, Phrase]) -> None:
        self.language = language
        self._phrases = phrases

    def __call__(self, key: str, **values: object) -> str:
        """KeyError for a phrase that is none, or a value that it misses."""
        phrase: str = getattr(self._phrases[key], self.language)
        return phrase.format(**values) if values else phrase


def preferred(accepted: str, usual: Language) -> Language:
    """The first of a browser's languages (Accept-Language, RFC 9110) that the console speaks."""
    ranked: list[tuple[float, int, str]] = []
    for at, part in enumerate(accepted[:500].split(",")):
        tag, _, rest = part.strip().partition(";")
        ranked.append((-_weight(rest), at, tag.strip().lower().split("-")[0]))
    for weight, _, tag in sorted(ranked):
        for language in _speaks(tag):
            if weight < 0:
                return language
    return usual


def _speaks(tag: str) -> Iterable[Language]:
    return [language for language in LANGUAGES if language == tag]


def _weight(rest: str) -> float:
    name, _, value = rest.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
