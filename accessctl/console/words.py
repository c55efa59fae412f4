"""The words of the console in the language of whoever reads: texts, numbers, times.

Every text stands in one of the files `words_*`, in all languages at once so that none can be
forgotten, and nowhere in a template or in code. What is in braces is filled in by the caller's
keyword; of "one | many" the value `count` chooses. Errors and answers are sentences already, in the
English of the command line: of each a Sentence says how a page puts it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Literal, TypeAlias, get_args

from accessctl.domain import PersonId

Language: TypeAlias = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MOST_ACCEPTED = 200
"""Characters of an Accept-Language header that are looked at."""
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
SHORT_ID = 8

_WEIGHT = re.compile(r"\s*([a-zA-Z]{1,8})(?:-[\w-]*)?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?))?\s*")


@dataclass(frozen=True, slots=True)
class Phrase:
    en: str
    de: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """`raised` is a sentence as code says it, with names in braces for what differs; `de` says it
    in German, and `en`, where it is not empty, in English for a page: what a command line advises
    may be of no help there. Either may leave out what it does not need."""

    raised: str
    de: str
    en: str = ""

    def of(self, language: Language) -> str:
        return self.de if language == "de" else self.en or self.raised


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
    """Every phrase by its key; ValueError where two files have one key."""
    from accessctl.console.words_again import AGAIN
    from accessctl.console.words_because import BECAUSE
    from accessctl.console.words_camera import CAMERA
    from accessctl.console.words_doors import DOORS
    from accessctl.console.words_entry import ENTRY
    from accessctl.console.words_events import EVENTS
    from accessctl.console.words_folder import FOLDER
    from accessctl.console.words_frame import FRAME
    from accessctl.console.words_held import HELD
    from accessctl.console.words_naming import NAMING
    from accessctl.console.words_passes import PASSES
    from accessctl.console.words_people import PEOPLE
    from accessctl.console.words_phone import PHONE
    from accessctl.console.words_privacy import PRIVACY
    from accessctl.console.words_rules import RULES
    from accessctl.console.words_signs import SIGNS
    from accessctl.console.words_site import SITE
    from accessctl.console.words_states import STATES
    from accessctl.console.words_trust import TRUST
    from accessctl.console.words_truth import TRUTH

    found: dict[str, Phrase] = {}
    round_pages = (COMMON, FRAME, SIGNS, STATES, BECAUSE, ENTRY, TRUST)
    for part in (
        *round_pages,
        DOORS,
        EVENTS,
        NAMING,
        AGAIN,
        PEOPLE,
        PASSES,
        FOLDER,
        HELD,
        PHONE,
        CAMERA,
        PRIVACY,
        RULES,
        TRUTH,
        SITE,
    ):
        if twice := found.keys() & part.keys():
            raise ValueError(f"two phrases have one key: {sorted(twice)}")
        found |= part
    return found


def sentences() -> Sequence[Sentence]:
    """Whatever errors and answers say on a page."""
    from accessctl.console.words_answers import ANSWERS
    from accessctl.console.words_complaints import COMPLAINTS
    from accessctl.console.words_settings import SETTINGS
    from accessctl.console.words_unfit import UNFIT

    return (*COMPLAINTS, *UNFIT, *SETTINGS, *ANSWERS)


class Words:
    """The phrases of one language, and times as a wall clock in `zone` shows them."""

    def __init__(
        self, language: Language, phrases: Mapping[str, Phrase], zone: tzinfo | None = None
    ) -> None:
        """`zone` None: the system's."""
        self.language = language
        self.zone = zone
        self._phrases = phrases

    def __call__(self, key: str, **values: object) -> str:
        """KeyError for a phrase that is none, or a value that it misses."""
        phrase: str = getattr(self._phrases[key], self.language)
        one, mark, many = phrase.partition(" | ")
        if mark:
            phrase = one if values["count"] == 1 else many
        return phrase.format_map(values)

    def known(self, key: str, otherwise: str) -> str:
        """The text of that key, or `otherwise` where a newer door tells of what has no text. A
        phrase with values is none: the word in the key comes from a door, which cannot know any."""
        phrase = self._phrases.get(key)
        return otherwise if phrase is None or "{" in phrase.en else self(key)

    def number(self, value: float, digits: int = 0) -> str:
        """With thousands apart: 1,234.5 in English, 1.234,5 in German."""
        shown = f"{value:,.{digits}f}"
        return shown if self.language == "en" else shown.translate(str.maketrans(",.", ".,"))

    def percent(self, share: float, digits: int = 0) -> str:
        """A share in [0, 1]: 12 %, which no end of a line takes apart."""
        return f"{self.number(100 * share, digits)}\N{NO-BREAK SPACE}%"

    def clock(self, time: float) -> str:
        """Of the epoch time `time`: 18:30:05."""
        return f"{self._wall(time):%H:%M:%S}"

    def day(self, time: float) -> str:
        """Of the epoch time `time`: Friday, 30 January 2026."""
        return self.date(self._wall(time).date())

    def date(self, day: date) -> str:
        weekday, month = self(f"weekday.{day.isoweekday()}"), self(f"month.{day.month}")
        return self("frame.date", weekday=weekday, day=day.day, month=month, year=day.year)

    def moment(self, time: float) -> str:
        """Of the epoch time `time`: 2026-01-30 18:30."""
        return f"{self._wall(time):%Y-%m-%d %H:%M}"

    def field(self, time: float | None) -> str:
        """What a field for date and time holds: 2026-01-30T18:30, nothing for None."""
        return "" if time is None else f"{self._wall(time):%Y-%m-%dT%H:%M}"

    def iso(self, time: float) -> str:
        """What a program reads of it, with its offset from UTC."""
        return self._wall(time).isoformat(timespec="seconds")

    def lasting(self, seconds: float) -> str:
        """A length of time in its largest unit: 3 min."""
        if seconds < MINUTE_S:
            return self("frame.seconds", count=max(0, int(seconds)))
        if seconds < HOUR_S:
            return self("frame.minutes", count=int(seconds // MINUTE_S))
        if seconds < 2 * DAY_S:
            return self("frame.hours", count=int(seconds // HOUR_S))
        return self("frame.days", count=int(seconds // DAY_S))

    def person(self, person: PersonId, name: str | None) -> str:
        """Their name, or a few signs of their id where it is not known, or no more."""
        return name if name is not None else self("frame.nameless", id=person[:SHORT_ID])

    def _wall(self, time: float) -> datetime:
        return datetime.fromtimestamp(time, UTC).astimezone(self.zone)


def preferred(accepted: str, usual: Language) -> Language:
    """The first of a browser's languages (Accept-Language, RFC 9110) that the console speaks, by
    their weights; `usual` where there is none."""
    weights: dict[Language, float] = {}
    for part in accepted[:MOST_ACCEPTED].split(","):
        found = _WEIGHT.fullmatch(part)
        for language in LANGUAGES:
            if found is not None and found[1].lower() == language:
                weights[language] = max(weights.get(language, 0.0), float(found[2] or 1))
    wanted = [language for language, weight in weights.items() if weight > 0]
    return max(wanted, key=weights.__getitem__, default=usual)
