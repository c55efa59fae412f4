"""A visitor's pass as a text: short, of one form only, signed whole."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonId
from accessctl.errors import InputError
from accessctl.gallery.badges import clean_number
from accessctl.sync.pass_wire import (
    MOST_CHARACTERS,
    PassScope,
    SignedPass,
    VisitorPass,
    begins_as_pass,
    door_tag,
    group_tag,
    in_order,
    read_pass,
    signed_content,
    statement_of,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
ONE = VisitorPass(b"hubs", "0123456789abcdef", PersonId("5f" * 16), 1_699_999_980, 1_700_086_380)
LONGEST = replace(ONE, scope=PassScope.DOORS, tags=(b"doors1", b"doors2", b"doors3"))
TAGS = st.lists(st.binary(min_size=6, max_size=6), unique=True, min_size=1, max_size=3)
MINUTES = st.integers(0, 2**32 - 2)


@st.composite
def passes(draw: st.DrawFn) -> VisitorPass:
    begins = draw(MINUTES)
    ends = draw(st.integers(begins + 1, 2**32 - 1))
    scope = draw(st.sampled_from(PassScope))
    tags = () if scope is PassScope.EVERYWHERE else in_order(draw(TAGS))
    return VisitorPass(
        draw(st.binary(min_size=4, max_size=4)),
        draw(st.binary(min_size=8, max_size=8)).hex(),
        PersonId(draw(st.binary(min_size=16, max_size=16)).hex()),
        begins * 60,
        ends * 60,
        scope,
        tags,
    )


def signed(shown: VisitorPass) -> SignedPass:
    statement = statement_of(shown)
    return SignedPass(shown, statement, KEY.sign(signed_content(statement)))


@given(passes())
def test_what_was_signed_is_what_is_read_and_cheap_readers_can_read_it(shown: VisitorPass) -> None:
    text = signed(shown).text
    read = read_pass(f" {text}\t")
    assert read.shown == shown
    assert read.is_signed_by(PUBLIC)
    assert len(text) <= MOST_CHARACTERS
    # The alphabet of a QR code's alphanumeric mode, and of every keyboard.
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    assert read.digest[:8].hex() == shown.id


def test_the_statement_is_laid_out_as_documented() -> None:
    begins, ends = (
        (1_699_999_980 // 60).to_bytes(4, "big"),
        (1_700_086_380 // 60).to_bytes(4, "big"),
    )
    fixed = b"\x01hubs" + bytes.fromhex("0123456789abcdef") + b"\x5f" * 16 + begins + ends
    assert statement_of(ONE) == fixed + b"\x00"
    assert statement_of(LONGEST) == fixed + b"\x01doors1doors2doors3"
    coded = base64.b32encode(fixed + b"\x00" + KEY.sign(b"accessctl pass 1\0" + fixed + b"\x00"))
    assert signed(ONE).text == "ACPASS" + coded.decode().rstrip("=")


@pytest.mark.parametrize("shown", [ONE, LONGEST], ids=["everywhere", "three doors"])
def test_no_bit_of_it_can_be_turned(shown: VisitorPass) -> None:
    whole = signed(shown)
    content = whole.statement + whole.signature
    for bit in range(8 * len(content)):
        turned = bytearray(content)
        turned[bit // 8] ^= 1 << bit % 8
        text = "ACPASS" + base64.b32encode(turned).decode().rstrip("=")
        try:
            assert not read_pass(text).is_signed_by(PUBLIC), bit
        except InputError:
            continue


def test_no_other_text_says_the_same() -> None:
    text = signed(ONE).text
    # 102 bytes leave four bits of the last letter unused.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    others = [text[:-1] + letter for letter in alphabet if letter != text[-1]]
    others += [text.lower(), text + "====", text + "A", text[:-1], text[:6] + " " + text[6:]]
    for other in others:
        try:
            assert not read_pass(other).is_signed_by(PUBLIC), other
        except InputError:
            continue


@given(st.text(max_size=300) | st.binary(max_size=150).map(lambda b: base64.b32encode(b).decode()))
def test_whatever_comes_is_read_or_refused(rest: str) -> None:
    for text in (rest, f"ACPASS{rest}"):
        try:
            read = read_pass(text)
        except InputError:
            continue
        assert read.text == text.strip(" \t")


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ONE, begins=61),
        replace(ONE, begins=-60),
        replace(ONE, ends=ONE.begins),
        replace(ONE, ends=2**32 * 60),
        replace(ONE, hub=b"hub"),
        replace(ONE, id="0123"),
        replace(ONE, tags=(b"doors1",)),
        replace(LONGEST, tags=()),
        replace(LONGEST, tags=(b"doors2", b"doors1")),
        replace(LONGEST, tags=(b"doors1", b"doors1")),
        replace(LONGEST, tags=tuple(b"doors%d" % n for n in range(4))),
    ],
)
def test_what_no_pass_can_say_is_not_signed(wrong: VisitorPass) -> None:
    with pytest.raises(ValueError, match="pass"):
        statement_of(wrong)


def test_no_signature_of_the_hub_s_other_statements_makes_a_pass() -> None:
    statement = statement_of(ONE)
    for other in (b"", b"accessctl feed 1\0", b"accessctl receipt 1\0"):
        assert not SignedPass(ONE, statement, KEY.sign(other + statement)).is_signed_by(PUBLIC)


def test_a_pass_is_told_from_a_badge_by_its_beginning() -> None:
    assert begins_as_pass(f" {signed(ONE).text}")
    assert not begins_as_pass("0004711")
    with pytest.raises(InputError, match="nobody's badge"):
        clean_number("ACPASS4711")


def test_a_door_and_a_group_are_called_by_six_bytes() -> None:
    assert door_tag("0a1b2c3d4e5f" + "0" * 20).hex() == "0a1b2c3d4e5f"
    assert len(group_tag("Gäste")) == 6
    assert group_tag("Gäste") != group_tag("Gaste")
