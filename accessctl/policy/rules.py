"""The numbers a decision is measured against."""

from dataclasses import dataclass

from accessctl.config import PolicyConfig


@dataclass(frozen=True, slots=True)
class Rules:
    """`max_fmr` is the false-match rate per comparison that a grant may stand for.

    It follows from `policy.target_fpir` and the number of people enrolled; the other
    fields are those of `PolicyConfig`.
    """

    max_fmr: float
    frame_fmr: float
    min_frames: int
    min_margin: float
    unknown_after_frames: int
    unknown_after_s: float
    cooldown_s: float

    @classmethod
    def of(cls, config: PolicyConfig, max_fmr: float) -> "Rules":
        return cls(
            max_fmr=max_fmr,
            frame_fmr=config.frame_fmr,
            min_frames=config.min_frames,
            min_margin=config.min_margin,
            unknown_after_frames=config.unknown_after_frames,
            unknown_after_s=config.unknown_after_s,
            cooldown_s=config.cooldown_s,
        )
