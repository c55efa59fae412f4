"""Which cues there are, and what each of them may do: the one table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from accessctl.liveness import (
    blink,
    continuity,
    depth,
    edges,
    flipbook,
    infrared,
    stillness,
    surroundings,
    texture,
)
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.result import CueResult

Cue: TypeAlias = Callable[[Sequence[LivenessFrame]], CueResult]


@dataclass(frozen=True, slots=True)
class Role:
    """What the cue `name`, the function `look`, may do.

    Every cue may doubt. `vetoes`: its second doubt in a row, on frames of its own, refuses for
    good. `facts`: it also knows hard facts, which it looks for in all frames and which refuse
    at once. `breaks`: whoever is seen after its doubt may be another than before, so that
    nothing shown before counts after it. `confirms`: it may show life; `framed`: only with
    frames that show what surrounds the face.
    """

    name: str
    look: Cue
    vetoes: bool = False
    facts: bool = False
    breaks: bool = False
    confirms: bool = False
    framed: bool = False


ROLES: tuple[Role, ...] = (
    Role(continuity.CUE, continuity.continuity, vetoes=True, facts=True, breaks=True),
    Role(flipbook.CUE, flipbook.flipbook, vetoes=True),
    Role(stillness.CUE, stillness.stillness),
    Role(edges.CUE, edges.edges, vetoes=True),
    Role(surroundings.CUE, surroundings.surroundings, vetoes=True),
    Role(infrared.CUE, infrared.infrared, vetoes=True),
    Role(texture.CUE, texture.texture, confirms=True),
    Role(depth.CUE, depth.depth, vetoes=True, confirms=True, framed=True),
    Role(blink.CUE, blink.blink, confirms=True, framed=True),
)

_BY_NAME = {role.name: role for role in ROLES}


def may_veto(cue: str) -> bool:
    """Whether two doubts of that cue refuse; those of a cue that nobody knows do."""
    role = _BY_NAME.get(cue)
    return role is None or role.vetoes


def breaks(cue: str) -> bool:
    """Whether nothing that was shown before a doubt of that cue counts after it."""
    role = _BY_NAME.get(cue)
    return role is not None and role.breaks
