"""What validation measures: pairs of people never trained on."""

import numpy as np
from numpy.typing import NDArray


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
