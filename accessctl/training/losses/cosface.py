"""CosFace's margin: subtract a constant from the true person's cosine."""

from typing import Any

COSFACE_MARGIN = 0.35


class CosFace:
    """cos -> cos - m. Wang et al., "CosFace", CVPR 2018, eq. 4."""

    def __init__(self, margin: float = COSFACE_MARGIN) -> None:
        self._margin = margin

    def __call__(self, cosines: Any, lengths: Any) -> Any:  # noqa: ARG002 the protocol's
        return cosines - self._margin
