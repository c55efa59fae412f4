"""From faces in an image to embeddings: cut the crops the encoder wants, encode them at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Face, Image
from accessctl.encoder.base import Encoder
from accessctl.vision.alignment import cut


class Recogniser:
    """An encoder with the geometry of its card."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
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
        """Unit embeddings float32 (N, D) of N faces found in `image`; one batch."""
        if not faces:
            return np.empty((0, self.dimension), np.float32)
        crops = np.stack([cut(image, face.landmarks, self._geometry) for face in faces])
        return self._encoder.embed(crops)
