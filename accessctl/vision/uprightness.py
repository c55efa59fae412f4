"""Whether a face stands on its head.

The mesh network was made for upright faces and lays an upright mesh over a face that is upside
down, with full presence. Turned by half a circle and laid again, it is the surer the right way up:
of 41 photographs of LFW, 21 upright and 20 upside down, it was right each time.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from math import pi

from accessctl.vision.landmarks import Mesh, Region, region_of

UPSIDE_DOWN = "upside down"
"""The reason for which such a face is not used."""

AGAIN_S = 1.0
"""A face that seemed to be upside down is looked at again after so many seconds."""

SETTLES = 2
"""Times that each mesh is laid, from where it lay before."""


def is_upside_down(lay: Callable[[Region], Mesh], mesh: Mesh) -> bool:
    """Whether the face of `mesh` is surer when it is turned by half a circle; `lay` gives the mesh
    in a region of the picture. Four looks of the mesh network."""
    region = region_of(mesh.points)
    turned = replace(region, angle=region.angle + pi)
    return _presence(lay, turned) > _presence(lay, region)


def _presence(lay: Callable[[Region], Mesh], region: Region) -> float:
    for _ in range(SETTLES - 1):
        region = region_of(lay(region).points)
    return lay(region).presence


class UprightMemory:
    """What each track was found to be; one that is upright stays so."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[bool, float]] = {}

    def forget_but(self, tracks: Collection[int]) -> None:
        """Of all other tracks nothing is known any more."""
        self._found = {track: said for track, said in self._found.items() if track in tracks}

    def judge(self, track: int, now: float, look: Callable[[], bool]) -> bool:
        """Whether the face of that track is upside down; `look` tells, if it has to be asked."""
        known = self._found.get(track)
        if known is not None and (not known[0] or 0 <= now - known[1] < AGAIN_S):
            return known[0]
        self._found[track] = look(), now
        return self._found[track][0]
