"""The evidence of a decision as the event log keeps it, and back.

What a decision rested on, what the cues of liveness said among it, complete enough to decide it
again under other rules: figures only, no face. It stands in a decision event's data under
`evidence`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np

from accessctl.config.liveness import Intent, Mode
from accessctl.config.policy import Factor, FactorName, Passage
from accessctl.domain import CueVerdict, Match, PersonId, PersonRules, Reason, Sighting
from accessctl.policy.access import Crossing
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import DecisionRules, Evidence, Naming
from accessctl.policy.stale import StaleDemand

# Stands for everybody that a frame took the visitor for instead of the candidate.
OTHER = PersonId("other")
_NO_EMBEDDING = np.empty(0, np.float32)

NO_ATTACK = frozenset({"stillness"})
"""Cues whose doubt speaks of no attack: somebody who hardly moves is doubted by them, too."""


@dataclass(frozen=True, slots=True)
class CueWord:
    """One cue's `verdict`, a word of `domain.CueVerdict` or whatever else a record holds; a
    `figure` of None could not be measured."""

    cue: str
    verdict: str
    figure: float | None
    threshold: float


@dataclass(frozen=True, slots=True)
class LivenessRecord:
    """The `mode` of the door, every cue's word, which actions were asked, why the challenge was
    failed, if it was, and how often each cue doubted, also where that was cleared up."""

    mode: Mode = "off"
    cues: tuple[CueWord, ...] = ()
    asked: tuple[str, ...] = ()
    failure: str | None = None
    doubted: Mapping[str, int] = field(default_factory=dict)

    @property
    def vetoes(self) -> Mapping[str, Sequence[float | None]]:
        """Figure and threshold of each cue that refused."""
        return self._figures_of(CueVerdict.VETO)

    @property
    def doubts(self) -> Mapping[str, Sequence[float | None]]:
        """Figure and threshold of each cue that doubts."""
        return self._figures_of(CueVerdict.DOUBT)

    @property
    def doubts_attack(self) -> bool:
        """Whether a doubt is more than that somebody hardly moves."""
        return bool(self.doubts.keys() - NO_ATTACK)

    def _figures_of(self, verdict: CueVerdict) -> Mapping[str, Sequence[float | None]]:
        said = (word for word in self.cues if word.verdict == verdict)
        return {word.cue: [word.figure, word.threshold] for word in said}


NO_CUES = LivenessRecord()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """One decision's evidence.

    `now` and `last_grant` are seconds on the clock of `evidence.since`; `people` were
    enrolled; `widths` (pixels) are those of all faces in view, `index` the visitor's;
    `factor` was asked for beside the face; `direction` is the door's, `crossing` the
    person's last one; `gesture` is what was wanted as a sign of `intent`; `doubted`: more
    spoke against life than that it was not shown; `gallery` is why it was not relied on, `doorway`
    why what the door was set to kept them out, `stale` what was asked because the hub was away.
    """

    evidence: Evidence
    now: float
    last_grant: float | None
    people: int
    door: str
    person: PersonRules
    locked_out: bool = False
    liveness: Proof = Proof.NOT_NEEDED
    second_factor: Proof = Proof.NOT_NEEDED
    widths: tuple[float, ...] = (1.0,)
    index: int = 0
    factor: Factor = "off"
    direction: Passage = "none"
    crossing: Crossing | None = None
    cues: LivenessRecord = NO_CUES
    intent: Proof = Proof.NOT_NEEDED
    gesture: Intent = "off"
    doubted: bool = False
    gallery: Reason | None = None
    doorway: Reason | None = None
    stale: StaleDemand = "none"


def to_data(recorded: EvidenceRecord) -> dict[str, Any]:
    """JSON values; times become seconds before the decision."""
    evidence, now, last_grant = recorded.evidence, recorded.now, recorded.last_grant
    pooled = evidence.pooled
    rules, crossing = recorded.person, recorded.crossing
    return {
        "candidate": None if pooled is None else pooled.person,
        "match": None if pooled is None else _figures(pooled),
        "frames": _frames(evidence),
        "seen": evidence.seen,
        "since_s": now - evidence.since,
        "left": evidence.left,
        "since_grant_s": None if last_grant is None else now - last_grant,
        "people": recorded.people,
        "door": recorded.door,
        "rules": {
            "groups": list(rules.groups),
            "valid_from": rules.valid_from,
            "valid_until": rules.valid_until,
            "disabled": rules.disabled,
            "life_by_pin": rules.life_by_pin,
        },
        "locked_out": recorded.locked_out,
        "liveness": recorded.liveness.value,
        "second_factor": recorded.second_factor.value,
        "widths": list(recorded.widths),
        "index": recorded.index,
        "factor": recorded.factor,
        "direction": recorded.direction,
        "crossing": None if crossing is None else [crossing.direction, crossing.age_s],
        "cues": liveness_to_data(recorded.cues),
        "intent": recorded.intent.value,
        "gesture": recorded.gesture,
        "doubted": recorded.doubted,
        "gallery": recorded.gallery,
        "doorway": recorded.doorway,
        "stale": recorded.stale,
        "naming": evidence.naming.value,
    }


def from_data(data: Mapping[str, Any]) -> EvidenceRecord:
    """What to_data was given, the decision at second 0; ValueError for anything else.

    Records of older versions say nothing of a second factor's kind, of crossings, of cues, of
    gestures, of PINs in place of life, of doubts of the gallery, of badges and of a hub.
    """
    try:
        pooled = _pooled(data["candidate"], data["match"])
        sightings = tuple(_sighting(frame, pooled) for frame in data["frames"])
        since_grant = data["since_grant_s"]
        rules = data["rules"]
        found = EvidenceRecord(
            evidence=Evidence(
                sightings,
                pooled,
                int(data["seen"]),
                -float(data["since_s"]),
                bool(data["left"]),
                _live(data["frames"]),
                Naming(data.get("naming", Naming.SEARCHED)),
            ),
            now=0.0,
            last_grant=None if since_grant is None else -float(since_grant),
            people=int(data["people"]),
            door=str(data["door"]),
            person=PersonRules(
                tuple(map(str, rules["groups"])),
                _moment(rules["valid_from"]),
                _moment(rules["valid_until"]),
                bool(rules["disabled"]),
                bool(rules.get("life_by_pin", False)),
            ),
            locked_out=bool(data["locked_out"]),
            liveness=Proof(data["liveness"]),
            second_factor=Proof(data["second_factor"]),
            widths=tuple(map(float, data["widths"])),
            index=int(data["index"]),
            factor=_word(data.get("factor", "off"), FactorName),
            direction=_word(data.get("direction", "none"), Passage),
            crossing=_crossing(data.get("crossing")),
            cues=liveness_from_data(data.get("cues")),
            intent=Proof(data.get("intent", "not_needed")),
            gesture=_word(data.get("gesture", "off"), Intent),
            doubted=bool(data.get("doubted", False)),
            gallery=_reason(data.get("gallery")),
            doorway=_reason(data.get("doorway")),
            stale=_word(data.get("stale", "none"), StaleDemand),
        )
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"it is not the evidence of a decision ({error!r})") from error
    if not 0 <= found.index < len(found.widths) or found.people < 0:
        raise ValueError("its faces or people are not countable")
    return found


def limits_to_data(rules: DecisionRules) -> dict[str, float]:
    """What the figures of a decision were held against, for people who look at it afterwards;
    `from_data` reads none of it: decided anew, it is held against other rules."""
    return {
        "fmr": rules.max_fmr,
        "frame_fmr": rules.frame_fmr,
        "margin": rules.min_margin,
        "frames": rules.min_frames,
    }


def _figures(match: Match) -> list[float | None]:
    # JSON has no infinity: the margin of the only person enrolled.
    margin = None if math.isinf(match.margin) else _number(match.margin, -1.0)
    return [
        _number(match.similarity, 0.0),
        _number(match.score, 0.0),
        margin,
        _number(match.fmr, 1.0),
        _number(match.fmr_upper, 1.0),
    ]


def _number(value: float, worst: float) -> float:
    # Nor has it a NaN, which speaks for nobody.
    return float(value) if math.isfinite(value) else worst


def _pooled(candidate: Any, figures: Any) -> Match | None:
    if candidate is None:
        return None
    similarity, score, margin, fmr, fmr_upper = figures
    return Match(
        PersonId(str(candidate)),
        float(similarity),
        float(score),
        math.inf if margin is None else float(margin),
        float(fmr),
        float(fmr_upper),
    )


def _frames(evidence: Evidence) -> list[list[float | bool] | None]:
    """Of each frame its own false-match rate, whether it speaks for the candidate, and, where
    life was asked for, whether it was looked at; None for one that matched nobody."""
    frames = [_frame(sighting, evidence.pooled) for sighting in evidence.sightings]
    if evidence.live is None:
        return frames
    return [
        None if frame is None else [*frame, seen]
        for frame, seen in zip(frames, evidence.live, strict=True)
    ]


def _frame(sighting: Sighting, pooled: Match | None) -> list[float | bool] | None:
    match = sighting.match
    if match is None or math.isnan(match.fmr):
        return None
    return [match.fmr, pooled is not None and match.person == pooled.person]


def _live(frames: Any) -> tuple[bool, ...] | None:
    if not any(frame is not None and len(frame) > 2 for frame in frames):
        return None
    return tuple(frame is not None and bool(frame[2]) for frame in frames)


def _sighting(frame: Any, pooled: Match | None) -> Sighting:
    if frame is None:
        return Sighting(0.0, _NO_EMBEDDING, 0.0, None)
    fmr, agrees = float(frame[0]), bool(frame[1])
    person = pooled.person if agrees and pooled is not None else OTHER
    return Sighting(0.0, _NO_EMBEDDING, 0.0, Match(person, 0.0, 0.0, 0.0, fmr, fmr))


def _word(value: Any, words: Any) -> Any:
    if value not in get_args(words):
        raise ValueError(f"it holds the word {value!r}")
    return value


def _crossing(value: Any) -> Crossing | None:
    return None if value is None else Crossing(_word(value[0], Passage), float(value[1]))


def _reason(value: Any) -> Reason | None:
    return None if value is None else Reason(value)


def _moment(value: Any) -> float | None:
    return None if value is None else float(value)


def liveness_to_data(record: LivenessRecord) -> dict[str, Any]:
    return {
        "mode": record.mode,
        "cues": [[c.cue, c.verdict, c.figure, c.threshold] for c in record.cues],
        "asked": list(record.asked),
        "failure": record.failure,
        "doubted": dict(record.doubted),
    }


def liveness_from_data(data: Any) -> LivenessRecord:
    """What liveness_to_data was given; ValueError, KeyError or TypeError for anything else.

    None, as in records of older versions, is a door that asked for nothing; nor do they say
    how often a cue doubted.
    """
    if data is None:
        return LivenessRecord()
    if data["mode"] not in get_args(Mode):
        raise ValueError(f"it holds the mode {data['mode']!r}")
    failure = data["failure"]
    return LivenessRecord(
        data["mode"],
        tuple(
            CueWord(str(cue), str(verdict), None if figure is None else float(figure), float(at))
            for cue, verdict, figure, at in data["cues"]
        ),
        tuple(map(str, data["asked"])),
        None if failure is None else str(failure),
        {str(cue): int(times) for cue, times in data.get("doubted", {}).items()},
    )
