"""Whether somebody's consent counts, until when, and why somebody is sent to no door: pure.

What is consented to is a text, word for word: a consent names its version. A later version leaves
the earlier consents as they are, unless it asks everybody anew; then it says until when they count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from accessctl.errors import InputError

MAX_WORDS = 300
MAX_STROKES_BYTES = 64 * 1024


class ConsentWay(StrEnum):
    """How a consent was given, or what stands in for one.

    `OTHER_BASIS` is none: the law lets this person's data be kept for another reason, such as a
    contract, which is named in words.
    """

    TYPED_NAME = "typed_name"
    DRAWN = "drawn"
    WITNESS = "witness"
    OTHER_BASIS = "other_basis"


class Withheld(StrEnum):
    """Why somebody is sent to no door."""

    NO_CONSENT = "no_consent"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A version of the text, from 1 on, with the SHA-256 of its UTF-8.

    `earlier_until` (epoch seconds) is the moment from which consents to earlier versions count no
    more; None: they are not asked anew.
    """

    version: int
    digest: bytes
    text: str
    time: float
    earlier_until: float | None = None


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """What somebody gave: the name that they typed, who witnessed it, or the other legal basis, in
    `words`; of a drawn signature the file's bytes in `strokes`, or those of
    hub.drawn_signature."""

    how: ConsentWay
    words: str = field(default="", repr=False)
    strokes: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A consent as it was kept; `version` is None for another legal basis, times are epoch
    seconds."""

    number: int
    person: str
    version: int | None
    how: ConsentWay
    time: float
    withdrawn: float | None = None


def typed_consent(words: str, strokes: bytes = b"") -> GivenConsent:
    """Of whoever typed their name, and may have signed beside it."""
    return GivenConsent(ConsentWay.DRAWN if strokes else ConsentWay.TYPED_NAME, words, strokes)


def check_given(given: GivenConsent) -> None:
    """InputError for one that shows nothing, or too much."""
    words = given.words.strip()
    if len(words) > MAX_WORDS or not words.isprintable():
        raise InputError(
            f"A name or a legal basis has at most {MAX_WORDS} characters, on one line."
        )
    if len(given.strokes) > MAX_STROKES_BYTES:
        raise InputError(f"A drawn signature has at most {MAX_STROKES_BYTES} bytes.")
    is_drawn = given.how is ConsentWay.DRAWN
    if is_drawn != bool(given.strokes):
        raise InputError("A drawn signature is kept as its file's bytes, and no other consent is.")
    if not is_drawn and not words:
        raise InputError("Say who signed or witnessed it, or which other legal basis there is.")


def counts_until(consent: ConsentRecord, texts: Iterable[ConsentText]) -> float | None:
    """The moment from which this consent counts no more, -inf for one that never does; None: it
    counts until it is withdrawn."""
    if consent.withdrawn is not None:
        return consent.withdrawn
    if consent.how is ConsentWay.OTHER_BASIS:
        return None
    texts = list(texts)
    if all(text.version != consent.version for text in texts):
        return float("-inf")
    ends = [
        text.earlier_until
        for text in texts
        if text.version > (consent.version or 0) and text.earlier_until is not None
    ]
    return min(ends, default=None)


def counting(
    consents: Iterable[ConsentRecord], texts: Sequence[ConsentText], now: float
) -> ConsentRecord | None:
    """The newest of one person's consents that counts at `now` (epoch seconds), None: none."""
    ends = ((consent, counts_until(consent, texts)) for consent in consents)
    found = [consent for consent, end in ends if end is None or now < end]
    return max(found, key=lambda consent: consent.number, default=None)


def withheld_for(*, is_required: bool, has_consent: bool, is_disabled: bool) -> Withheld | None:
    """Why somebody is sent to no door, None: they are sent to those of their groups."""
    if is_required and not has_consent:
        return Withheld.NO_CONSENT
    return Withheld.EXPIRED if is_disabled else None
