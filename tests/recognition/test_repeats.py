"""Which frames may do without the encoder."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.demo.people import collins, hopper
from accessctl.domain import CropGeometry, Image
from accessctl.encoder.card_parts import REGIONS, TEMPLATE
from accessctl.recognition.repeats import ALIKE, LONGEST_S, SIDE, Look, appearance, repeats

GEOMETRY = CropGeometry(TEMPLATE, REGIONS["canvas128"], 180)


def face(seed: int, size: int = 180) -> Image:
    """A coarse pattern, RGB (size, size, 3): the same for a seed, unlike for two."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)


def seen(crop: Image, captured: float = 0.0) -> Look:
    return Look(captured, appearance(crop))


def test_an_appearance_is_of_unit_length_and_without_a_mean() -> None:
    found = appearance(face(1))
    assert (found.shape, found.dtype) == ((SIDE * SIDE,), np.float32)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)
    assert found.mean() == pytest.approx(0, abs=1e-6)


def test_a_frame_repeats_one_that_shows_the_same_a_moment_ago() -> None:
    assert repeats(seen(face(1), 0.07), seen(face(1)))


def test_nothing_repeats_what_was_never_seen() -> None:
    assert not repeats(seen(face(1)), None)


@pytest.mark.parametrize("captured", [0.0, -0.07, LONGEST_S + 0.01, math.nan, math.inf])
def test_only_the_moment_before_counts(captured: float) -> None:
    assert not repeats(seen(face(1), captured), seen(face(1)))


def test_another_face_is_told_and_so_is_half_of_one() -> None:
    before, other = face(1), face(2)
    half = np.concatenate([before[:, :90], other[:, 90:]], axis=1)
    assert not repeats(seen(other, 0.07), seen(before))
    assert not repeats(seen(half, 0.07), seen(before))


def test_light_and_noise_do_not_make_another_picture_of_it() -> None:
    before = face(1).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 6, before.shape)
    slope = np.linspace(-20, 20, 180)[None, :, None]
    for changed in (before * 0.7, before + noise, before + slope):
        now = np.clip(changed, 0, 255).astype(np.uint8)
        assert repeats(seen(now, 0.07), seen(before.astype(np.uint8)))


@pytest.mark.parametrize("grey", [0, 127, 255])
def test_a_crop_without_detail_repeats_nothing_not_even_itself(grey: int) -> None:
    flat = np.full((180, 180, 3), grey, np.uint8)
    assert not repeats(seen(flat, 0.07), seen(flat))
    assert not repeats(seen(face(1), 0.07), seen(flat))


def test_what_is_not_a_number_repeats_nothing() -> None:
    before = seen(face(1))
    broken = replace(before, captured=0.07, appearance=before.appearance * np.float32("nan"))
    assert not repeats(broken, before)
    assert not repeats(replace(before, captured=0.07), replace(broken, captured=0.0))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.floats(0.001, LONGEST_S))
def test_no_face_repeats_another_however_soon(one: int, other: int, later: float) -> None:
    if one != other:
        assert not repeats(seen(face(other, 60), later), seen(face(one, 60)))


@given(st.floats(0, 1))
def test_whoever_turns_into_somebody_else_by_and_by_is_seen(share: float) -> None:
    """The faces of two people of the demo, one fading into the other: long before the middle the
    mixture is no repetition of the first."""
    one, other = (cv2.resize(person()[:180, :180], (180, 180)) for person in (hopper, collins))
    mixed = cv2.addWeighted(one, 1 - share, other, share, 0)
    alike = float(appearance(mixed) @ appearance(one))
    assert repeats(seen(mixed, 0.07), seen(one)) == (alike >= ALIKE)
    if share >= 0.5:
        assert alike < ALIKE
