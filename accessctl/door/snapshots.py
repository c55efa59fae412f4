"""Pictures from the door's camera: those of decisions for the audit log, and the best photo of one
person out of a few seconds, to enrol them with.
"""

from collections.abc import Callable
from typing import Any, Literal

import cv2
import numpy as np

from accessctl.audit.snapshots import Snapshots
from accessctl.domain import Face, Image
from accessctl.door.session import PATIENCE_S, FrameReader
from accessctl.errors import CameraError, FaceError
from accessctl.recognition.enrolment import StillObserver
from accessctl.recognition.recogniser import only_face

# A face's box with some of its surroundings, which help people to recognise it.
MARGIN = 0.4
JPEG_QUALITY = 85


class SnapshotTaker:
    """Cuts what is to be kept of a frame, and has it kept."""

    def __init__(self, snapshots: Snapshots, keep: Literal["face", "frame"]) -> None:
        self._snapshots = snapshots
        self._keep = keep

    def cut(self, image: Image, face: Face) -> Image:
        """What is kept of an RGB frame in which that face is seen; may be a view of it."""
        if self._keep == "frame":
            return image
        height, width = image.shape[:2]
        box = face.box
        left, top = box.x - MARGIN * box.w, box.y - MARGIN * box.h
        right, bottom = box.x + (1 + MARGIN) * box.w, box.y + (1 + MARGIN) * box.h
        x0, x1 = (int(np.clip(x, 0, width)) for x in (left, right))
        y0, y1 = (int(np.clip(y, 0, height)) for y in (top, bottom))
        return image[y0:y1, x0:x1].copy()

    def take(self, visit: str, time: float, picture: Image | None) -> dict[str, Any]:
        """What the decision's event says about its picture; nothing when there is none."""
        if picture is None or picture.size == 0:
            return {}
        encoded, jpeg = cv2.imencode(
            ".jpg",
            cv2.cvtColor(picture, cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
        )
        kept = self._snapshots.keep(visit, time, jpeg.tobytes()) if encoded else None
        if kept is None:
            return {"snapshot": None}
        return {"snapshot": kept.name, "snapshot_sha256": kept.sha256}


def best_shot(
    reader: FrameReader, observer: StillObserver, clock: Callable[[], float], seconds: float
) -> Image:
    """The frame of the next `seconds` with the highest quality of its only face.

    Raises the FaceError of the last frame when none will do, CameraError without a frame.
    """
    best: tuple[float, Image] | None = None
    refusal: FaceError | None = None
    until = clock() + seconds
    while clock() < until and not reader.ended:
        frame = reader.next(PATIENCE_S)
        if frame is None:
            continue
        try:
            quality = only_face(observer.still(frame.image), "The camera").quality.score
        except FaceError as error:
            refusal = error
            continue
        if best is None or quality > best[0]:
            best = quality, frame.image
    if best is not None:
        return best[1]
    if refusal is not None:
        raise refusal
    raise CameraError("The camera gave no picture; check its cable and that nobody else uses it.")
