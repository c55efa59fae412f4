"""Frames in, faces out: search for new ones, follow the known ones."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import cv2
import numpy as np

from accessctl.config import VisionConfig
from accessctl.domain import Box, Face, Frame, Image
from accessctl.runtime import model_file
from accessctl.vision.candidates import Bounds, PictureSearch, Sight, follow, judge
from accessctl.vision.detection import FULL_RANGE, Detection, Detector
from accessctl.vision.detector import full_range, short_range
from accessctl.vision.landmarks import (
    UPSIDE_DOWN,
    LandmarkModel,
    Mesh,
    Region,
    UprightMemory,
    head_pose,
    is_upside_down,
    mesh_box,
)
from accessctl.vision.quality import assess
from accessctl.vision.search import (
    Patrol,
    Range,
    Schedule,
    Tile,
    door_schedule,
    nearby,
    part_tiles,
    placed,
    whole_tiles,
)
from accessctl.vision.second_camera import OtherView, Sizes, brightness_of, of_the_same, tile_beside
from accessctl.vision.tracker import Stillness, Track, Tracker, could_be, is_expected, served

Lay: TypeAlias = Callable[[Region], Mesh]

JUDGED_PER_FRAME = 4
"""Candidates that the mesh may look at in one frame; the best scores first."""

JUDGED_PER_PHOTO = 64

BESIDE_JUDGED = 3
"""Candidates that the mesh may look at in a second camera's picture, for each face."""

PHOTO_MARGIN = 0.5
"""A face that fills a photo is found in a smaller picture with so much around it."""

PHOTO_PREVIEW = 256


class Observer:
    """Finds the faces of a camera's frames, and those of single photos.

    For one thread at a time. Raises ModelError when a model file is missing or unfit, that of
    the detector for photos unfit once the first photo is looked at; with
    `vision.runtime: mediapipe` also ConfigError without a usable mediapipe package, and
    SystemLibraryError when the operating system lacks a library that it needs.
    """

    def __init__(self, config: VisionConfig, schedule: Schedule | None = None) -> None:
        """`schedule`: another search than the door's, `config.tiles_per_frame` of whose tiles
        are looked at in a frame."""
        self._config = config
        self._patrol = Patrol(schedule or door_schedule(config.tiles_per_frame))
        self._landmarks = LandmarkModel(config.models)
        sought = (config.models, config.detection_confidence, config.runtime)
        self._detectors: dict[Range, Detector] = {Range.SHORT: short_range(*sought)}
        model_file(config.models, FULL_RANGE.file)
        self._open_full = partial(full_range, *sought)
        self._tracker = Tracker(config.track_timeout_s)
        self._stillness = Stillness()
        self._upright = UprightMemory()
        self._followed: dict[int, Sight] = {}
        self._shape: tuple[int, ...] = ()
        self.timings: dict[str, float] = {}
        """Milliseconds of the last `observe`: "search" (detectors), "landmarks" (mesh, of
        followed and of new faces), "track" (identities, pose and quality)."""

    def observe(self, frame: Frame) -> list[Face]:
        """The faces in the camera's next frame, each with the track that it is on."""
        stopwatch = _Stopwatch()
        image = frame.image
        self._start_over_if_resized(image)
        picture = self._picture_search(image)
        followed, lost = follow(self._followed, picture)
        awaited = [*self._tracker.missing, *(t for t in self._tracker.in_view if t.id in lost)]
        stopwatch.lap("landmarks")
        detections = self._search(image, frame.captured, awaited)
        stopwatch.lap("search")
        least = partial(self._least_presence, awaited, frame.captured)
        bounds = Bounds(JUDGED_PER_FRAME, picture.whole, least, picture.presence)
        sights, _ = judge(detections, followed, bounds)
        boxes = [sight.box for sight in sights]
        still_s = self._stillness.update(boxes, frame.captured)
        chosen = served(boxes, still_s, self._config.max_faces)
        stopwatch.lap("landmarks")
        ids = self._tracker.update([boxes[i] for i in chosen], frame.captured)
        track_of = dict(zip([sights[i] for i in chosen], ids, strict=True))
        self._followed = {track_of[sight]: sight for sight in sights if sight in track_of}
        self._upright.forget_but(ids)
        faces = [
            replace(
                self._face(image, sights[i], partial(self._upside_down, track, frame.captured)),
                track=track,
                still_s=still_s[i],
            )
            for i, track in zip(chosen, ids, strict=True)
        ]
        stopwatch.lap("track")
        self.timings = stopwatch.times
        return faces

    def still(self, image: Image, narrowest: float = 0.0) -> list[Face]:
        """Every face of one photo, the largest first, unusable ones too; track is 0.

        Those less than `narrowest` times as wide as the widest may be missing: the more, the
        less has to be searched. Where nothing is clearly a face, the likeliest candidate counts
        as an unclear one.
        """
        height, width = image.shape[:2]
        picture, sure = self._picture_search(image), self._config.new_face_presence
        bounds = Bounds(JUDGED_PER_PHOTO, picture.confirmed, lambda _: sure, picture.presence)
        seen = self._look_at(image, whole_tiles(width, height)) + self._look_with_margin(image)
        sights, unclear = judge(seen, [], bounds)
        least = narrowest * max((sight.box.w for sight in sights), default=0.0)
        parts = part_tiles(width, height, least)
        if parts:
            # A face that the whole photo hardly shows has a better place in a part of it.
            sights, unclear = judge(seen + self._look_at(image, parts), [], bounds)
        sights = sights or sorted(unclear, key=lambda s: -s.mesh.presence)[:1]
        largest = sorted(sights, key=_area, reverse=True)
        return [self._face(image, sight, is_upside_down) for sight in largest]

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
        picture = self._picture_search(image)
        meshes = [picture.confirmed(detection) for detection in detections]
        found = [mesh_box(m.points) for m in meshes if m.presence >= self._config.presence]
        face = of_the_same(found, expected, [sizes.there(other) for other in others], sizes.second)
        around = float(image[tile.top : tile.bottom, tile.left : tile.right].mean()) / 255
        if face is None:
            return OtherView(None, float("nan"), around)
        return OtherView(sizes.back(face), brightness_of(image, face), around)

    def reconfigure(self, config: VisionConfig) -> None:
        """Other bounds from the next frame on; who is followed stays followed.

        The models, their `runtime`, `detection_confidence` and `track_timeout_s` stay those of
        the start.
        """
        self._config = config

    def close(self) -> None:
        for detector in self._detectors.values():
            detector.close()

    def _start_over_if_resized(self, image: Image) -> None:
        """A camera that changes its resolution has moved everybody: nobody is who they were."""
        if image.shape != self._shape:
            self._shape = image.shape
            self._followed = {}
            self._tracker.forget()
            self._stillness.forget()

    def _picture_search(self, image: Image) -> PictureSearch:
        height, width = image.shape[:2]
        return PictureSearch(
            lay=partial(self._landmarks.look, image),
            search=lambda tile: self._look_at(image, [tile]),
            size=(width, height),
            presence=self._config.presence,
        )

    def _least_presence(self, awaited: Sequence[Track], now: float, box: Box) -> float:
        """Less for a face that comes back to where it is awaited than for a new one: the mesh
        that dips for a frame may take many to be sure of itself again."""
        back = any(could_be(t, box, now) and is_expected(t, box, now) for t in awaited)
        return self._config.presence if back else self._config.new_face_presence

    def _search(self, image: Image, now: float, awaited: Iterable[Track]) -> list[Detection]:
        height, width = image.shape[:2]
        around = [nearby(track.expected(now), track.box, width, height) for track in awaited]
        tiles = [tile for tile in around if tile is not None][: self._config.max_faces]
        tiles += self._patrol.tiles(image, now, following=bool(self._followed))
        return self._look_at(image, tiles)

    def _look_at(self, image: Image, tiles: Iterable[Tile]) -> list[Detection]:
        return [
            placed(detection, tile)
            for tile in tiles
            for detection in self._detector(tile.range).detect(
                image[tile.top : tile.bottom, tile.left : tile.right]
            )
        ]

    def _detector(self, reach: Range) -> Detector:
        """That for photos is opened when the first one comes: a door whose people are enrolled
        needs none, and it takes 15 MB."""
        if reach not in self._detectors:
            self._detectors[reach] = self._open_full()
        return self._detectors[reach]

    def _look_with_margin(self, image: Image) -> list[Detection]:
        """Detections in a shrunken photo with a margin, so that a face may fill it."""
        height, width = image.shape[:2]
        scale = min(1.0, PHOTO_PREVIEW / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        margin = round(PHOTO_MARGIN * max(size))
        padded = cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        picture = padded.astype(np.uint8, copy=False)
        found = [d for reach in Range for d in self._detector(reach).detect(picture)]
        return [one.shifted(-margin, -margin).scaled(1 / scale) for one in found]

    def _upside_down(self, track: int, now: float, lay: Lay, mesh: Mesh) -> bool:
        return self._upright.judge(track, now, lambda: is_upside_down(lay, mesh))

    def _face(self, image: Image, sight: Sight, upside_down: Callable[[Lay, Mesh], bool]) -> Face:
        points = sight.mesh.points
        pose = head_pose(points)
        quality = assess(image, sight.mesh, pose, self._config)
        # Nothing is lost where the face is of no use anyway.
        if quality.usable and upside_down(partial(self._landmarks.look, image), sight.mesh):
            quality = replace(quality, reasons=(UPSIDE_DOWN,))
        return Face(
            box=sight.box,
            score=sight.score,
            presence=sight.mesh.presence,
            landmarks=points,
            pose=pose,
            quality=quality,
        )


def _area(sight: Sight) -> float:
    return sight.box.area


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
