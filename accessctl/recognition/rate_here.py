"""How often strangers of this very place come near to somebody enrolled, as it was counted here,
and where that is kept: beside the event log, in a file that only the door's user reads.

A card says what strangers in general do; whether it holds of the people who live and work around
one door only they can show. `accessctl calibrate` counts them, `status` and `doctor` show what was
found. Nothing of it moves a threshold.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from accessctl.config import PolicyConfig
from accessctl.errors import StoreError
from accessctl.recognition.calibration import Calibration, beyond_calibration
from accessctl.storage.files import sync_folder, write_atomically
from accessctl.storage.parsing import read_bounded

VERSION = 1
AGAIN = "run `accessctl calibrate` again"
LEAST_FPIR = 1e-6
"""What `policy.target_fpir` may be at the least."""


class StrangerSource(StrEnum):
    """`PHOTOS`: photos of people who are not enrolled; `VISITS`: visits on record that ended as
    unknown, enrolled people whom the door missed among them."""

    PHOTOS = "photos"
    VISITS = "visits"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateHere:
    """What was counted; all rates are of one attempt, in [0, 1], with 95 % intervals.

    Of `units`, people or visits, `near` came as near to somebody enrolled as a share of `level` is
    stated to: `ratio` times as many (`ratio_low` to `ratio_high`). Of people `passed` would have
    been taken for somebody at the door's own threshold (`passed_low` to `passed_high`), which
    states `attempt_fpir`; None of visits, for whoever passes is not unknown. `wanted_fpir` is what
    was stated when strangers were first counted, for which a stricter configuration makes up.
    `ratio` is None where there were too few of them to say. `left_out` were taken for people who
    are enrolled. `made` is epoch time, `encoder` and `calibration` are what made the scores,
    `gallery` is the head of the gallery's chain.
    """

    source: StrangerSource
    made: float
    encoder: str
    calibration: str
    gallery: str
    enrolled: int
    units: int
    left_out: int
    attempt_fpir: float
    wanted_fpir: float
    level: float | None
    near: int | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    passed: int | None
    passed_low: float | None
    passed_high: float | None

    @property
    def is_worse_than_stated(self) -> bool:
        """Whether strangers of this place certainly come near more often than is stated.

        Never by visits on record: enrolled people who were missed are among them.
        """
        if self.source is StrangerSource.VISITS:
            return False
        above = self.ratio_low is not None and self.ratio_low > 1
        return above or (self.passed_low is not None and self.passed_low > self.attempt_fpir)

    @property
    def excess(self) -> float:
        """How many times as often as stated strangers come near, as far as was counted; at least
        once."""
        passing = (self.passed or 0) / self.units / self.attempt_fpir
        return max(self.ratio or 1.0, passing, 1.0)

    def is_made_up_for(self, policy: PolicyConfig) -> bool:
        """Whether an attempt keeps the rate that was wanted, by what was seen."""
        return policy.attempt_fpir * self.excess <= self.wanted_fpir * (1 + 1e-9)

    def stale(self, encoder: str, calibration: str) -> str | None:
        """Why it says nothing of a door with that encoder and that calibration; None: it does."""
        if self.encoder != encoder:
            return f"it was counted with another encoder; {AGAIN}"
        if self.calibration != calibration:
            return f"the encoder was calibrated anew since; {AGAIN}"
        return None


def percent(share: float) -> str:
    """ "8.8 %", "0.033 %": two digits that count."""
    return f"{float(f'{100 * share:.2g}'):g} %"


def times(ratio: float) -> str:
    return f"{float(f'{ratio:.2g}'):g}"


def summary(found: RateHere) -> str:
    """What was seen here against what is stated, short enough for one line."""
    day = f"{datetime.fromtimestamp(found.made, UTC):%Y-%m-%d}"
    people = found.source is StrangerSource.PHOTOS
    units = f"{found.units:,} {'people' if people else 'unknown visits'}"
    of = f"{units}, {found.enrolled:,} enrolled, {day}"
    if found.ratio is None or found.ratio_low is None or found.ratio_high is None:
        if found.passed is None or found.passed_high is None:
            return f"too few to say anything ({of})"
        return (
            f"stated {percent(found.attempt_fpir)} an attempt, seen {found.passed} of "
            f"{found.units}: at most {percent(found.passed_high)} ({of})"
        )
    most = "" if people else "at most "
    return (
        f"{most}{times(found.ratio)} times the stated rate ({times(found.ratio_low)} to "
        f"{times(found.ratio_high)}), counted where {percent(found.level or 0.0)} is stated ({of})"
    )


def told_rate_here(file: Path, encoder: str, calibration: str) -> str | None:
    """One line on what was counted last, or why it says nothing of a door with that encoder and
    that calibration; None where nothing was counted."""
    try:
        found = load_rate_here(file)
    except StoreError as error:
        return str(error)
    return None if found is None else found.stale(encoder, calibration) or summary(found)


def advice(found: RateHere, policy: PolicyConfig, people: int, calibration: Calibration) -> str:
    """What to do where strangers of this place come near more often than is stated: the setting
    that makes up for it, where the calibration reaches so far among so many `people`."""
    digits = min(found.wanted_fpir * policy.attempts / found.excess, policy.target_fpir)
    wanted = max(LEAST_FPIR, _rounded_down(digits))
    stricter = policy.model_copy(update={"target_fpir": wanted})
    others = "raise policy.min_margin, or ask for a second factor (policy.second_factor)"
    if digits < LEAST_FPIR or beyond_calibration(stricter, people, calibration) is not None:
        return f"a stricter rate is beyond this encoder's calibration: {others}"
    return f"set policy.target_fpir to {wanted:.2g}; or {others}"


def _rounded_down(rate: float) -> float:
    """To two digits that count, never more than `rate`."""
    unit = 10.0 ** (math.floor(math.log10(rate)) - 1)
    return math.floor(rate / unit * (1 + 1e-12)) * unit


def save_rate_here(file: Path, found: RateHere) -> None:
    """Put it in the place of what was found before, on disk when this returns; StoreError."""
    content = json.dumps({"version": VERSION, **asdict(found)}, allow_nan=False).encode("ascii")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # What root counts is for the door's user to read.
        status = file.parent.stat()
        owner = (status.st_uid, status.st_gid) if os.geteuid() == 0 else None
        write_atomically(file, content, owner=owner)
    except OSError as error:
        raise StoreError(
            f"What was counted cannot be kept in {file} ({error.strerror}); make room, or run this "
            "as the user that the door runs as."
        ) from error


def load_rate_here(file: Path) -> RateHere | None:
    """What was counted last, None where nothing was; StoreError for a file that cannot be read."""
    try:
        return _parsed(json.loads(read_bounded(file)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(
            f"{file} cannot be read ({error.strerror}); run this as the user that the door runs as."
        ) from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{file} is damaged, or of another version; {AGAIN}.") from error


def forget_rate_here(file: Path) -> bool:
    """Take away what was counted; whether there was anything. StoreError."""
    try:
        file.unlink()
        sync_folder(file.parent)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"{file} cannot be removed ({error.strerror}); remove it.") from error
    return True


_WORDS = ("encoder", "calibration", "gallery")
_COUNTS = ("enrolled", "units", "left_out")
_SHARES = ("level", "passed_low", "passed_high")
_RATIOS = ("ratio", "ratio_low", "ratio_high")


def _parsed(raw: Any) -> RateHere:
    """ValueError for anything that `save_rate_here` does not write."""
    if not isinstance(raw, dict) or raw.get("version") != VERSION:
        raise ValueError("no rate of this version")
    names = {field.name for field in fields(RateHere)}
    if raw.keys() != names | {"version"}:
        raise ValueError("it has other fields")
    _check(raw)
    given = {name: raw[name] for name in names}
    return RateHere(**given | {"source": StrangerSource(raw["source"])})


def _check(raw: Mapping[str, Any]) -> None:
    units = raw["units"]
    good = (
        all(isinstance(raw[name], str) for name in _WORDS)
        and all(_is_count(raw[name]) for name in _COUNTS)
        and units > 0
        and all(
            raw[name] is None or (_is_count(raw[name]) and raw[name] <= units) for name in _NEAR
        )
        and _is_number(raw["made"], 1e11)
        and _is_number(raw["attempt_fpir"], 1.0)
        and raw["attempt_fpir"] > 0
        and _is_number(raw["wanted_fpir"], 1.0)
        and raw["wanted_fpir"] >= raw["attempt_fpir"]
        and all(raw[name] is None or _is_number(raw[name], 1.0) for name in _SHARES)
        and all(raw[name] is None or _is_number(raw[name], 1e9) for name in _RATIOS)
        and len({raw[name] is None for name in ("level", "near", *_RATIOS)}) == 1
        and len({raw[name] is None for name in ("passed", "passed_low", "passed_high")}) == 1
    )
    if not good:
        raise ValueError("a field holds what it cannot")


_NEAR = ("near", "passed")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any, most: float) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= most
    )
