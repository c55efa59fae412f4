"""What of all that looks like a face is one: of a frame's candidates, and of those followed.

The tracker believes every face that it is shown, and lets it cast doubt on its neighbours: it
must, because a photo that is pushed in front of somebody may be seen for one frame. So what is
no face must not reach it. Hair, a collar or a pattern that a tile cuts off looks like a face
to one detection and to the mesh, often beside a real one. A new face therefore needs two looks
that agree: a detector that sees it with room on all sides, and the mesh. A real face has both
at first sight, so nothing is won by waiting.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from accessctl.domain import Box
from accessctl.vision.detection import Detection
from accessctl.vision.landmarks import (
    Mesh,
    Region,
    eyes_agree,
    mesh_box,
    region_around,
    region_of,
)
from accessctl.vision.search import Tile, nearby, same_face


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A face as the mesh saw it, with the score of the detection that led to it."""

    mesh: Mesh
    score: float

    @property
    def box(self) -> Box:
        return mesh_box(self.mesh.points)


@dataclass(frozen=True, slots=True)
class PictureSearch:
    """How faces are sought in one picture of `size` (width, height) in pixels.

    `lay` lays the mesh in a region and `search` detects in a tile. A mesh of less than
    `presence` shows no face.
    """

    lay: Callable[[Region], Mesh]
    search: Callable[[Tile], Sequence[Detection]]
    size: tuple[int, int]
    presence: float

    def confirmed(self, detection: Detection) -> Mesh:
        """The mesh of a detection, from a second look when the first one is promising."""
        mesh = self.lay(_region(detection))
        if mesh.presence < self.presence:
            return mesh
        return self.lay(region_of(mesh.points))

    def whole(self, detection: Detection) -> Mesh | None:
        """As `confirmed`, of what a tile may have cut; None where it proves to be no face.

        On a part of a face, or on hair, the mesh settles with full presence, and would be
        followed there. So the detector looks once more, with room on all sides. Where it sees
        no face, there is none; where that has its eyes elsewhere, it is believed.
        """
        mesh = self.confirmed(detection)
        if mesh.presence < self.presence:
            return mesh
        box = mesh_box(mesh.points)
        tile = nearby(box.centre, box, *self.size)
        around = [] if tile is None else self.search(tile)
        seen = next((one for one in around if same_face(one.box, box)), None)
        if seen is None:
            return None
        if eyes_agree(mesh.points, seen.keypoints[:2]):
            return mesh
        return self.confirmed(seen)


@dataclass(frozen=True, slots=True)
class Bounds:
    """At most `budget` candidates are judged.

    `look` lays the mesh of one, None where there is no face; `least` is the presence that a
    mesh needs for a new face in a given box, and from `unclear` on it may be one.
    """

    budget: int
    look: Callable[[Detection], Mesh | None]
    least: Callable[[Box], float]
    unclear: float


def judge(
    detections: Iterable[Detection], known: Sequence[Sight], bounds: Bounds
) -> tuple[list[Sight], list[Sight]]:
    """`known` and the detections that are new faces, in this order; those that may be some.

    The best scores are judged first.
    """
    sights, unclear = list(known), list[Sight]()
    budget = bounds.budget
    for detection in sorted(detections, key=lambda one: -one.score):
        if is_known(detection.box, sights):
            continue
        if budget == 0:
            break
        budget -= 1
        mesh = bounds.look(detection)
        if mesh is None:
            continue
        sight = Sight(mesh, detection.score)
        if mesh.presence >= bounds.least(sight.box):
            if not is_known(sight.box, sights):
                sights.append(sight)
        elif mesh.presence >= bounds.unclear:
            unclear.append(sight)
    return sights, unclear


def follow(followed: Mapping[int, Sight], picture: PictureSearch) -> tuple[list[Sight], set[int]]:
    """The faces `followed`, by track, that are still where they were; and tracks without one.

    Where two meshes come to lie on one face, the earlier of `followed` keeps it, whichever is
    larger. The other's track is not among those that lost their face.
    """
    sights, lost = list[Sight](), set[int]()
    for track, sight in followed.items():
        mesh = picture.lay(region_of(sight.mesh.points))
        if mesh.presence < picture.presence:
            lost.add(track)
        elif not is_known(mesh_box(mesh.points), sights):
            sights.append(Sight(mesh, sight.score))
    return sights, lost


def is_known(box: Box, sights: Iterable[Sight]) -> bool:
    return any(same_face(box, sight.box) for sight in sights)


def _region(detection: Detection) -> Region:
    left_eye, right_eye = detection.keypoints[:2]
    return region_around(detection.box, left_eye, right_eye)
