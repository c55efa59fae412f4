"""Losses by the names that the command line gives them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessctl import extensions
from accessctl.errors import InputError
from accessctl.extensions import ExtensionKind, made_by
from accessctl.training.losses import Loss
from accessctl.training.losses.distillation import Cosine, Pairwise, Regression, Relational
from accessctl.training.losses.identity import (
    ADAFACE_MARGIN,
    ARCFACE_MARGIN,
    COSFACE_MARGIN,
    AdaFace,
    ArcFace,
    CosFace,
    IdentityLoss,
    Margin,
)
from accessctl.training.losses.pairs import (
    CONTRASTIVE_MARGIN,
    TRIPLET_MARGIN,
    Contrastive,
    Siamese,
    Triplet,
)

NEEDS_TEACHER = frozenset({"regression", "cosine", "relational", "pairwise"})
SAME_DIMENSION = frozenset({"regression", "cosine"})
NEEDS_PAIRS = frozenset({"triplet", "contrastive", "siamese"})
NEEDS_PEOPLE = NEEDS_PAIRS | frozenset({"cosface", "arcface", "adaface"})


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a loss may need to know of the run: `person` and `family` int32 (N,) of all
    training faces, the dimensions of embedding and teacher (None: no teacher), and what the
    command line chose; `margin` None leaves each loss its own."""

    person: NDArray[np.int32]
    family: NDArray[np.int32]
    dimension: int
    teacher: int | None = None
    mining: str = "semi-hard"
    margin: float | None = None
    centres: int = 1
    seed: int = 0


MAKERS: dict[str, Callable[[Context], Loss]] = {
    "triplet": lambda c: Triplet(c.mining, c.margin or TRIPLET_MARGIN, name="triplet"),
    "contrastive": lambda c: Contrastive(c.margin or CONTRASTIVE_MARGIN, name="contrastive"),
    "siamese": lambda c: Siamese(c.dimension, name="siamese"),
    "cosface": lambda c: _identity(c, CosFace(c.margin or COSFACE_MARGIN), "cosface"),
    "arcface": lambda c: _identity(c, ArcFace(c.margin or ARCFACE_MARGIN), "arcface"),
    "adaface": lambda c: _identity(c, AdaFace(c.margin or ADAFACE_MARGIN), "adaface"),
    "regression": lambda _: Regression(name="regression"),
    "cosine": lambda _: Cosine(name="cosine"),
    "relational": lambda _: Relational(name="relational"),
    "pairwise": lambda _: Pairwise(name="pairwise"),
}


def loss_named(name: str, context: Context) -> Loss:
    """The loss of that name, built in or added; raises InputError when there is none, or nothing
    to feed it, and ExtensionError for an added one that does not load or gives no Loss."""
    maker = MAKERS.get(name)
    if maker is None:
        return _added(name, context)
    if name in NEEDS_TEACHER and context.teacher is None:
        raise InputError(f"The loss {name} needs descriptors to learn from; name --teacher FILE.")
    if name in SAME_DIMENSION and context.teacher != context.dimension:
        raise InputError(
            f"The loss {name} needs as many outputs as the teacher has values; "
            f"set --outputs {context.teacher}."
        )
    if name in NEEDS_PEOPLE and not (context.person >= 0).any():
        raise InputError(f"The loss {name} needs faces with names; use data that has people.")
    return maker(context)


def _added(name: str, context: Context) -> Loss:
    """A loss from outside the package: what is added is called with the context."""
    extension = extensions.find(ExtensionKind.LOSSES, name)
    if extension is None:
        known = dict.fromkeys([*MAKERS, *extensions.names(ExtensionKind.LOSSES)])
        raise InputError(f"There is no loss called {name}; choose from {', '.join(known)}.")
    make = extension.load()
    if not callable(make):
        raise extension.fault("cannot be called with the run's context")
    made = made_by(extension, lambda: make(context))
    if not isinstance(made, Loss):
        raise extension.fault("gives something that is no Loss")
    return made


def _identity(context: Context, margin: Margin, name: str) -> IdentityLoss:
    return IdentityLoss(
        margin,
        context.person,
        context.family,
        context.dimension,
        centres=context.centres,
        seed=context.seed,
        name=name,
    )
