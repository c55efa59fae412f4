"""Cues from outside the package: loaded where the configuration names them, and held to what they
say of themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from accessctl import extensions
from accessctl.errors import ConfigError
from accessctl.extensions import Extension, ExtensionKind
from accessctl.liveness.cues.table import CueRole, role_of
from accessctl.liveness.evidence import CueResult, CueVerdict, LivenessFrame

WHERE = "liveness.cues"


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
