import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.console.event_view import Tone
from accessctl.console.privacy_view import grounds_of, shown_signature, tally_of_consents
from accessctl.console.words import Words, catalogue
from accessctl.hub.consent import PersonConsent
from accessctl.hub.drawn_signature import parse_drawing
from accessctl.policy.consent import ConsentRecord, ConsentText, ConsentWay, GivenConsent

WORDS = Words("en", catalogue())
ADA = "a" * 32
TEXTS = [ConsentText(1, b"1" * 32, "one", 10.0), ConsentText(2, b"2" * 32, "two", 20.0, 100.0)]


def consent(number: int, version: int | None, how=ConsentWay.WITNESS, withdrawn=None):
    return ConsentRecord(number, ADA, version, how, 30.0, withdrawn)


def test_the_newest_stands_first_and_each_says_whether_it_counts() -> None:
    given = GivenConsent(ConsentWay.WITNESS, "Grace")
    found = [
        (consent(1, 1), given),
        (consent(2, 2, withdrawn=40.0), None),
        (consent(3, None, ConsentWay.OTHER_BASIS), GivenConsent(ConsentWay.OTHER_BASIS, "a law")),
    ]
    grounds = grounds_of(found, TEXTS, WORDS, 50.0, is_named=True)
    assert grounds.counts
    assert grounds.version == 2
    assert [(one.sign, one.who) for one in grounds.lines] == [
        ("Counts", "a law"),
        ("Withdrawn", ""),
        ("Counts", "Grace"),
    ]
    assert grounds.lines[2].until.startswith("until 1970-01-01")
    assert grounds.lines[0].until == ""
    later = grounds_of(found[:2], TEXTS, WORDS, 100.0, is_named=True)
    assert not later.counts
    assert [(one.tone, one.sign) for one in later.lines] == [
        (Tone.DENIED, "Withdrawn"),
        (Tone.DENIED, "Counts no more"),
    ]


def test_who_signed_is_said_only_where_it_may_be() -> None:
    found = [(consent(1, 2, ConsentWay.DRAWN), GivenConsent(ConsentWay.DRAWN, strokes=b"x"))]
    (line,) = grounds_of(found, TEXTS, WORDS, 50.0, is_named=True).lines
    assert line.is_drawn
    (line,) = grounds_of(found, TEXTS, WORDS, 50.0, is_named=False).lines
    assert not line.is_drawn
    witnessed = [(consent(1, 2), GivenConsent(ConsentWay.WITNESS, "Grace"))]
    assert grounds_of(witnessed, TEXTS, WORDS, 50.0, is_named=False).lines[0].who == ""


def test_a_consent_to_a_text_that_is_not_there_counts_for_nothing() -> None:
    (line,) = grounds_of([(consent(1, 7), None)], TEXTS, WORDS, 50.0, is_named=True).lines
    assert (line.sign, line.until) == ("Counts no more", "")


def test_everybody_is_told_apart_by_what_counts() -> None:
    listed = [
        PersonConsent(ADA, "Ada", consent(1, 1), 100.0),
        PersonConsent("b" * 32, "Bea", None, None),
        PersonConsent("c" * 32, "Cleo", consent(2, 2), None),
    ]
    tally = tally_of_consents(listed)
    assert (tally.given, [one.name for one in tally.without]) == (2, ["Bea"])
    assert [one.name for one in tally.ending] == ["Ada"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"<svg onload='x'>", None),
        (b"", None),
    ],
)
def test_only_what_is_a_picture_is_shown_as_one(content: bytes, kind: str | None) -> None:
    shown = shown_signature(content)
    assert (shown.content, shown.kind) == (content, kind)


def test_a_signature_that_was_drawn_here_is_shown_as_a_picture_of_its_numbers() -> None:
    drawing = parse_drawing("10,20 40,60 90,60")
    shown = shown_signature(drawing.content())
    assert (shown.content, shown.kind) == (drawing.svg(), "image/svg+xml")
    assert shown_signature(drawing.svg()).kind is None


@given(st.binary(max_size=50))
def test_no_bytes_are_shown_as_anything_but_a_picture(content: bytes) -> None:
    assert shown_signature(content).kind in (None, "image/png", "image/jpeg")
