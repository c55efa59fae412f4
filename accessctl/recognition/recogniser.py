"""From faces in an image to embeddings: the crops that the encoder wants, encoded at once; and
which face is meant in a photo that must show exactly one person.
"""

from collections.abc import Sequence
from math import hypot

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Face, Image, Points
from accessctl.encoder.base import Encoder, FlipAveraged
from accessctl.errors import NoFaceError, PoorFaceError, SeveralFacesError
from accessctl.vision.alignment import cut

# A second face at least this wide, relative to the widest, makes it unclear who is meant;
# smaller ones are people in the background.
BYSTANDER_WIDTH = 1 / 3
# A face this many times as wide as any rival, and nearer the middle, is plainly the one meant.
SUBJECT_WIDTH = 2.0

ADVICE = {
    "unclear": "the face is hidden or unclear; use a photo that shows all of it",
    "too far": "the face is too small; use a photo taken closer",
    "too blurred": "the face is blurred; use a sharper photo",
    "too dark": "the face is too dark; use a photo with more light",
    "too bright": "the face is overexposed; use a photo with less light",
    "turned away": "the face is turned away; use a photo from the front",
    "upside down": "the face stands on its head; use a photo that is upright",
    "cut off": "the face is cut off by the edge; use a photo that shows all of it",
}


class Recogniser:
    """An encoder with the geometry of its card.

    Where photos are embedded from both sides, the frames of a visit take turns: pooled, they
    hold as many mirror images, at half the time a frame. One-sided probes were measured to
    reach a score less often by chance than two-sided ones, so the calibration still bounds.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._by_turns = encoder.one_sided if isinstance(encoder, FlipAveraged) else None
        self._geometry = encoder.card.crop_geometry

    @property
    def fingerprint(self) -> str:
        return self._encoder.card.fingerprint

    @property
    def dimension(self) -> int:
        return self._encoder.card.dimension

    @property
    def device(self) -> str:
        return self._encoder.device

    def embed(self, image: Image, faces: Sequence[Face]) -> NDArray[np.float32]:
        """Unit embeddings float32 (N, D) of N faces found in a photo; one batch."""
        return self.embed_meshes(image, [face.landmarks for face in faces])

    def embed_meshes(self, image: Image, meshes: Sequence[Points]) -> NDArray[np.float32]:
        """As `embed`, of faces of which only the landmarks float32 (468, 3) are known."""
        if not meshes:
            return np.empty((0, self.dimension), np.float32)
        return self._encoder.embed(self._crops(image, meshes))

    def crops(self, image: Image, faces: Sequence[Face]) -> Image:
        """RGB uint8 (N, S, S, 3): the faces of a frame as `embed_crops` takes them."""
        size = self._geometry.size
        if not faces:
            return np.empty((0, size, size, 3), np.uint8)
        return self._crops(image, [face.landmarks for face in faces])

    def embed_crops(self, crops: Image, turns: Sequence[int]) -> NDArray[np.float32]:
        """As `embed`, of the `crops` of faces whose visits have had so many before: odd ones are
        embedded from the other side."""
        if not len(crops):
            return np.empty((0, self.dimension), np.float32)
        if self._by_turns is None:
            return self._encoder.embed(crops)
        odd = np.array([turn % 2 == 1 for turn in turns])
        sides = np.where(odd[:, None, None, None], crops[:, :, ::-1], crops) if odd.any() else crops
        return self._by_turns.embed(sides)

    def _crops(self, image: Image, meshes: Sequence[Points]) -> Image:
        return np.stack([cut(image, landmarks, self._geometry) for landmarks in meshes])


def only_face(faces: list[Face], photo: str, size: tuple[int, int] | None = None) -> Face:
    """The face of the one person in `photo`, whose width and height in pixels are `size`.

    That is the only one that is no mere passer-by, or the one that is plainly meant: the widest,
    where it is nearest the middle and at least twice as wide as any rival. Where the size is not
    known only the former.
    Raises NoFaceError, SeveralFacesError or PoorFaceError with one sentence that names the photo.
    """
    if not faces:
        raise NoFaceError(
            f"{photo}: no face found; use a photo that shows one face from the front."
        )
    meant = meant_by(faces, size)
    if meant is None:
        raise SeveralFacesError(
            f"{photo}: {1 + len(bystanders(faces))} faces found; "
            "use a photo of one person, or cut the others away."
        )
    if not meant.quality.usable:
        reason = meant.quality.reasons[0]
        told = ADVICE.get(reason, f"the face is {reason}")
        raise PoorFaceError(f"{photo}: {told}.", reason.replace(" ", "_"))
    return meant


def meant_by(faces: Sequence[Face], size: tuple[int, int] | None) -> Face | None:
    """Of at least one face the one that a photo of that size means; None where it is unclear."""
    widest = max(faces, key=lambda face: face.box.w)
    others = bystanders(faces)
    clear = not others or (size is not None and _plainly_meant(widest, others, size))
    return widest if clear else None


def bystanders(faces: Sequence[Face]) -> list[Face]:
    """Those beside the widest that are large enough to be meant themselves."""
    widest = max(faces, key=lambda face: face.box.w)
    least = widest.box.w * BYSTANDER_WIDTH
    large = [face for face in faces if face.box.w >= least]
    # By its place: the same face may be there twice.
    return [face for at, face in enumerate(large) if at != large.index(widest)]


def is_rival(other: Face) -> bool:
    """Whether somebody else's face could be the one that is meant: if it could be enrolled itself.

    One that is cut off, turned away or too small for that is nobody's portrait.
    """
    return other.quality.usable


def _plainly_meant(widest: Face, others: Sequence[Face], size: tuple[int, int]) -> bool:
    def off_centre(face: Face) -> float:
        x, y = face.box.centre
        return hypot(x - size[0] / 2, y - size[1] / 2)

    return all(
        off_centre(widest) < off_centre(other)
        and not (is_rival(other) and widest.box.w < SUBJECT_WIDTH * other.box.w)
        for other in others
    )


def cut_out(image: Image, face: Face, margin: float = 0.75) -> Image:
    """The part of `image` around `face` that is worth keeping: box plus `margin` on each side."""
    height, width = image.shape[:2]
    side = max(face.box.w, face.box.h) * (0.5 + margin)
    x, y = face.box.centre
    left, top = max(0, round(x - side)), max(0, round(y - side))
    right, bottom = min(width, round(x + side)), min(height, round(y + side))
    return image[top:bottom, left:right]
