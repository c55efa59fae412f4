import pytest
from pydantic import ValidationError

from accessctl.config.recognition import TrainingConfig


def test_losses_are_names_with_or_without_a_weight() -> None:
    assert TrainingConfig().loss == ()
    assert TrainingConfig(loss=("triplet", "circle=0.5")).loss == ("triplet", "circle=0.5")


@pytest.mark.parametrize("loss", ["", "Triplet", "triplet=", "triplet=-1", "a b", "triplet=1=2"])
def test_anything_else_is_refused(loss: str) -> None:
    with pytest.raises(ValidationError, match="loss"):
        TrainingConfig(loss=(loss,))
