"""What `accessctl init --small` writes otherwise than the release's configuration, and why.

For a board of four slow cores and 1 to 4 GB. The figures are those of docs/results/small-board.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from accessctl.config.text import with_note, with_setting
from accessctl.errors import FaultError


@dataclass(frozen=True, slots=True)
class ProfileSetting:
    """`section.key` as a profile has it, and what that costs: a comment of one or more lines."""

    section: str
    key: str
    value: str | float
    note: str

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}"


SMALL_BOARD = (
    ProfileSetting(
        "camera",
        "fps",
        10,
        "Small board: 10 frames a second and not 15, so a third less is computed. Of 25 living\n"
        "people in films 22 were let in, at 15 23. Applies to USB; set a network camera itself.",
    ),
    ProfileSetting(
        "vision",
        "tiles_per_frame",
        2,
        "Small board: 2 and not 3 of nine tiles are searched in a frame. A face of 70 pixels is\n"
        "found within three frames in 92 cases of 100 and not in 99, within six in all.",
    ),
    ProfileSetting(
        "encoder",
        "folder",
        "dlib",
        "Small board: half of the default encoder, in a third of its time. Of genuine pairs it\n"
        "keeps 87.5 % at a false-match rate of 1e-4, where the default one keeps 94.9 %.",
    ),
    ProfileSetting(
        "policy",
        "target_fpir",
        0.00033,
        "Small board: a third of 0.001, because dlib's rates are of strangers at random: people\n"
        "alike in sex, origin and age match 3.1 times as often. Enrol more photos of a person\n"
        "(enroll --add) against what the stricter rate costs.",
    ),
    ProfileSetting(
        "policy", "target_fmr", 0.000033, "Small board: a third of 0.0001, for the same reason."
    ),
)
"""In the order of the file."""


def with_profile(text: str, profile: Sequence[ProfileSetting]) -> str:
    """The release's configuration with the settings of `profile`, each under its note.

    Raises FaultError where the text is not written so that they can be put in.
    """
    try:
        # Keys that are added come first in their section: the last one before the others.
        for setting in reversed(profile):
            text = with_setting(text, setting.section, setting.key, setting.value)
            text = with_note(text, setting.section, setting.key, setting.note)
    except ValueError as error:
        raise FaultError(f"The configuration of this release {error}; restore it.") from error
    return text
