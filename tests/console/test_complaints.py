import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import accessctl
from accessctl.console.complaints import MOST_CHARACTERS, complaint, in_words
from accessctl.console.words import Words, catalogue, sentences
from accessctl.doorway.requests import SENTENCES
from accessctl.errors import HubError, InputError, MisfitError
from accessctl.hub.site_settings import checked_rules

PACKAGE = Path(accessctl.__file__).parent
SPAN = {"days": ["mon"], "opens": "08:00", "closes": "18:00"}
ENGLISH, GERMAN = Words("en", catalogue()), Words("de", catalogue())
SHOWN = (
    "console/*.py",
    "gallery/badges.py",
    "gallery/person.py",
    "gallery/people.py",
    "administration/changes.py",
    "camera/photo.py",
    "recognition/recogniser.py",
    "policy/access.py",
    "policy/consent.py",
    "policy/expiry.py",
    "hub/commands.py",
    "hub/consent.py",
    "hub/doors.py",
    "hub/drawn_signature.py",
    "hub/event_search.py",
    "hub/expiry.py",
    "hub/expiry_spans.py",
    "hub/feed.py",
    "hub/held.py",
    "hub/live.py",
    "hub/passes.py",
    "hub/person_document.py",
    "hub/pictures.py",
    "hub/roll.py",
    "hub/site_edit.py",
    "hub/site_settings.py",
    "sync/commands.py",
    "service/enrolling.py",
)
"""Whatever these raise on purpose may reach a page."""
ERRORS = frozenset(
    {
        *("InputError", "HubError", "PhotoError", "NoFaceError", "SeveralFacesError"),
        *("BadNameError", "NameTakenError", "UnknownPersonError", "UnknownPhotoError"),
        *("LastPhotoError", "BadgeTakenError", "UnknownBadgeError"),
    }
)
NOT_ON_A_PAGE = {
    # Of the command line.
    "x7; choose among x7, or all.": "console/capabilities.py",
    "Name 1 to x7 groups, or --everybody for all people of the site.": "hub/site_settings.py",
    "A hub may not set x7 at a door; it may set x7.": "hub/site_settings.py",
    "That cannot be set: x7": "hub/site_settings.py",
    "An operator has a name of 1 to x7 characters.": "hub/commands.py",
    "A controller's number is written NUMBER or FACILITY:NUMBER, in digits; that was none.": (
        "gallery/person.py"
    ),
    "x7 does not exist; check the name.": "camera/photo.py",
    "x7 may not be read by this user; check its permissions.": "camera/photo.py",
    "x7 cannot be read (x7); name a x7 file.": "camera/photo.py",
    "x7 is empty; give another photo.": "camera/photo.py",
    "x7 is a folder; name a x7 file.": "camera/photo.py",
    "x7 is a device or a pipe; name a x7 file.": "camera/photo.py",
    "x7 is larger than x7 MB; give a smaller file, or raise gallery.max_photo_mb.": (
        "camera/photo.py"
    ),
    "That badge belongs to somebody already; `accessctl badge show` says to whom, and `accessctl "
    "badge remove` takes it away.": "gallery/badges.py",
    # Told to a door.
    "This code is not valid: it was used, it ran out after 15 minutes, or it was mistyped; make "
    "another one with `accessctl hub invite`.": "hub/doors.py",
    "This door's certificate does not count, or no more; have it joined again with `accessctl hub "
    "invite`.": "hub/doors.py",
    "No such command waits for an answer of this door.": "hub/commands.py",
    "The picture is no base64.": "hub/live.py",
    "The picture is no JPEG.": "hub/live.py",
    "The picture is not base64.": "hub/pictures.py",
    "The hub has no record x7 of this door; send the record first.": "hub/pictures.py",
    "Record x7 of this door names no picture.": "hub/pictures.py",
    # What no form of a page can ask for.
    "x7 is none of a site's rules; those are x7, as in the section access of a door's "
    "configuration.": "hub/site_settings.py",
    "A person is disabled or not; say true or false.": "gallery/person.py",
    "A PIN may stand in for life or not; say true or false.": "gallery/person.py",
}


def written(node: ast.AST, constants: dict[str, str]) -> str:
    """The text that an argument is, with x7 for each value; empty where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else "x7" for part in node.values
        )
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        is_format = node.func.attr == "format"
        return re.sub(r"\{\w+\}", "x7", written(node.func.value, constants)) if is_format else ""
    return ""


def raised() -> Iterator[tuple[str, str]]:
    """Every sentence with which one of ERRORS is made in SHOWN, and where."""
    for pattern in SHOWN:
        for path in sorted(PACKAGE.glob(pattern)):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            constants: dict[str, str] = {}
            for node in tree.body:
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    constants[node.targets[0].id] = written(node.value, constants)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ERRORS and node.args:
                    text = written(node.args[0], constants)
                    if text:
                        yield text, path.relative_to(PACKAGE).as_posix()


def is_told(text: str) -> bool:
    """Also where its first value is one of two words, as a form's rows are of two kinds."""
    kinds = [text.replace("x7", kind, 1) for kind in ("schedule", "group")]
    told = [in_words(one, GERMAN) != one for one in kinds]
    return in_words(text, GERMAN) != text or all(told)


def test_every_complaint_that_may_reach_a_page_is_told_in_german() -> None:
    found = dict(raised())
    # Fewer than are there would mean that this no longer finds them.
    assert len(found) > 120
    untold = {
        text: place
        for text, place in found.items()
        if not is_told(text) and NOT_ON_A_PAGE.get(text) != place
    }
    assert untold == {}
    assert NOT_ON_A_PAGE.items() <= found.items()


def test_no_page_advises_what_only_a_command_line_can_do() -> None:
    found = [in_words(text, ENGLISH) for text in dict(raised()) if text not in NOT_ON_A_PAGE]
    advice = [text for text in found if re.search(r"`accessctl|--\w|pip install", text)]
    assert advice == []


@pytest.mark.parametrize("sentence", SENTENCES.values())
def test_why_a_doorway_refuses_is_told_in_german(sentence: str) -> None:
    assert in_words(sentence, GERMAN) != sentence


@pytest.mark.parametrize("sentence", sentences(), ids=lambda one: one.raised[:40])
def test_no_language_says_what_was_not_raised(sentence) -> None:
    holes = re.compile(r"\{(\w+)\}")
    known = holes.findall(sentence.raised)
    assert len(known) == len(set(known))
    assert set(holes.findall(sentence.de)) <= set(known)
    assert set(holes.findall(sentence.en)) <= set(known)
    assert sentence.de.strip() != sentence.raised or sentence.de == "{why}"


def test_no_sentence_is_there_twice() -> None:
    known = [one.raised for one in sentences()]
    assert sorted(known) == sorted(set(known))


def test_values_are_as_they_came_and_what_is_quoted_is_told_too() -> None:
    said = "front refuses: The door is locked down."
    assert in_words(said, GERMAN) == "front lehnt ab: Die Tür ist verriegelt."
    assert in_words(said, ENGLISH) == said
    taken = HubError("Photos of somebody else are being looked at; try again in a minute.")
    assert complaint(taken, GERMAN).startswith("Gerade werden andere Fotos angesehen")
    name = InputError(
        "The name '{x} {0}' looks like 'Zoë', who is enrolled already; choose one that "
        "can be told from it."
    )
    assert complaint(name, GERMAN).startswith("Der Name '{x} {0}' sieht aus wie 'Zoë', schon")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"holidays": ["2026-13-99"]}, "holidays.0: ein Datum wie 2026-12-25 schreiben."),
        ({"schedules": {"a": [{**SPAN, "days": []}]}}, "a.0.days: mindestens einen Tag wählen."),
        (
            {"schedules": {"a": [{**SPAN, "closes": "24:30"}]}},
            "a.0.closes: der Tag endet um 24:00.",
        ),
        ({"schedules": {"a": [{**SPAN, "opens": "8"}]}}, "a.0.opens: eine Uhrzeit als 08:30"),
        ({"timezone": "Mars/Olympus"}, "gebrauchen: 'Mars/Olympus' ist keine Zeitzone;"),
        ({"timezone": None}, "Wochen und Feiertage brauchen eine Zeitzone, etwa Europe/Berlin."),
        ({"groups": {"x": {"schedule": "b"}}}, "die Gruppe 'x' nennt die Woche 'b', die es nicht"),
        ({"groups": {"x": {}, "X": {}}}, "der Name 'X' darf nicht aussehen wie 'x' (groups)."),
    ],
    ids=str,
)
def test_what_is_wrong_with_rules_is_told_in_german(changed, said) -> None:
    rules = {"timezone": "Europe/Berlin", "schedules": {"a": [SPAN]}, **changed}
    with pytest.raises(InputError) as raised:
        checked_rules(rules)
    told = complaint(raised.value, GERMAN)
    assert told.startswith("Die Regeln sind nicht zu gebrauchen: ")
    assert said in told
    assert not re.search(r"Input should|Value error", complaint(raised.value, ENGLISH))


def test_a_photo_of_somebody_else_is_told_without_the_command_line() -> None:
    error = MisfitError("a.jpg: looks like Ada; or say --anyway.", "a.jpg", "Ada")
    assert "--anyway" not in complaint(error, ENGLISH)
    assert "a.jpg" in complaint(error, GERMAN)


@given(st.text(max_size=80))
def test_whatever_is_none_of_them_stays_as_it_is(text: str) -> None:
    assert in_words(f"#{text}", GERMAN) == f"#{text}"


def test_what_is_very_long_stays_as_it_is() -> None:
    assert in_words("The door stands open." + " " * MOST_CHARACTERS, GERMAN).startswith("The")
