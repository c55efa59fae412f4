"""The best photo of one person out of a few seconds of camera."""

from collections.abc import Callable

from accessctl.domain import Image
from accessctl.door.watch import PATIENCE_S, FrameReader
from accessctl.errors import CameraError, FaceError
from accessctl.recognition.enrolment import StillObserver
from accessctl.recognition.recogniser import only_face


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
