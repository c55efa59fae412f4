"""Sources that stand above this room: each known by one word, made when somebody names it."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from accessctl.camera.source import Source
    from accessctl.config_camera import CameraConfig

WORD = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
RESERVED = frozenset({"auto"})

MakeSource: TypeAlias = "Callable[[CameraConfig, bool], Source]"
"""Gives the source, not yet opened; the flag is `fast`, as in `choose.source_from`."""

_makers: dict[str, MakeSource] = {}


def register_source(word: str, make: MakeSource) -> None:
    """From now on `word` names a source, in this process; a word that is known names the new one.

    ValueError for a word that is reserved, or is more than small letters, digits and hyphens.
    """
    if word in RESERVED or not WORD.fullmatch(word):
        raise ValueError(f"a source's word is small letters, digits and hyphens, not {word!r}")
    _makers[word] = make


def registered_words() -> tuple[str, ...]:
    """The words that have been registered, in that order."""
    return tuple(_makers)


def maker_of(word: str) -> MakeSource:
    """KeyError for a word that nobody registered."""
    return _makers[word]
