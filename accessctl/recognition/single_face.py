"""A photo that must show exactly one person: whose face it is, or why it is refused."""

from accessctl.domain import Face, Image
from accessctl.errors import NoFaceError, PoorFaceError, SeveralFacesError

# A second face at least this wide, relative to the widest, makes it unclear who is meant;
# smaller ones are people in the background.
BYSTANDER_WIDTH = 1 / 3

ADVICE = {
    "unclear": "the face is hidden or unclear; use a photo that shows all of it",
    "too far": "the face is too small; use a photo taken closer",
    "too blurred": "the face is blurred; use a sharper photo",
    "too dark": "the face is too dark; use a photo with more light",
    "too bright": "the face is overexposed; use a photo with less light",
    "turned away": "the face is turned away; use a photo from the front",
    "cut off": "the face is cut off by the edge; use a photo that shows all of it",
}


def only_face(faces: list[Face], photo: str) -> Face:
    """The face of the one person in `photo`.

    Raises NoFaceError, SeveralFacesError or PoorFaceError with one sentence that names the photo.
    """
    if not faces:
        raise NoFaceError(
            f"{photo}: no face found; use a photo that shows one face from the front."
        )
    widest = max(faces, key=lambda face: face.box.w)
    rivals = [face for face in faces if face.box.w >= widest.box.w * BYSTANDER_WIDTH]
    if len(rivals) > 1:
        raise SeveralFacesError(
            f"{photo}: {len(rivals)} faces found; "
            "use a photo of one person, or cut the others away."
        )
    if not widest.quality.usable:
        reason = widest.quality.reasons[0]
        raise PoorFaceError(f"{photo}: {ADVICE.get(reason, f'the face is {reason}')}.")
    return widest


def cut_out(image: Image, face: Face, margin: float = 0.75) -> Image:
    """The part of `image` around `face` that is worth keeping: box plus `margin` on each side."""
    height, width = image.shape[:2]
    side = max(face.box.w, face.box.h) * (0.5 + margin)
    x, y = face.box.centre
    left, top = max(0, round(x - side)), max(0, round(y - side))
    right, bottom = min(width, round(x + side)), min(height, round(y + side))
    return image[top:bottom, left:right]
