"""A recording as a slower camera, a busier machine or somebody farther away would give it.

Only what makes a recording poorer is here: no frame is made up, and no face is made larger.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from accessctl.camera.source import Feed, Shot, Source

Shots: TypeAlias = Iterator[Shot]
Change: TypeAlias = Callable[[Shots], Shots]

SLACK_S = 0.005
"""A frame that comes so little before it is due is the one that was meant."""

LEAST_STEP_S = 0.001

HAND_HZ, HAND_SHARES = (0.7, 2.3), (0.7, 0.3)
"""A hand sways slowly and trembles a little: how often a second, and how much of it is which."""


def at_most(fps: float) -> Change:
    """Of a recording with more frames a second only so many; one with fewer stays as it is."""

    def change(shots: Shots) -> Shots:
        due = float("-inf")
        for shot in shots:
            at = time_of(shot)
            if at >= due - SLACK_S:
                # After a gap no frame comes sooner to make up for it.
                due = (due if due + 1 / fps > at else at) + 1 / fps
                yield shot

    return change


def until(seconds: float) -> Change:
    """What comes in the first `seconds` after the first frame."""

    def change(shots: Shots) -> Shots:
        first: float | None = None
        for shot in shots:
            first = time_of(shot) if first is None else first
            if time_of(shot) - first > seconds:
                return
            yield shot

    return change


def losing(share: float, seed: int) -> Change:
    """Without a random `share` of the frames, in [0, 1]."""

    def change(shots: Shots) -> Shots:
        random = np.random.default_rng(seed)
        for shot in shots:
            if random.random() >= share:
                yield shot

    return change


def late(most_s: float, seed: int) -> Change:
    """Each frame is stamped up to `most_s` seconds after it was taken, and none before the one
    that it follows: what a queue in a camera or a driver does to times."""

    def change(shots: Shots) -> Shots:
        random = np.random.default_rng(seed)
        last = float("-inf")
        for shot in shots:
            last = max(time_of(shot) + random.uniform(0, most_s), last + LEAST_STEP_S)
            yield Shot(shot.image, last)

    return change


def stalling(every_s: float, lasts_s: float, seed: int) -> Change:
    """No frames now and then, as when a machine has no time to look: on average `every_s`
    seconds after the last stall, for `lasts_s`; both vary by half."""

    def change(shots: Shots) -> Shots:
        random = np.random.default_rng(seed)
        begins = ends = float("-inf")
        for shot in shots:
            at = time_of(shot)
            if begins == float("-inf"):
                begins = ends = at
            if at >= ends:
                begins = at + every_s * random.uniform(0.5, 1.5)
                ends = begins + lasts_s * random.uniform(0.5, 1.5)
            if at < begins:
                yield shot

    return change


def shrunk(factor: float) -> Change:
    """Pictures whose sides are `factor` times as long; those that would grow stay as they are."""

    def change(shots: Shots) -> Shots:
        for shot in shots:
            if factor >= 1:
                yield shot
                continue
            height, width = shot.image.shape[:2]
            size = (max(1, round(width * factor)), max(1, round(height * factor)))
            small = cv2.resize(shot.image, size, interpolation=cv2.INTER_AREA)
            yield Shot(small.astype(np.uint8, copy=False), shot.media)

    return change


def hand_held(reach: float, seed: int) -> Change:
    """As if the camera were held in a hand: a part of the picture that wanders by up to `reach`
    of its width and height to each side, so that as much is cut off; `reach` in [0, 0.5)."""

    def change(shots: Shots) -> Shots:
        phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, (2, 2))
        for shot in shots:
            height, width = shot.image.shape[:2]
            size = (max(1, round(width * (1 - 2 * reach))), max(1, round(height * (1 - 2 * reach))))
            turns = 2 * np.pi * np.array(HAND_HZ) * time_of(shot) + phases
            across, along = reach * (1 + np.sin(turns) @ np.array(HAND_SHARES))
            into = np.array([[1, 0, -across * width], [0, 1, -along * height]])
            part = cv2.warpAffine(
                shot.image, into, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            yield Shot(part.astype(np.uint8, copy=False), shot.media)

    return change


def time_of(shot: Shot) -> float:
    """Seconds since the start; ValueError for a shot that is not of a recording."""
    if shot.media is None:
        raise ValueError("a shot without a time is of no recording")
    return shot.media


@dataclass(frozen=True, slots=True)
class Disturbed:
    """The recording `source`, fast, with the `changes` made to it one after another."""

    source: Source
    changes: tuple[Change, ...] = ()
    live: bool = False
    endless: bool = False

    @property
    def description(self) -> str:
        return self.source.description

    def open(self) -> "DisturbedFeed":
        """Raises CameraError as `source` does."""
        return DisturbedFeed(self.source.open(), self.changes)


class DisturbedFeed:
    def __init__(self, feed: Feed, changes: tuple[Change, ...]) -> None:
        self._feed = feed
        shots = _all(feed)
        for change in changes:
            shots = change(shots)
        self._shots = shots

    def read(self) -> Shot | None:
        return next(self._shots, None)

    def close(self) -> None:
        self._feed.close()


def _all(feed: Feed) -> Shots:
    while (shot := feed.read()) is not None:
        yield shot
