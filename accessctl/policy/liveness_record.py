"""What the cues of liveness said, as it is written down beside a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from accessctl.config.liveness import Mode
from accessctl.domain import CueVerdict
from accessctl.policy.circumstances import Proof

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
        return {word.cue: [word.figure, word.threshold] for word in self.cues if _vetoed(word)}

    @property
    def doubts(self) -> Mapping[str, Sequence[float | None]]:
        """Figure and threshold of each cue that doubts."""
        doubting = (word for word in self.cues if word.verdict == CueVerdict.DOUBT)
        return {word.cue: [word.figure, word.threshold] for word in doubting}

    @property
    def doubts_attack(self) -> bool:
        """Whether a doubt is more than that somebody hardly moves."""
        return bool(self.doubts.keys() - NO_ATTACK)


def record_to_data(record: LivenessRecord) -> dict[str, Any]:
    return {
        "mode": record.mode,
        "cues": [[c.cue, c.verdict, c.figure, c.threshold] for c in record.cues],
        "asked": list(record.asked),
        "failure": record.failure,
        "doubted": dict(record.doubted),
    }


def record_from_data(data: Any) -> LivenessRecord:
    """What record_to_data was given; ValueError, KeyError or TypeError for anything else.

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


def liveness_under(mode: Mode, proof: Proof, record: LivenessRecord) -> Proof:
    """What `proof`, given as `record` says, is worth at a door of that `mode`.

    A challenge that nobody posed has not been answered; passively, the cues' words count. While
    a cue doubts, nothing has been shown.
    """
    if mode == "off":
        return Proof.NOT_NEEDED
    if mode == record.mode:
        return proof
    if any(map(_vetoed, record.cues)):
        return Proof.REFUTED
    said = {word.verdict for word in record.cues}
    if mode == "passive" and CueVerdict.CONFIRM in said and CueVerdict.DOUBT not in said:
        return Proof.SHOWN
    return Proof.PENDING


def intent_under(wanted: str, proof: Proof, asked: str) -> Proof:
    """What a gesture shown when `asked` was wanted is worth where `wanted` is."""
    if wanted == "off":
        return Proof.NOT_NEEDED
    return proof if wanted == asked else Proof.PENDING


def _vetoed(word: CueWord) -> bool:
    return word.verdict == CueVerdict.VETO
