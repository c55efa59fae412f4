"""Why a door decided as it did, for people: figures beside their limits, what each cue of liveness
said, and which of the steps to a grant was not taken. Pure.

The steps stand in the order of `accessctl.policy.circumstances.REFUSALS`; whoever was refused for
several reasons was refused at the first of them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from accessctl.console.event_view import Tone, decision_sign, reason_in_words
from accessctl.console.words import Words
from accessctl.domain import CueVerdict, Event, Match, Outcome, PersonId, Reason
from accessctl.door.viewing import viewed
from accessctl.policy.decide import DecisionRules, Standing, standing
from accessctl.policy.evidence_record import CueWord, EvidenceRecord, from_data

RAREST = 8.0
"""A bar of rarity is full at one stranger in 10 to this power."""
LEAST_RATE = 1e-300
"""What is less has no reciprocal that a float can hold."""
MOST_FRAMES = 120
"""So many are drawn; a door keeps no more of a visit (door.visit.MAX_SIGHTINGS)."""
FIGURES = 3


class StepMark(StrEnum):
    """`OPEN`: an earlier step was not taken, so nobody looked."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure as a bar: `share` and `limit` in [0, 1] of its length; `holds` is None where the
    record does not say what it was held against."""

    label: str
    value: str
    wanted: str
    share: float
    limit: float | None
    holds: bool | None


@dataclass(frozen=True, slots=True)
class CueLine:
    """What one cue said: `share` and `limit` are of a bar, None where nothing was measured."""

    label: str
    verdict: str
    said: CueVerdict | None
    figure: str
    share: float | None
    limit: float | None


@dataclass(frozen=True, slots=True)
class StepLine:
    label: str
    mark: StepMark
    word: str


@dataclass(frozen=True, slots=True)
class Why:
    """All of it; `frames` has one word for each frame that is drawn, see Standing, `frames_notes`
    say which are not, `facts` are short lines."""

    tone: Tone
    sign: str
    whom: str
    reason: str
    sentence: str
    gauges: tuple[Gauge, ...] = ()
    frames: tuple[Standing, ...] = ()
    frames_said: str = ""
    frames_notes: tuple[str, ...] = ()
    cues: tuple[CueLine, ...] = ()
    steps: tuple[StepLine, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


STEPS: tuple[tuple[str, frozenset[Reason]], ...] = (
    (
        "face",
        frozenset(
            {
                *(Reason.NO_MATCH, Reason.AMBIGUOUS, Reason.DISAGREEMENT, Reason.LEFT_EARLY),
                *(Reason.EMPTY_GALLERY, Reason.BADGE_MISMATCH, Reason.BADGE_REQUIRED),
            }
        ),
    ),
    ("cooldown", frozenset({Reason.COOLDOWN})),
    ("gallery", frozenset({Reason.GALLERY_STALE, Reason.GALLERY_UNACCEPTED})),
    ("lockout", frozenset({Reason.LOCKED_OUT})),
    ("alone", frozenset({Reason.TWO_FACES})),
    ("attack", frozenset({Reason.NOT_LIVE})),
    ("doorway", frozenset({Reason.LOCKED_DOWN, Reason.FACE_ENTRY_OFF, Reason.INTERLOCK})),
    (
        "rules",
        frozenset(
            {
                *(Reason.DISABLED, Reason.NOT_YET_VALID, Reason.EXPIRED),
                *(Reason.WRONG_DOOR, Reason.OUTSIDE_SCHEDULE),
            }
        ),
    ),
    ("current", frozenset({Reason.RULES_STALE})),
    ("passback", frozenset({Reason.PASSBACK})),
    ("life", frozenset({Reason.LIVENESS_UNDECIDED})),
    ("gesture", frozenset({Reason.NO_GESTURE})),
    ("factor", frozenset({Reason.SECOND_FACTOR_WRONG, Reason.SECOND_FACTOR_MISSING})),
    ("record", frozenset({Reason.NO_RECORD})),
    ("acting", frozenset({Reason.WATCHING_ONLY})),
)
"""The steps to a grant, each with the reasons for which it is not taken."""


def why_of(event: Event, words: Words, names: Mapping[PersonId, str]) -> Why:
    """Of a decision as a door wrote it down; where its evidence cannot be read, the words alone."""
    tone, sign = decision_sign(event, words)
    reason = str(event.data.get("reason") or "")
    try:
        recorded = from_data(event.data["evidence"])
    except (KeyError, ValueError):
        recorded = None
    whom = _whom(event, recorded, words, names)
    sentence = words.known(f"why.{reason}", "")
    why = Why(tone, sign, whom, reason_in_words(event, words), sentence)
    if recorded is None:
        return why
    limits = limits_in(event.data["evidence"])
    frames = standings(recorded, limits)
    return Why(
        tone,
        sign,
        whom,
        why.reason,
        sentence,
        gauges=_gauges(recorded, limits, words),
        frames=frames[-MOST_FRAMES:],
        frames_said=_frames_said(recorded, frames, limits, words),
        frames_notes=_frames_notes(recorded, frames, words),
        cues=tuple(cue_line(said, words) for said in recorded.cues.cues),
        steps=steps_to(event.data.get("decision"), reason, words),
        facts=_facts(event.data, recorded, words),
    )


def limits_in(evidence: Mapping[str, Any]) -> DecisionRules | None:
    """What the figures were held against, None where a record of an older version does not say."""
    said = evidence.get("limits")
    if not isinstance(said, Mapping):
        return None
    values = [said.get(key) for key in ("fmr", "frame_fmr", "margin", "frames")]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    if len(numbers) != len(values) or not all(map(math.isfinite, numbers)):
        return None
    fmr, frame_fmr, margin, frames = numbers
    return DecisionRules(fmr, frame_fmr, int(frames), margin, 0, 0.0, 0.0)


def rarity_share(fmr: float) -> float:
    """How far a bar reaches for a false-match rate, by its order of magnitude: 1 in 10^8 fills
    it, every stranger leaves it empty."""
    if not fmr > 0:
        return 1.0
    return min(1.0, max(0.0, -math.log10(fmr) / RAREST))


def one_in(fmr: float) -> int:
    """Of how many strangers one looks so alike, to two digits; at least 1."""
    if not fmr >= LEAST_RATE:
        return int(10**RAREST)
    many = 1 / min(1.0, fmr)
    digits = max(0, math.floor(math.log10(many)) - 1)
    return int(round(many, -digits))


def standings(recorded: EvidenceRecord, limits: DecisionRules | None) -> tuple[Standing, ...]:
    """How each frame stood to the person that all of them point to; nothing where there is none."""
    pooled = recorded.evidence.pooled
    if pooled is None or limits is None:
        return ()
    return tuple(standing(one, pooled, limits.frame_fmr) for one in recorded.evidence.sightings)


def steps_to(outcome: object, reason: str, words: Words) -> tuple[StepLine, ...]:
    """All steps: those before the one that was not taken were, those after it nobody looked at."""
    at = next((n for n, (_, reasons) in enumerate(STEPS) if reason in reasons), None)
    if outcome != Outcome.GRANTED and at is None:
        return ()
    lines = []
    for number, (name, _) in enumerate(STEPS):
        if at is None or number < at:
            mark = StepMark.PASSED
        else:
            mark = StepMark.FAILED if number == at else StepMark.OPEN
        lines.append(StepLine(words(f"step.{name}"), mark, words(f"step.{mark.value}")))
    return tuple(lines)


def cue_line(said: CueWord, words: Words) -> CueLine:
    """A bar of twice the limit's length, so that the limit stands in its middle."""
    known = next((verdict for verdict in CueVerdict if verdict == said.verdict), None)
    label = words.known(f"cue.{said.cue}", said.cue.replace("_", " "))
    verdict = words.known(f"verdict.{said.verdict}", said.verdict)
    if said.figure is None or not math.isfinite(said.figure):
        return CueLine(label, verdict, known, words("why.not_measured"), None, None)
    figure, limit = words.number(said.figure, FIGURES), words.number(said.threshold, FIGURES)
    shown = words("why.figure", figure=figure, limit=limit)
    if not said.threshold > 0:
        return CueLine(label, verdict, known, shown, None, None)
    share = min(1.0, max(0.0, said.figure / (2 * said.threshold)))
    return CueLine(label, verdict, known, shown, share, 0.5)


def _whom(
    event: Event, recorded: EvidenceRecord | None, words: Words, names: Mapping[PersonId, str]
) -> str:
    if event.person is not None:
        return words.person(event.person, names.get(event.person))
    pooled = None if recorded is None else recorded.evidence.pooled
    if pooled is None:
        return words("events.somebody")
    return words("why.nearest", name=words.person(pooled.person, names.get(pooled.person)))


def _gauges(
    recorded: EvidenceRecord, limits: DecisionRules | None, words: Words
) -> tuple[Gauge, ...]:
    match = recorded.evidence.pooled
    if match is None:
        return ()
    max_fmr = None if limits is None else limits.max_fmr
    return (
        rarity_gauge(match.fmr_upper, max_fmr, words),
        similarity_gauge(match.similarity, words),
        _lead(match, limits, words),
    )


def rarity_gauge(rate: float, max_fmr: float | None, words: Words) -> Gauge:
    """How rare such a likeness is among strangers, by the upper bound of its rate, beside the rate
    that it had to keep (None: that is not known)."""
    value = words("why.one_in", many=words.number(one_in(rate)))
    if max_fmr is None:
        return Gauge(words("why.rarity"), value, "", rarity_share(rate), None, None)
    wanted = words("why.wanted", limit=words("why.one_in", many=words.number(one_in(max_fmr))))
    return Gauge(
        words("why.rarity"),
        value,
        wanted,
        rarity_share(rate),
        rarity_share(max_fmr),
        rate <= max_fmr,
    )


def similarity_gauge(similarity: float, words: Words) -> Gauge:
    share = min(1.0, max(0.0, similarity))
    value = words.number(similarity, FIGURES)
    return Gauge(words("why.similarity"), value, words("why.by_rarity"), share, None, None)


def _lead(match: Match, limits: DecisionRules | None, words: Words) -> Gauge:
    label = words("why.lead")
    if math.isinf(match.margin):
        return Gauge(label, words("why.only_one"), "", 1.0, None, None)
    value = words.number(match.margin, 2)
    if limits is None or not limits.min_margin > 0:
        return Gauge(label, value, "", min(1.0, max(0.0, match.margin / 10)), None, None)
    full = max(4 * limits.min_margin, match.margin)
    return Gauge(
        label,
        value,
        words("why.wanted", limit=words.number(limits.min_margin, 2)),
        max(0.0, match.margin) / full,
        limits.min_margin / full,
        match.margin >= limits.min_margin,
    )


def _frames_said(
    recorded: EvidenceRecord,
    frames: Sequence[Standing],
    limits: DecisionRules | None,
    words: Words,
) -> str:
    if not frames or limits is None:
        return words("why.frames_seen", count=recorded.evidence.seen)
    agree = sum(one is Standing.AGREES for one in frames)
    return words("why.frames", agree=agree, count=len(frames), wanted=limits.min_frames)


def _frames_notes(
    recorded: EvidenceRecord, frames: Sequence[Standing], words: Words
) -> tuple[str, ...]:
    """Which pictures of the visit did not count, and which are not drawn."""
    if not frames:
        return ()
    told = []
    if recorded.evidence.seen > len(frames):
        told.append(words("why.frames_window", count=len(frames), seen=recorded.evidence.seen))
    if len(frames) > MOST_FRAMES:
        told.append(words("why.frames_drawn", shown=MOST_FRAMES))
    return tuple(told)


def _facts(
    data: Mapping[str, Any], recorded: EvidenceRecord, words: Words
) -> tuple[tuple[str, str], ...]:
    facts = [(words("why.people"), words.number(recorded.people))]
    latency = data.get("latency_ms")
    if isinstance(latency, int | float):
        facts.append((words("why.latency"), f"{words.number(latency / 1000, 2)} s"))
    seen = viewed(data)
    if seen.light is not None:
        facts.append((words("why.light"), words.percent(seen.light)))
    if seen.badly_lit:
        facts.append((words("why.badly_lit"), words.percent(seen.badly_lit)))
    if seen.oldest_s is not None:
        facts.append((words("why.picture_age"), f"{words.number(seen.oldest_s, 2)} s"))
    if recorded.person.groups:
        facts.append((words("why.groups"), ", ".join(recorded.person.groups)))
    facts.append((words("why.life_mode"), words.known(f"life.{recorded.cues.mode}", "")))
    if recorded.factor != "off":
        facts.append((words("why.factor"), words.known(f"factor.{recorded.factor}", "")))
    if isinstance(data.get("badge"), str):
        facts.append((words("why.badge"), str(data["badge"])))
    if isinstance(data.get("pass"), str):
        facts.append((words("why.pass"), str(data["pass"])))
    if isinstance(data.get("attempt"), int):
        facts.append((words("why.attempt"), words.number(data["attempt"])))
    return tuple(fact for fact in facts if fact[1])
