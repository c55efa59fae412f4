"""The one table of cues: which there are, what each may do, and how each speaks to a visitor.

Cues from outside the package are loaded where the configuration names them, and held to what they
say of themselves.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from accessctl import extensions
from accessctl.errors import ConfigError
from accessctl.extensions import Extension, ExtensionKind
from accessctl.liveness.cues.continuity import CONTINUITY, FLIPBOOK, continuity, flipbook
from accessctl.liveness.cues.depth import DEPTH, depth
from accessctl.liveness.cues.expression import BLINK, STILLNESS, blink, stillness
from accessctl.liveness.cues.infrared import INFRARED, infrared
from accessctl.liveness.cues.surroundings import EDGES, SURROUNDINGS, edges, surroundings
from accessctl.liveness.cues.texture import MIN_SAMPLES, TEXTURE, texture
from accessctl.liveness.evidence import CueResult, CueVerdict, LivenessFrame

Cue: TypeAlias = Callable[[Sequence[LivenessFrame]], CueResult]

HINT = "Turn your head a little, or blink."
LOOK, CLOSER, BACK = "Look at the camera.", "Come closer.", "Step back a little."
TURN = "Turn your head a little."
ALONE = "Come a little closer, with nothing around your face."
STAY = "Stay in view and look at the camera."

Lines: TypeAlias = tuple[tuple[str, CueVerdict], ...]
"""Lines of evidence, each with the verdict it tells."""

WHERE = "liveness.cues"
"""Where the configuration names cues from outside the package."""


@dataclass(frozen=True, slots=True)
class CueWords:
    """How one cue speaks: its name for visitors, what each verdict means, and the `hint` that
    clears its doubt up. `shy` cues are not mentioned before they have something to go by."""

    name: str
    veto: str
    doubt: str
    hint: str = LOOK
    confirm: str = "looks alive"
    clear: str = "nothing speaks against you"
    undecided: str = "nothing to go by yet"
    shy: bool = False


@dataclass(frozen=True, slots=True)
class CueRole:
    """What the cue `name`, the function `look`, may do.

    Every cue may doubt. `vetoes`: its second doubt in a row, on frames of its own, refuses for
    good. `facts`: it also knows hard facts, which it looks for in all frames and which refuse
    at once. `breaks`: whoever is seen after its doubt may be another than before, so that
    nothing shown before counts after it. `confirms`: it may show life; `framed`: only with
    frames that show what surrounds the face. `awaited`: once it has begun to look, nobody else's
    word is life before it has come to one. `words`: how it speaks to visitors, where WORDS has
    none of it.
    """

    name: str
    look: Cue
    vetoes: bool = False
    facts: bool = False
    breaks: bool = False
    confirms: bool = False
    framed: bool = False
    awaited: bool = False
    words: CueWords | None = None


ROLES: tuple[CueRole, ...] = (
    CueRole(CONTINUITY, continuity, vetoes=True, facts=True, breaks=True),
    CueRole(FLIPBOOK, flipbook, vetoes=True),
    CueRole(STILLNESS, stillness),
    CueRole(EDGES, edges, vetoes=True),
    CueRole(SURROUNDINGS, surroundings, vetoes=True),
    CueRole(INFRARED, infrared, vetoes=True),
    CueRole(TEXTURE, texture, confirms=True, awaited=True),
    CueRole(DEPTH, depth, vetoes=True, confirms=True, framed=True),
    CueRole(BLINK, blink, confirms=True, framed=True),
)


def role_of(cue: str, roles: Iterable[CueRole] = ROLES) -> CueRole | None:
    """What the cue of that name may do, None where it is none of `roles`."""
    return next((role for role in roles if role.name == cue), None)


def may_veto(cue: str, roles: Iterable[CueRole] = ROLES) -> bool:
    """Whether two doubts of that cue refuse; those of a cue that nobody knows do."""
    role = role_of(cue, roles)
    return role is None or role.vetoes


def breaks(cue: str, roles: Iterable[CueRole] = ROLES) -> bool:
    """Whether nothing that was shown before a doubt of that cue counts after it."""
    role = role_of(cue, roles)
    return role is not None and role.breaks


def is_awaited(result: CueResult, roles: Iterable[CueRole] = ROLES) -> bool:
    """Whether that cue looks, has not come to a word yet, and is to be waited for."""
    role = role_of(result.cue, roles)
    gathers = result.verdict is CueVerdict.UNDECIDED and result.frames > 0
    return gathers and role is not None and role.awaited


WORDS: dict[str, CueWords] = {
    "continuity": CueWords(
        "one face", "the face was exchanged", "the face jumped or changed", STAY, clear="the same"
    ),
    "flipbook": CueWords(
        "flow",
        "pictures, swapped",
        "changed without moving in between",
        STAY,
        clear="moves smoothly",
    ),
    "stillness": CueWords(
        "at rest", "as still as a picture", "very still", TURN, clear="moves as the living do"
    ),
    "edges": CueWords(
        "rim", "held up in a frame or a hand", "straight edges beside the face", ALONE
    ),
    "surroundings": CueWords(
        "surroundings", "they move along with the face", "they seem to move along", ALONE
    ),
    "infrared": CueWords(
        "infrared", "no living face there", "no face there", clear="the same face there", shy=True
    ),
    "texture": CueWords(
        "skin and light",
        "a picture",
        "looks like a picture",
        clear="nothing speaks against you, not sure yet",
        shy=True,
    ),
    "depth": CueWords(
        "movement",
        "flat",
        "turns as something flat does",
        TURN,
        confirm="the head turns as a living one does",
        clear="nothing speaks against you",
        undecided="none yet - turn your head a little",
    ),
    "blink": CueWords(
        "blink",
        "none that is real",
        "doubtful",
        confirm="seen",
        clear="seen, but too near to count",
        undecided="none yet",
    ),
}


def words_of(cue: str, roles: Iterable[CueRole] = ROLES) -> CueWords:
    """The words of a cue; of one that nobody wrote any for, its own name."""
    role = role_of(cue, roles)
    own = WORDS.get(cue) if role is None or role.words is None else role.words
    return own or CueWords(cue, "speaks of a picture", "doubtful")


def evidence_line(result: CueResult, roles: Iterable[CueRole] = ROLES) -> str | None:
    """One line on what a cue has gathered; None where there is nothing to mention.

    "skin and light: 3 of 4 looks, looks alive so far".
    """
    words = words_of(result.cue, roles)
    if words.shy and result.verdict is CueVerdict.UNDECIDED and not result.frames:
        return None
    said = {
        CueVerdict.VETO: f"{words.veto} - refused",
        CueVerdict.DOUBT: f"{words.doubt} - {words.hint[0].lower()}{words.hint[1:].rstrip('.')}",
        CueVerdict.CONFIRM: words.confirm,
        CueVerdict.CLEAR: words.clear,
        CueVerdict.UNDECIDED: words.undecided,
    }[result.verdict]
    if result.cue == "texture":
        said = _looks(result, said)
    return f"{words.name}: {said}"


def evidence_lines(results: Iterable[CueResult], roles: Sequence[CueRole] = ROLES) -> Lines:
    """The line of each cue that has something to mention, and the verdict it tells."""
    lines = ((evidence_line(result, roles), result.verdict) for result in results)
    return tuple((line, verdict) for line, verdict in lines if line is not None)


def hint(
    results: Iterable[CueResult],
    roles: Sequence[CueRole] = ROLES,
    *,
    near: bool = True,
    fills: bool = False,
) -> str:
    """What to ask of a visitor whose life has not been shown: what clears up the first doubt, or
    else what is missing. `near`: the face is large enough for every cue; `fills`: it fills the
    picture."""
    said = {result.cue: result for result in results}
    for result in said.values():
        if result.verdict is CueVerdict.DOUBT:
            return words_of(result.cue, roles).hint
    if fills:
        return BACK
    if not near:
        return CLOSER
    texture = said.get("texture")
    gathering = texture is not None and 0 < texture.frames < MIN_SAMPLES
    return LOOK if gathering else HINT


def _looks(result: CueResult, said: str) -> str:
    if result.verdict is not CueVerdict.UNDECIDED:
        return f"{result.frames} looks, {said}"
    if result.frames < MIN_SAMPLES:
        counted = f"{result.frames} of {MIN_SAMPLES} looks"
    else:
        counted = f"{result.frames} looks"
    if not math.isfinite(result.figure):
        return counted
    return f"{counted}, {'looks alive so far' if result.figure >= 0.5 else 'not convinced yet'}"


def added_cues(names: Iterable[str]) -> tuple[CueRole, ...]:
    """The cues of those names, in that order.

    What is added is a `CueRole` of the same name, or a plain function, which may doubt and no
    more. ConfigError for the name of a built-in cue and for one that nobody added, ExtensionError
    for one that does not load or is neither.
    """
    return tuple(_added(name) for name in names)


def _added(name: str) -> CueRole:
    if role_of(name) is not None:
        raise ConfigError(f"{WHERE}: the cue {name!r} is built in and always asked; leave it out.")
    extension = extensions.named(ExtensionKind.CUES, name, WHERE)
    made = extension.load()
    if not isinstance(made, CueRole):
        if not callable(made):
            raise extension.fault("is neither a CueRole nor a function of frames")
        made = CueRole(name, made)
    if made.name != name:
        raise extension.fault(f"calls itself {made.name!r}")
    return replace(made, look=AddedLook(extension, made))


class AddedLook:
    """What an added cue says of frames: a word of its own, and no more than its role allows.

    ExtensionError for anything else; a visit on which a cue fails is not found alive.
    """

    def __init__(self, extension: Extension, role: CueRole) -> None:
        self._extension = extension
        self._role = role

    def __call__(self, frames: Sequence[LivenessFrame]) -> CueResult:
        said = self._role.look(frames)
        if not isinstance(said, CueResult) or not isinstance(said.verdict, CueVerdict):
            raise self._extension.fault("gave something else than a CueResult")
        if said.cue != self._role.name:
            raise self._extension.fault(f"spoke for the cue {said.cue!r}")
        if said.verdict is CueVerdict.CONFIRM and not self._role.confirms:
            return replace(said, verdict=CueVerdict.CLEAR)
        if said.verdict is CueVerdict.VETO and not self._role.facts:
            return replace(said, verdict=CueVerdict.DOUBT)
        return said
