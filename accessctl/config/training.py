"""The section `training`: what `accessctl train` does where its options do not say otherwise."""

from typing import Annotated

from pydantic import Field

from accessctl.config.section import Section

LossName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}(=[0-9]*\.?[0-9]+)?$", max_length=64)
]


class TrainingConfig(Section):
    loss: tuple[LossName, ...] = Field(
        (),
        description="Losses that are added up where `accessctl train` is given no --loss, each "
        "NAME or NAME=WEIGHT; names of losses that were added from outside, too.",
    )
