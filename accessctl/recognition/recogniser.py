"""From faces in an image to embeddings: cut the crops the encoder wants, encode them at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Face, Image, Points
from accessctl.encoder.base import Encoder, FlipAveraged
from accessctl.vision.alignment import cut


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

    def embed_frame(
        self, image: Image, faces: Sequence[Face], turns: Sequence[int]
    ) -> NDArray[np.float32]:
        """As `embed`, of faces whose visits have had so many frames before: odd ones are
        embedded from the other side."""
        if self._by_turns is None or not faces:
            return self.embed(image, faces)
        crops = [
            crop[:, ::-1] if turn % 2 else crop
            for crop, turn in zip(
                self._crops(image, [face.landmarks for face in faces]), turns, strict=True
            )
        ]
        return self._by_turns.embed(np.stack(crops))

    def _crops(self, image: Image, meshes: Sequence[Points]) -> Image:
        return np.stack([cut(image, landmarks, self._geometry) for landmarks in meshes])
