import re
import string
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import accessctl.console
from accessctl.config.liveness import Mode
from accessctl.console.words import LANGUAGES, Phrase, Words, catalogue, preferred
from accessctl.domain import CueVerdict, DoorwayWord, EventKind, Outcome, PersonId, Posture, Reason
from accessctl.hub.intake import AlarmKind
from accessctl.liveness.cues.table import ROLES

PHRASES = catalogue()
TEMPLATES = Path(accessctl.console.__file__).parent / "templates"
BERLIN = ZoneInfo("Europe/Berlin")
JINJA = re.compile(r"\{[{%#].*?[#%}]\}", re.DOTALL)
SPOKEN = ("aria-label", "title", "placeholder", "alt", "value", "data-well", "data-ill")
# 2026-01-30 17:30:05 UTC, a Friday; in Berlin an hour later.
FRIDAY = 1769794205.0


def holes(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(PHRASES))
def test_both_languages_say_the_same_with_the_same_values(key: str) -> None:
    phrase = PHRASES[key]
    assert phrase.en.strip()
    assert phrase.de.strip()
    assert holes(phrase.en) == holes(phrase.de)
    assert (" | " in phrase.en) == (" | " in phrase.de)
    for text in (phrase.en, phrase.de):
        one, mark, many = text.partition(" | ")
        assert not mark or "count" in holes(one) | holes(many)


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("outcome", Outcome),
        ("reason", Reason),
        ("why", Reason),
        ("kind", EventKind),
        ("posture", Posture),
        ("verdict", CueVerdict),
        ("state", DoorwayWord),
        ("alarm", AlarmKind),
        ("cue", [role.name for role in ROLES]),
        ("life", list(Mode.__args__)),
    ],
    ids=str,
)
def test_there_is_a_text_for_every_word_of_the_house(prefix: str, words: list[str]) -> None:
    assert [word for word in words if f"{prefix}.{word}" not in PHRASES] == []


class Shown(HTMLParser):
    """What a reader sees of a template whose tags of Jinja were taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tag = ""

    def handle_data(self, data: str) -> None:
        # What is typed into a terminal is the same in every language.
        if self.tag != "code":
            self.said.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tag = tag
        if tag not in ("option", "input", "meta", "button"):
            self.said += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self.tag = ""


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_template_has_words_of_its_own(path: Path) -> None:
    shown = Shown()
    shown.feed(JINJA.sub("", path.read_text(encoding="utf-8")))
    assert re.findall(r"[^\W\d_]{2,}", " ".join(shown.said)) == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_template_has_script_or_style_of_its_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|https?:", source)


def test_a_phrase_takes_its_values_and_one_or_many() -> None:
    phrases = {"a": Phrase("{count} door of {whom} | {count} doors of {whom}", "x | y")}
    words = Words("en", phrases)
    assert words("a", count=1, whom="Ada") == "1 door of Ada"
    assert words("a", count=0, whom="Ada") == "0 doors of Ada"
    assert Words("de", phrases)("a", count=2) == "y"
    with pytest.raises(KeyError):
        words("b")
    with pytest.raises(KeyError):
        words("a", count=1)
    assert words.known("b", "otherwise") == "otherwise"
    # A door's word cannot bring values with it.
    assert words.known("a", "otherwise") == "otherwise"


def test_numbers_and_days_are_written_as_each_language_does() -> None:
    english, german = Words("en", PHRASES, BERLIN), Words("de", PHRASES, BERLIN)
    assert english.number(1234567.891, 2) == "1,234,567.89"
    assert german.number(1234567.891, 2) == "1.234.567,89"
    assert english.percent(0.125, 1) == "12.5\N{NO-BREAK SPACE}%"
    assert english.day(FRIDAY) == "Friday, 30 January 2026"
    assert german.day(FRIDAY) == "Freitag, 30. Januar 2026"
    assert english.date(date(2026, 2, 1)) == "Sunday, 1 February 2026"


def test_times_are_those_of_the_wall_clock_at_the_door() -> None:
    words = Words("en", PHRASES, BERLIN)
    assert words.clock(FRIDAY) == "18:30:05"
    assert words.moment(FRIDAY) == "2026-01-30 18:30"
    assert words.iso(FRIDAY) == "2026-01-30T18:30:05+01:00"
    # Half a year later its clock is two hours ahead.
    assert words.clock(FRIDAY + 182 * 86400) == "19:30:05"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (172799, "47 h"),
        (172800, "2 days"),
    ],
)
def test_a_length_of_time_is_told_in_its_largest_unit(seconds: float, said: str) -> None:
    assert Words("en", PHRASES).lasting(seconds) == said


def test_whoever_has_no_name_is_called_by_a_part_of_their_id() -> None:
    words = Words("en", PHRASES)
    assert words.person(PersonId("0123456789ab"), "Ada") == "Ada"
    assert words.person(PersonId("0123456789ab"), None) == "person 01234567"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,en;q=0.9", "de"),
        ("fr, de;q=0.2, en;q=0.7", "en"),
        ("en;q=0, de;q=0.1", "de"),
        ("fr;q=1", "en"),
        (";;;,=,q=,de;q=x", "en"),
        ("x" * 10000 + ",de", "en"),
    ],
)
def test_the_console_speaks_what_the_browser_asks_for(accepted: str, language: str) -> None:
    assert preferred(accepted, "en") == language
    assert language in LANGUAGES
