"""Frames in, faces out: search for new ones, follow the known ones."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from accessctl.config import VisionConfig
from accessctl.domain import Box, Face, Frame, Image, Points
from accessctl.vision.beside import OtherView, Sizes, brightness_of, of_the_same, tile_beside
from accessctl.vision.detector import Detection, Detector, full_range, short_range
from accessctl.vision.landmarks import (
    LandmarkModel,
    Mesh,
    Region,
    eyes_agree,
    mesh_box,
    region_around,
    region_of,
)
from accessctl.vision.patrol import Patrol
from accessctl.vision.pose import head_pose
from accessctl.vision.quality import assess
from accessctl.vision.search import (
    DOOR_SCHEDULE,
    Range,
    Schedule,
    Tile,
    nearby,
    placed,
    same_face,
    still_tiles,
)
from accessctl.vision.tracker import Tracker

JUDGED_PER_FRAME = 4
"""Candidates that the mesh may look at in one frame; the best scores first."""

JUDGED_PER_PHOTO = 64

BESIDE_JUDGED = 3
"""Candidates that the mesh may look at in a second camera's picture, for each face."""

PHOTO_MARGIN = 0.5
"""A face that fills a photo is found in a smaller picture with so much around it."""

PHOTO_PREVIEW = 256


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """A face as the mesh saw it, with the score of the detection that led to it."""

    mesh: Mesh
    score: float


class Observer:
    """Finds the faces of a camera's frames, and those of single photos.

    Raises ModelError when a model file is missing or unfit, and SystemLibraryError when
    the operating system lacks a library that MediaPipe needs.
    """

    def __init__(self, config: VisionConfig, schedule: Schedule = DOOR_SCHEDULE) -> None:
        self._config = config
        self._patrol = Patrol(schedule)
        self._landmarks = LandmarkModel(config.models)
        self._short = short_range(config.models, config.detection_confidence)
        self._full = full_range(config.models, config.detection_confidence)
        self._detectors: dict[Range, Detector] = {Range.SHORT: self._short, Range.FULL: self._full}
        self._tracker = Tracker(config.track_timeout_s)
        self._followed: dict[int, _Sight] = {}
        self._shape: tuple[int, ...] = ()
        self.timings: dict[str, float] = {}
        """Milliseconds of the last `observe`: "search" (detectors), "landmarks" (mesh, of
        followed and of new faces), "track" (identities, pose and quality)."""

    def observe(self, frame: Frame) -> list[Face]:
        """The faces in the camera's next frame, each with the track that it is on."""
        stopwatch = _Stopwatch()
        image = frame.image
        self._start_over_if_resized(image)
        followed = self._follow(image)
        stopwatch.lap("landmarks")
        detections = self._search(image, frame.captured)
        stopwatch.lap("search")
        sights, _ = self._judge(image, detections, followed, JUDGED_PER_FRAME, self._whole)
        sights = sorted(sights, key=_area, reverse=True)[: self._config.max_faces]
        stopwatch.lap("landmarks")
        ids = self._tracker.update(
            [mesh_box(sight.mesh.points) for sight in sights], frame.captured
        )
        self._followed = dict(zip(ids, sights, strict=True))
        faces = [self._face(image, s, track) for track, s in self._followed.items()]
        stopwatch.lap("track")
        self.timings = stopwatch.times
        return faces

    def still(self, image: Image) -> list[Face]:
        """Every face of one photo, the largest first, unusable ones too; track is 0.

        Where nothing is clearly a face, the likeliest candidate counts as an unclear one.
        """
        height, width = image.shape[:2]
        detections = self._look_at(image, still_tiles(width, height))
        detections += self._look_with_margin(image)
        sights, unclear = self._judge(image, detections, [], JUDGED_PER_PHOTO, self._confirmed)
        sights = sights or sorted(unclear, key=lambda s: -s.mesh.presence)[:1]
        return [self._face(image, s, 0) for s in sorted(sights, key=_area, reverse=True)]

    def beside(
        self, image: Image, box: Box, size: tuple[int, int], others: Sequence[Box] = ()
    ) -> OtherView | None:
        """The face that a second camera's picture, `image`, shows where the first sees `box`.

        `size` is the width and height of the first camera's picture, `others` the boxes of the
        other faces in it. None where a face that is there need not be seen. Who is followed
        stays followed; some ten milliseconds.
        """
        height, width = image.shape[:2]
        sizes = Sizes(size, (width, height))
        expected = sizes.there(box)
        tile = tile_beside(expected, sizes.second)
        if tile is None:
            return None
        detections = self._look_at(image, [tile])[:BESIDE_JUDGED]
        meshes = [self._confirmed(image, detection) for detection in detections]
        found = [mesh_box(m.points) for m in meshes if m.presence >= self._config.presence]
        face = of_the_same(found, expected, [sizes.there(other) for other in others], sizes.second)
        around = float(image[tile.top : tile.bottom, tile.left : tile.right].mean()) / 255
        if face is None:
            return OtherView(None, float("nan"), around)
        return OtherView(sizes.back(face), brightness_of(image, face), around)

    def reconfigure(self, config: VisionConfig) -> None:
        """Other bounds from the next frame on; who is followed stays followed.

        The models, their `detection_confidence` and `track_timeout_s` stay those of the start.
        """
        self._config = config

    def close(self) -> None:
        self._short.close()
        self._full.close()

    def _start_over_if_resized(self, image: Image) -> None:
        """A camera that changes its resolution has moved everybody: nobody is who they were."""
        if image.shape != self._shape:
            self._shape = image.shape
            self._followed = {}
            self._tracker.forget()

    def _follow(self, image: Image) -> list[_Sight]:
        """Faces of the last frame that are still where they were, without a detector."""
        sights: list[_Sight] = []
        for sight in self._followed.values():
            mesh = self._landmarks.look(image, region_of(sight.mesh.points))
            if mesh.presence >= self._config.presence and not _known(mesh.points, sights):
                sights.append(_Sight(mesh, sight.score))
        return sights

    def _search(self, image: Image, now: float) -> list[Detection]:
        height, width = image.shape[:2]
        around = [
            nearby(track.expected(now), track.box, width, height) for track in self._tracker.missing
        ]
        tiles = [tile for tile in around if tile is not None][: self._config.max_faces]
        tiles += self._patrol.tiles(image, now, following=bool(self._followed))
        return self._look_at(image, tiles)

    def _look_at(self, image: Image, tiles: Iterable[Tile]) -> list[Detection]:
        return [
            placed(detection, tile)
            for tile in tiles
            for detection in self._detectors[tile.range].detect(
                image[tile.top : tile.bottom, tile.left : tile.right]
            )
        ]

    def _look_with_margin(self, image: Image) -> list[Detection]:
        """Detections in a shrunken photo with a margin, so that a face may fill it."""
        height, width = image.shape[:2]
        scale = min(1.0, PHOTO_PREVIEW / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        margin = round(PHOTO_MARGIN * max(size))
        padded = cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        picture = padded.astype(np.uint8, copy=False)
        found = self._short.detect(picture) + self._full.detect(picture)
        return [one.shifted(-margin, -margin).scaled(1 / scale) for one in found]

    def _judge(
        self,
        image: Image,
        detections: Iterable[Detection],
        known: Sequence[_Sight],
        budget: int,
        look: Callable[[Image, Detection], Mesh],
    ) -> tuple[list[_Sight], list[_Sight]]:
        """`known` and the detections in which the mesh sees a face; those where it may be one.

        The best scores are judged first, at most `budget` of them; `look` lays their meshes.
        """
        sights, unclear = list(known), list[_Sight]()
        for detection in sorted(detections, key=lambda one: -one.score):
            if any(same_face(detection.box, mesh_box(s.mesh.points)) for s in sights):
                continue
            if budget == 0:
                break
            budget -= 1
            mesh = look(image, detection)
            if mesh.presence >= self._config.new_face_presence:
                if not _known(mesh.points, sights):
                    sights.append(_Sight(mesh, detection.score))
            elif mesh.presence >= self._config.presence:
                unclear.append(_Sight(mesh, detection.score))
        return sights, unclear

    def _confirmed(self, image: Image, detection: Detection) -> Mesh:
        """The mesh of a detection, from a second look when the first one is promising."""
        mesh = self._landmarks.look(image, _region(detection))
        if mesh.presence < self._config.presence:
            return mesh
        return self._landmarks.look(image, region_of(mesh.points))

    def _whole(self, image: Image, detection: Detection) -> Mesh:
        """As `_confirmed`, of a face that the edge of its tile may have cut.

        On a part of a face the mesh settles with full presence, and would be followed there for
        the whole visit. So the face is detected once more with room on all sides, and where
        its eyes lie elsewhere than the mesh's, that is believed.
        """
        mesh = self._confirmed(image, detection)
        if mesh.presence < self._config.presence:
            return mesh
        height, width = image.shape[:2]
        box = mesh_box(mesh.points)
        tile = nearby(box.centre, box, width, height)
        around = [] if tile is None else self._look_at(image, [tile])
        better = [one for one in around if same_face(one.box, box)][:1]
        if not better or eyes_agree(mesh.points, better[0].keypoints[:2]):
            return mesh
        return self._confirmed(image, better[0])

    def _face(self, image: Image, sight: _Sight, track: int) -> Face:
        points = sight.mesh.points
        pose = head_pose(points)
        return Face(
            box=mesh_box(points),
            score=sight.score,
            presence=sight.mesh.presence,
            landmarks=points,
            pose=pose,
            quality=assess(image, sight.mesh, pose, self._config),
            track=track,
        )


def _region(detection: Detection) -> Region:
    left_eye, right_eye = detection.keypoints[:2]
    return region_around(detection.box, left_eye, right_eye)


def _known(points: Points, sights: Iterable[_Sight]) -> bool:
    box = mesh_box(points)
    return any(same_face(box, mesh_box(sight.mesh.points)) for sight in sights)


def _area(sight: _Sight) -> float:
    return mesh_box(sight.mesh.points).area


class _Stopwatch:
    """Adds up the milliseconds between laps under their names."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._since = clock()
        self.times: dict[str, float] = {"search": 0.0, "track": 0.0, "landmarks": 0.0}

    def lap(self, name: str) -> None:
        now = self._clock()
        self.times[name] += 1000 * (now - self._since)
        self._since = now
