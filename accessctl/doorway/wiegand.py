"""A number as a card reader sends it: bits, most significant first. Pure.

26 bits (H10301): even parity over the first 12 of the 24 bits of data, 8 bits of facility code, 16
of number, odd parity over the last 12. 34 bits (H10306): the same with 16 bits of facility code and
parities over 16 bits each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from accessctl.config.controller import CardFormat
from accessctl.errors import InputError


@dataclass(frozen=True, slots=True)
class CardBits:
    """`length` bits in `data`, the first one the highest of the first byte, zeros behind the last;
    `wiegand`: with parities."""

    data: bytes = field(repr=False)
    length: int
    wiegand: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    facility_bits: int
    number_bits: int


LAYOUTS: Mapping[CardFormat, _Layout] = MappingProxyType(
    {"wiegand26": _Layout(8, 16), "wiegand34": _Layout(16, 16)}
)


def card_bits(kind: CardFormat, number: int, facility: int | None, raw_bits: int) -> CardBits:
    """The number in the format `kind`; InputError where it does not fit, or wants a facility code.

    `raw_bits` is the length of a raw one. No sentence repeats the number.
    """
    if kind == "raw":
        if facility is not None:
            raise InputError("A raw number has no facility code; give the number alone.")
        return _packed(_checked(number, raw_bits, "The number"), raw_bits, wiegand=False)
    layout = LAYOUTS[kind]
    if facility is None:
        raise InputError(
            f"A number in {kind} has a facility code; give FACILITY:NUMBER, or set "
            "doorway.controller.facility."
        )
    high = _checked(facility, layout.facility_bits, "The facility code")
    data = high << layout.number_bits | _checked(number, layout.number_bits, "The number")
    width = layout.facility_bits + layout.number_bits
    half = width // 2
    even = (data >> half).bit_count() % 2
    odd = 1 - (data & (1 << half) - 1).bit_count() % 2
    return _packed(even << width + 1 | data << 1 | odd, width + 2, wiegand=True)


def _checked(value: int, bits: int, what: str) -> int:
    if not 0 <= value < 1 << bits:
        raise InputError(f"{what} does not fit into {bits} bits; see doorway.controller.format.")
    return value


def _packed(value: int, length: int, *, wiegand: bool) -> CardBits:
    size = (length + 7) // 8
    return CardBits((value << size * 8 - length).to_bytes(size, "big"), length, wiegand)
