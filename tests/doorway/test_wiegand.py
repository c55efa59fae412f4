import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.doorway.wiegand import card_bits
from accessctl.errors import InputError


def bits_of(card) -> str:
    return "".join(f"{byte:08b}" for byte in card.data)[: card.length]


def test_26_bits_as_written_down_by_hand():
    # facility 23 = 00010111, number 4711 = 00010010 01100111
    # the first 12 bits hold five ones, so the even parity is 1; the last 12 hold six, the odd 1
    card = card_bits("wiegand26", 4711, 23, 32)
    assert bits_of(card) == "1" + "00010111" + "0001001001100111" + "1"
    assert (card.length, len(card.data), card.wiegand) == (26, 4, True)


def test_34_bits_as_written_down_by_hand():
    # facility 1000 = 00000011 11101000 (six ones: even 0), number 7 (three ones: odd 0)
    card = card_bits("wiegand34", 7, 1000, 32)
    assert bits_of(card) == "0" + "0000001111101000" + "0000000000000111" + "0"
    assert (card.length, len(card.data)) == (34, 5)


def test_a_raw_number_has_nothing_but_its_bits():
    card = card_bits("raw", 5, None, 12)
    assert bits_of(card) == "000000000101"
    assert (card.data, card.wiegand) == (bytes([0x00, 0x50]), False)


@given(st.integers(0, 255), st.integers(0, 65535))
def test_the_parities_of_26_bits_hold_and_the_number_comes_back(facility, number):
    bits = bits_of(card_bits("wiegand26", number, facility, 32))
    assert bits[:13].count("1") % 2 == 0
    assert bits[13:].count("1") % 2 == 1
    assert (int(bits[1:9], 2), int(bits[9:25], 2)) == (facility, number)


@given(st.integers(0, 65535), st.integers(0, 65535))
def test_the_parities_of_34_bits_hold_and_the_number_comes_back(facility, number):
    bits = bits_of(card_bits("wiegand34", number, facility, 32))
    assert bits[:17].count("1") % 2 == 0
    assert bits[17:].count("1") % 2 == 1
    assert (int(bits[1:17], 2), int(bits[17:33], 2)) == (facility, number)


@pytest.mark.parametrize(
    ("kind", "number", "facility", "said"),
    [
        ("wiegand26", 65536, 23, "The number does not fit into 16 bits"),
        ("wiegand26", 4711, 256, "The facility code does not fit into 8 bits"),
        ("wiegand34", 4711, 65536, "The facility code does not fit into 16 bits"),
        ("wiegand26", 4711, None, "has a facility code"),
        ("raw", 4711, 23, "has no facility code"),
        ("raw", 4711, None, "does not fit into 12 bits"),
        ("raw", -1, None, "does not fit"),
    ],
)
def test_what_does_not_fit_is_refused_without_repeating_it(kind, number, facility, said):
    with pytest.raises(InputError, match=said) as refused:
        card_bits(kind, number, facility, 12)
    assert "4711" not in str(refused.value)


def test_a_number_is_not_shown_by_accident():
    assert "data" not in repr(card_bits("raw", 4711, None, 32))
