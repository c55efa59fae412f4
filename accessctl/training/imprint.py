"""Start the centres of identity losses where the network already puts the people.

A random centre pulls its person's faces to a place that means nothing, and a network that
could tell people apart forgets it first. Qi, Brown and Lowe, "Low-Shot Learning with
Imprinted Weights", CVPR 2018, eq. 3: a person's centre is the mean of unit embeddings.
"""

from collections.abc import Sequence

import keras
import numpy as np

from accessctl.encoder.card import Card
from accessctl.training.augment.recipe import Recipe
from accessctl.training.batches import plain_crops
from accessctl.training.faces import UNLABELLED, FaceSet
from accessctl.training.losses.base import Loss
from accessctl.training.losses.identity import Identity
from accessctl.training.split import capped
from accessctl.training.validation import embed

PHOTOS = 3
PIECE = 4096


def imprint(
    losses: Sequence[Loss], network: keras.Model, faces: FaceSet, card: Card, seed: int
) -> None:
    """Set the centres of all identity losses among `losses` from up to PHOTOS photos a centre."""
    asking = [loss for loss in losses if isinstance(loss, Identity)]
    if not asking:
        return
    named = faces.select(np.flatnonzero(faces.person != UNLABELLED))
    shown = capped(named, PHOTOS * max(loss.centres for loss in asking), seed)
    recipe = Recipe(card.crop_geometry, "none")
    # A piece at a time: the crops of a whole pack would fill the memory.
    pieces = [
        embed(network, card, plain_crops(shown.select(rows), recipe))
        for rows in np.split(np.arange(len(shown)), range(PIECE, len(shown), PIECE))
    ]
    embeddings = np.concatenate(pieces)
    for loss in asking:
        loss.imprint(embeddings, shown.person)
