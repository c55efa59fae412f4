from accessctl.config import PolicyConfig
from accessctl.policy.rules import Rules


def test_takes_every_number_from_the_configuration() -> None:
    config = PolicyConfig(
        min_frames=4,
        min_margin=1.5,
        frame_fmr=0.05,
        unknown_after_frames=9,
        unknown_after_s=1.5,
        cooldown_s=7,
    )
    assert Rules.of(config, 1e-5) == Rules(1e-5, 0.05, 4, 1.5, 9, 1.5, 7)
