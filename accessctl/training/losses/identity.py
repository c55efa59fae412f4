"""Identity losses: tell the training people apart, by a margin that makes it harder than needed.

CosFace subtracts a constant from the true person's cosine, ArcFace adds one to the angle, AdaFace
asks less of faces whose short embeddings say that they are poor.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol

import keras
import numpy as np
from keras import initializers, layers, ops
from numpy.typing import NDArray

from accessctl.training.losses import Loss
from accessctl.training.mining import mean_where, unit

COSFACE_MARGIN = 0.35

ARCFACE_MARGIN = 0.5

ADAFACE_MARGIN = 0.4

CONCENTRATION = 0.333

MOMENTUM = 0.99

TINY = 1e-3

NOBODY = -1e9

SPREAD = 0.01


class Margin(Protocol):
    """Makes the true person's cosine harder: called with cosines (B,) in (-1, 1) and the
    lengths of the embeddings (B,); gives the cosines that go into the softmax."""

    def __call__(self, cosines: Any, lengths: Any) -> Any: ...


class CosFace:
    """cos -> cos - m. Wang et al., "CosFace", CVPR 2018, eq. 4."""

    def __init__(self, margin: float = COSFACE_MARGIN) -> None:
        self._margin = margin

    def __call__(self, cosines: Any, lengths: Any) -> Any:  # noqa: ARG002 the protocol's
        return cosines - self._margin


class ArcFace:
    """cos t -> cos(t + m). Deng et al., "ArcFace", CVPR 2019, eq. 3.

    Where t + m would pass pi the cosine rises again; there cos t - m sin m goes on falling,
    as in the authors' code.
    """

    def __init__(self, margin: float = ARCFACE_MARGIN) -> None:
        self._margin = margin

    def __call__(self, cosines: Any, lengths: Any) -> Any:  # noqa: ARG002 the protocol's
        sines = ops.sqrt(1 - ops.square(cosines))
        turned = cosines * math.cos(self._margin) - sines * math.sin(self._margin)
        past = cosines < math.cos(math.pi - self._margin)
        return ops.where(past, cosines - self._margin * math.sin(self._margin), turned)


class AdaFace(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """cos t -> cos(t - m z) - (m z + m), z = clip((|f| - mean) / (deviation / h), -1, 1).

    Kim, Jain and Liu, "AdaFace", CVPR 2022, eq. 7 to 10: mean and deviation of the lengths
    are running averages. A long (good) embedding gets an additive margin on the cosine, a
    short one a negative angular margin. The length itself learns nothing from z.
    """

    def __init__(
        self, margin: float = ADAFACE_MARGIN, h: float = CONCENTRATION, **options: Any
    ) -> None:
        super().__init__(**options)
        self._margin = margin
        self._h = h
        self.mean = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="length_mean"
        )
        self.deviation = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="length_deviation"
        )
        self.seen = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="batches_seen"
        )

    def call(self, cosines: Any, lengths: Any) -> Any:
        # The first batch counts whole: lengths differ much from encoder to encoder.
        keep = ops.where(self.seen > 0, MOMENTUM, 0.0)
        self.mean.assign(keep * self.mean + (1 - keep) * ops.mean(lengths))
        self.deviation.assign(keep * self.deviation + (1 - keep) * ops.std(lengths))
        self.seen.assign(ops.ones_like(self.seen))
        z = (lengths - self.mean) * self._h / (self.deviation + TINY)
        z = ops.stop_gradient(ops.clip(z, -1.0, 1.0))
        angle = ops.clip(ops.arccos(cosines) - self._margin * z, TINY, math.pi - TINY)
        return ops.cos(angle) - (self._margin * z + self._margin)


class IdentityLoss(Loss):
    """L = -log softmax over people of s cos(w_j, f), the true person's cosine made harder.

    One head for each family of sources: a face competes only with people of its own family,
    because the same human being may carry two numbers in two families, and would be pulled
    away from himself. With `centres` above 1 each person has so many and the nearest counts
    (Deng et al., "Sub-center ArcFace", ECCV 2020), which lets mislabelled photos go
    elsewhere. Unlabelled faces are left out.

    `person` and `family` int32 (N,) are those of all training faces.
    """

    def __init__(
        self,
        margin: Margin,
        person: NDArray[np.int32],
        family: NDArray[np.int32],
        dimension: int,
        *,
        scale: float = 32.0,
        centres: int = 1,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._margin = margin
        if isinstance(margin, layers.Layer):
            self.margin_layer = margin
        self._scale = scale
        self.centres = centres
        labelled = person >= 0
        people = np.unique(person[labelled])
        self._classes = len(people)
        self._class_of = np.full(int(people.max()) + 1, 0, np.int32)
        self._class_of[people] = np.arange(len(people))
        self._families = int(family.max()) + 1
        self._lives_in = _membership(
            self._class_of[person[labelled]], family[labelled], len(people), self._families
        )
        self.people = self.add_weight(
            shape=(len(people) * centres, dimension),
            initializer=initializers.RandomNormal(stddev=SPREAD, seed=seed),
            name="centres",
        )

    def call(self, embeddings: Any, targets: Mapping[str, Any]) -> Any:
        person = ops.reshape(targets["person"], (-1,))
        labelled = person >= 0
        number = ops.take(self._class_of, ops.maximum(person, 0))
        cosines = self._cosines(unit(embeddings))
        true = ops.one_hot(number, self._classes, dtype="float32")
        own = ops.sum(cosines * true, axis=1)
        lengths = ops.norm(ops.cast(embeddings, "float32"), axis=1)
        harder = self._margin(own, ops.stop_gradient(lengths))
        logits = self._scale * (cosines + true * (harder - own)[:, None])
        rivals = ops.take(self._lives_in, ops.reshape(targets["family"], (-1,)), axis=0)
        logits = ops.where(ops.logical_or(rivals, true > 0), logits, NOBODY)
        surprise = ops.logsumexp(logits, axis=1) - ops.sum(logits * true, axis=1)
        return mean_where(surprise, labelled)

    def imprint(self, embeddings: NDArray[np.float32], person: NDArray[np.int32]) -> None:
        """Put each person's centres at means of their unit embeddings, of (N, D) and (N,).

        With several centres the photos are dealt out to them in turn. Centres get the length
        that random ones have, so that they learn as fast; people without a photo keep theirs.
        """
        lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
        rows = embeddings / np.maximum(lengths, 1e-9)
        centres = np.array(ops.convert_to_numpy(self.people))
        length = SPREAD * np.sqrt(centres.shape[1])
        for own in np.unique(person):
            found = rows[person == own]
            for turn in range(self.centres):
                dealt = found[turn :: self.centres] if len(found) > turn else found
                mean = dealt.mean(axis=0)
                place = int(self._class_of[own]) * self.centres + turn
                centres[place] = mean * length / max(float(np.linalg.norm(mean)), 1e-9)
        self.people.assign(centres)

    def _cosines(self, embeddings: Any) -> Any:
        """(B, people); kept inside (-1, 1), where the angle has a gradient."""
        every = ops.matmul(embeddings, ops.transpose(unit(self.people)))
        best = ops.max(ops.reshape(every, (-1, self._classes, self.centres)), axis=2)
        return ops.clip(best, -1 + 1e-6, 1 - 1e-6)


def _membership(
    number: NDArray[np.int32], family: NDArray[np.int32], people: int, families: int
) -> NDArray[np.bool_]:
    """(families, people): whether the person has photos in that family."""
    found = np.zeros((families, people), bool)
    found[family, number] = True
    return found
