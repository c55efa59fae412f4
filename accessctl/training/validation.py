"""Measure a network on people held out of training: pairs and one-shot tasks."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image
from accessctl.encoder.card import Card
from accessctl.evaluation.statistics import tar_at_fmr
from accessctl.training.augment import Augmentation
from accessctl.training.batches import plain_crops
from accessctl.training.faces import FaceSet

BATCH = 64

PIECE = 4096

ONE_SHOT_TRIALS = 1000

WAYS = 20

PAIRS, ONE_SHOT = "pairs", f"one_shot_{WAYS}"


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """Crops uint8 (N, S, S, 3) of `person` int32 (N,), with the teachers' values (N, T).

    `beside` (N, E), when there, are embeddings of another encoder whose unit vectors, times
    `beside_weight`, are put next to this network's: the pair is measured too. `regressed` says
    that a loss asks for the teachers' very values, so that it can be told how far they are hit.
    """

    crops: Image
    person: NDArray[np.int32]
    teacher: NDArray[np.float32] | None = None
    beside: NDArray[np.float32] | None = None
    beside_weight: float = 1.0
    regressed: bool = False

    def measure(self, network: keras.Model, card: Card) -> dict[str, float]:
        """Metrics by name, rounded to what the sample can tell apart."""
        embeddings = embed(network, card, self.crops)
        found = self._verification(embeddings, "")
        if self.regressed and self.teacher is not None:
            found["explained"] = explained_variance(embeddings, self.teacher)
        if self.beside is not None:
            found |= self._verification(self._joined(embeddings), "pair_")
        return {name: round(value, 4) for name, value in found.items()}

    @property
    def not_measured(self) -> dict[str, str]:
        """What these people are too few for, and why, in words."""
        _, photos = np.unique(self.person, return_counts=True)
        people, able = len(photos), int((photos > 1).sum())
        words = f"with {people} people held out, {able} of them with two photos"
        found = {}
        if people < 2 or not able:
            found[PAIRS] = f"pairs need two people and one with two photos, {words}"
        if people < WAYS or not able:
            found[ONE_SHOT] = f"{WAYS}-way tasks need {WAYS} people and one with two, {words}"
        return found

    def references(self) -> dict[str, float]:
        """What the teacher and the other encoder reach on the same faces."""
        found: dict[str, float] = {}
        if self.teacher is not None:
            found |= self._verification(self.teacher, "teacher_")
        if self.beside is not None:
            found |= self._verification(self.beside, "beside_")
            if self.teacher is not None:
                found |= self._verification(self._joined(self.teacher), "teacher_pair_")
        return {name: round(value, 4) for name, value in found.items()}

    def _joined(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.beside is None:
            return embeddings
        other = self.beside_weight * unit_rows(self.beside)
        return np.concatenate([other, unit_rows(embeddings)], axis=1)

    def _verification(self, embeddings: NDArray[Any], prefix: str) -> dict[str, float]:
        lacking = self.not_measured
        found: dict[str, float] = {}
        if PAIRS not in lacking:
            genuine, impostor = pair_scores(embeddings, self.person)
            found |= {
                f"{prefix}pair_accuracy": pair_accuracy(genuine, impostor),
                f"{prefix}tar_1e2": tar_at_fmr(genuine, impostor, 1e-2),
                f"{prefix}tar_1e3": tar_at_fmr(genuine, impostor, 1e-3),
                f"{prefix}tar_1e4": tar_at_fmr(genuine, impostor, 1e-4),
            }
        if ONE_SHOT not in lacking:
            found[f"{prefix}{ONE_SHOT}"] = one_shot_accuracy(
                embeddings, self.person, WAYS, ONE_SHOT_TRIALS, np.random.default_rng(0)
            )
        return found


def embed_faces(network: keras.Model, card: Card, faces: FaceSet) -> NDArray[np.float32]:
    """Raw embeddings float32 (N, D) of faces as they are; crops are cut a piece at a time,
    since those of a whole pack would fill the memory."""
    recipe = Augmentation(card.crop_geometry, "none")
    pieces = np.split(np.arange(len(faces)), range(PIECE, len(faces), PIECE))
    return np.concatenate(
        [embed(network, card, plain_crops(faces.select(rows), recipe)) for rows in pieces]
    )


def embed(network: keras.Model, card: Card, crops: Image) -> NDArray[np.float32]:
    """Raw embeddings float32 (N, D) of crops uint8 (N, S, S, 3)."""
    parts = [
        keras.ops.convert_to_numpy(
            network.predict_on_batch(card.normalise(crops[start : start + BATCH]))
        )
        for start in range(0, len(crops), BATCH)
    ]
    return np.concatenate(parts).astype(np.float32)


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Rows scaled to length 1; a zero row stays zero."""
    wide = vectors.astype(np.float32)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = wide / np.maximum(lengths, np.finfo(np.float32).tiny)
    return scaled


def pair_scores(
    embeddings: NDArray[np.floating], person: NDArray[np.integer]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines of all (genuine, impostor) pairs of rows, each pair once."""
    unit = unit_rows(embeddings)
    cosines = unit @ unit.T
    above = np.triu(np.ones(cosines.shape, bool), 1)
    same = person[:, None] == person[None, :]
    return cosines[above & same], cosines[above & ~same]


def pair_accuracy(genuine: NDArray[np.floating], impostor: NDArray[np.floating]) -> float:
    """Accuracy on pairs, half of them genuine, at the threshold that is best for them.

    The mean of true accept and true reject rate: what a Siamese project reports, and says
    little about a door, where strangers outnumber genuine pairs by far.
    """
    accepts = np.sort(genuine)
    rejects = np.sort(impostor)
    thresholds = np.concatenate([accepts, rejects])
    accepted = 1 - np.searchsorted(accepts, thresholds, side="left") / len(accepts)
    rejected = np.searchsorted(rejects, thresholds, side="left") / len(rejects)
    return float(((accepted + rejected) / 2).max())


def explained_variance(predicted: NDArray[np.floating], target: NDArray[np.floating]) -> float:
    """1 - squared error over the targets' variance about their mean, all dimensions at once."""
    error = np.square(predicted.astype(np.float64) - target).sum()
    spread = np.square(target - target.mean(axis=0, dtype=np.float64)).sum()
    return float(1 - error / spread)


def one_shot_accuracy(
    embeddings: NDArray[np.floating],
    person: NDArray[np.integer],
    ways: int,
    trials: int,
    draw: np.random.Generator,
) -> float:
    """N-way one-shot accuracy as in Lake et al. 2011: a probe and one photo each of `ways`
    people, the probe's among them; right when the nearest by cosine is the probe's.

    Each of `trials` tasks draws its people and photos anew. NaN when fewer than `ways`
    people are there.
    """
    unit = unit_rows(embeddings)
    of = {number: np.flatnonzero(person == number) for number in np.unique(person)}
    able = [number for number, own in of.items() if len(own) >= 2]
    if len(of) < ways or not able:
        return float("nan")
    right = 0
    for _ in range(trials):
        target = able[int(draw.integers(len(able)))]
        probe, shot = draw.choice(of[target], 2, replace=False)
        strangers = draw.choice([n for n in of if n != target], ways - 1, replace=False)
        support = [shot, *(draw.choice(of[number]) for number in strangers)]
        right += int(np.argmax(unit[support] @ unit[probe]) == 0)
    return right / trials
