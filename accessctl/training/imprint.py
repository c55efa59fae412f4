"""Start the centres of identity losses where the network already puts the people.

A random centre pulls its person's faces to a place that means nothing, and a network that
could tell people apart forgets it first. Qi, Brown and Lowe, "Low-Shot Learning with
Imprinted Weights", CVPR 2018, eq. 3: a person's centre is the mean of unit embeddings.
"""

from collections.abc import Sequence

import keras
import numpy as np

from accessctl.encoder.card import Card
from accessctl.training.faces import UNLABELLED, FaceSet
from accessctl.training.losses.base import Loss
from accessctl.training.losses.identity import IdentityLoss
from accessctl.training.split import capped
from accessctl.training.validation import embed_faces

PHOTOS = 3


def imprint(
    losses: Sequence[Loss], network: keras.Model, faces: FaceSet, card: Card, seed: int
) -> None:
    """Set the centres of all identity losses among `losses` from up to PHOTOS photos a centre."""
    asking = [loss for loss in losses if isinstance(loss, IdentityLoss)]
    if not asking:
        return
    named = faces.select(np.flatnonzero(faces.person != UNLABELLED))
    shown = capped(named, PHOTOS * max(loss.centres for loss in asking), seed)
    embeddings = embed_faces(network, card, shown)
    for loss in asking:
        loss.imprint(embeddings, shown.person)
