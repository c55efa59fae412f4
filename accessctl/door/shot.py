"""A photo from the door's own camera to enrol somebody by: the best of some seconds, each frame of
which is judged as every photo is by which somebody is enrolled.
"""

from collections.abc import Callable
from enum import StrEnum

from accessctl.domain import Image
from accessctl.door.session import PATIENCE_S, FrameReader
from accessctl.errors import CameraError, FaceError, PoorFaceError
from accessctl.recognition.enrolment import FoundFace, PhotoDetector, find_face

SHOT_S = 2.0
"""How long a good picture is looked for."""

ORIGIN = "The camera"
NO_PICTURE = "no_picture"
STRAIGHT_DEG, TURNED_DEG = 12.0, 6.0
"""Who looks straight is turned by no more, and who is turned a little by no less, degrees."""


class PortraitPose(StrEnum):
    """How whoever is enrolled looks into the camera; left and right are their own."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"


def pose_fault(pose: PortraitPose, yaw: float) -> str:
    """What is wrong with a head turned by `yaw` degrees (domain.Pose), nothing where it is right.

    Whoever turns to their own left moves the nose to the right in the image.
    """
    if pose is PortraitPose.FRONT:
        return "" if abs(yaw) <= STRAIGHT_DEG else "not_straight"
    turned = yaw if pose is PortraitPose.LEFT else -yaw
    if turned >= TURNED_DEG:
        return ""
    return "other_way" if turned <= -TURNED_DEG else "not_turned"


class BestShot:
    """The best of the images that it is shown, in the thread of the detector."""

    def __init__(self, observer: PhotoDetector, pose: PortraitPose | None = None) -> None:
        """`pose` None: as far as everybody may be turned."""
        self._observer = observer
        self._pose = pose
        self.found: FoundFace | None = None
        self.refusal: FaceError | None = None
        """Of the last image that would not do."""

    def look(self, image: Image) -> None:
        try:
            found = find_face(self._observer, image, ORIGIN)
            fault = "" if self._pose is None else pose_fault(self._pose, found.face.pose.yaw)
            if fault:
                raise PoorFaceError(f"{ORIGIN}: the face is turned otherwise ({fault}).", fault)
        except FaceError as error:
            self.refusal = error
            return
        if self.found is None or found.face.quality.score > self.found.face.quality.score:
            self.found = found

    @property
    def fault(self) -> str:
        """What is wrong, in one word (errors.FaceError); nothing once there is a good one."""
        if self.found is not None:
            return ""
        return NO_PICTURE if self.refusal is None else self.refusal.fault


def best_shot(
    reader: FrameReader, observer: PhotoDetector, clock: Callable[[], float], seconds: float
) -> Image:
    """The frame of the next `seconds` with the highest quality of its only face.

    Raises the FaceError of the last frame when none will do, CameraError without a frame.
    """
    shot = BestShot(observer)
    until = clock() + seconds
    while clock() < until and not reader.ended:
        frame = reader.next(PATIENCE_S)
        if frame is not None:
            shot.look(frame.image)
    if shot.found is not None:
        return shot.found.image
    if shot.refusal is not None:
        raise shot.refusal
    raise CameraError("The camera gave no picture; check its cable and that nobody else uses it.")
