"""The dated self-tests of doors, in words: what an installer presented, and what came of it.
Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accessctl.audit.base import LIVENESS_TESTED
from accessctl.console.event_view import Tone
from accessctl.console.words import Words
from accessctl.hub.event_search import SiteEvent

MOST_LISTED = 20
OF_THE_LIVING = "BPCER"
"""The rate that is of living people (ISO/IEC 30107-3); the others are of attacks."""


@dataclass(frozen=True, slots=True)
class SelfTestLine:
    """One session at a door; `tone` is that of trouble where a picture was let in."""

    time: float
    door: str
    tone: Tone
    mode: str
    said: tuple[str, ...]


def self_test_lines(events: Iterable[SiteEvent], words: Words) -> tuple[SelfTestLine, ...]:
    """Of those records that tell of one, in their order."""
    told = (one for one in events if one.event.data.get("state") == LIVENESS_TESTED)
    return tuple(_line(one, words) for one in told)


def _line(one: SiteEvent, words: Words) -> SelfTestLine:
    data = one.event.data
    rates = data.get("rates")
    known = [rate for rate in rates if isinstance(rate, Mapping)] if isinstance(rates, list) else []
    said = [_said(rate, words) for rate in known]
    if data.get("complete") is not True:
        said.append(words("truth.test_cut"))
    mode = str(data.get("mode") or "")
    return SelfTestLine(
        time=one.event.time,
        door=one.name,
        tone=Tone.TROUBLE if any(map(_let_in, known)) else Tone.GRANTED,
        mode=words.known(f"life.{mode}", mode),
        said=tuple(said),
    )


def _let_in(rate: Mapping[str, Any]) -> bool:
    """Whether an attack was taken for somebody living."""
    return rate.get("rate") != OF_THE_LIVING and _count(rate, "errors") > 0


def _said(rate: Mapping[str, Any], words: Words) -> str:
    species, trials = str(rate.get("species") or "?"), _count(rate, "trials")
    counts = {"errors": words.number(_count(rate, "errors")), "trials": words.number(trials)}
    if not trials:
        name = words("truth.species_live") if rate.get("rate") == OF_THE_LIVING else species
        return words("truth.test_unseen", species=name)
    if rate.get("rate") == OF_THE_LIVING:
        return words("truth.test_living", **counts)
    return words("truth.test_attack", species=species, **counts)


def _count(rate: Mapping[str, Any], key: str) -> int:
    value = rate.get(key)
    return value if isinstance(value, int) and value >= 0 else 0
