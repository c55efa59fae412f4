"""AdamW that keeps an exponential average of the weights it trains."""

from collections.abc import Sequence
from typing import Any

import keras


class AveragedAdamW(keras.optimizers.AdamW):  # type: ignore[misc] # keras ships no types
    """AdamW (Loshchilov and Hutter, ICLR 2019) with Polyak averaging of the weights.

    Keras would put the averages into the model at the end of each `fit`; here a run is many
    fits, so the model keeps its own weights and `averages` are asked for.
    """

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        pass

    @property
    def averages(self) -> list[Any]:
        """One variable for each trainable variable of the model, in the same order."""
        return list(self._model_variables_moving_average)


def optimiser(rate: float, weight_decay: float, ema: float) -> AveragedAdamW:
    """`ema` is the share of the old average that each step keeps."""
    made = AveragedAdamW(
        rate, weight_decay=weight_decay, clipnorm=5.0, use_ema=True, ema_momentum=ema
    )
    made.exclude_from_weight_decay(var_names=["bias"])
    return made
