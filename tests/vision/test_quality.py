from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import VisionConfig
from accessctl.domain import Face, Image, Pose
from accessctl.vision.landmarks import LandmarkModel, Mesh, region_of
from accessctl.vision.observer import Observer
from accessctl.vision.quality import Measures, judge, measure, sharpness

FRONTAL = Pose(0, 0, 0)
GOOD = Measures(width=150, presence=1.0, sharpness=0.9, brightness=0.5, outside=0.0, pose=FRONTAL)
CONFIG = VisionConfig()


def test_a_good_face_has_no_reasons_and_nearly_full_score():
    quality = judge(GOOD, CONFIG)
    assert quality.usable
    assert quality.score == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"presence": 0.9}, "unclear"),
        ({"width": 59.0}, "too far"),
        ({"brightness": 0.07}, "too dark"),
        ({"brightness": 0.93}, "too bright"),
        ({"sharpness": 0.29}, "too blurred"),
        ({"pose": Pose(41, 0, 0)}, "turned away"),
        ({"pose": Pose(-41, 0, 0)}, "turned away"),
        ({"pose": Pose(0, 31, 0)}, "turned away"),
        ({"pose": Pose(0, -31, 0)}, "turned away"),
        ({"outside": 0.16}, "cut off"),
    ],
)
def test_each_fault_has_its_word(change, reason):
    assert judge(replace(GOOD, **change), CONFIG).reasons == (reason,)


def test_a_tilted_head_is_usable():
    assert judge(replace(GOOD, pose=Pose(0, 0, 70)), CONFIG).usable


def test_faults_add_up():
    bad = replace(GOOD, width=20.0, sharpness=0.0)
    assert judge(bad, CONFIG).reasons == ("too far", "too blurred")
    assert judge(bad, CONFIG).score == 0


@pytest.mark.parametrize("limit", ["min_face_px", "min_brightness", "max_yaw", "max_pitch"])
def test_limits_come_from_the_configuration(limit):
    strict = CONFIG.model_copy(
        update={"min_face_px": 200.0, "min_brightness": 0.6, "max_yaw": 10.0, "max_pitch": 10.0}
    )
    face = replace(GOOD, pose=Pose(15, 15, 0))
    only = CONFIG.model_copy(update={limit: getattr(strict, limit)})
    assert judge(face, CONFIG).usable
    assert len(judge(face, only).reasons) == 1


shares = st.floats(0, 1)
measures = st.builds(
    Measures, width=st.floats(1, 2000), presence=shares, sharpness=shares, brightness=shares,
    outside=shares,
    pose=st.builds(Pose, st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180)),
)  # fmt: skip


@given(measures, shares, st.floats(1, 2000), st.floats(0, 90))
def test_the_score_is_a_share_and_never_rises_when_something_gets_worse(face, less, narrower, yaw):
    score = judge(face, CONFIG).score
    assert 0 <= score <= 1
    worse = replace(
        face,
        sharpness=face.sharpness * less,
        width=min(face.width, narrower),
        pose=replace(face.pose, yaw=max(abs(face.pose.yaw), yaw)),
    )
    assert judge(worse, CONFIG).score <= score + 1e-9


@pytest.fixture
def hopper_face(observer: Observer, hopper: Image) -> Face:
    (face,) = observer.still(hopper)
    return face


def measured(image: Image, face: Face) -> Measures:
    return measure(image, Mesh(face.landmarks, face.presence), face.pose)


def test_more_blur_is_less_sharp(hopper: Image, hopper_face: Face):
    sigmas = [0, 2, 4, 6, 8, 12]
    values = [
        measured(cv2.GaussianBlur(hopper, (0, 0), s) if s else hopper, hopper_face).sharpness
        for s in sigmas
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.7
    assert values[-1] < CONFIG.min_sharpness


def test_motion_blur_along_one_direction_counts(hopper: Image, hopper_face: Face):
    crisp = measured(hopper, hopper_face).sharpness
    for kernel in ((31, 1), (1, 31)):
        assert measured(cv2.blur(hopper, kernel), hopper_face).sharpness < 0.7 * crisp


def test_sharpness_depends_neither_on_resolution_nor_on_contrast(
    hopper: Image, landmark_model: LandmarkModel, hopper_face: Face
):
    crisp = measured(hopper, hopper_face).sharpness
    half = cv2.resize(hopper, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    small = landmark_model.look(half, region_of(hopper_face.landmarks / 2))
    assert measure(half, small, FRONTAL).sharpness == pytest.approx(crisp, abs=0.15)
    pale = (hopper * 0.5 + 60).astype(np.uint8)
    assert measured(pale, hopper_face).sharpness == pytest.approx(crisp, abs=0.1)


def test_light_is_measured(hopper: Image, hopper_face: Face):
    factors = [0.1, 0.4, 1.0, 1.5]
    values = [
        measured(np.clip(hopper * f, 0, 255).astype(np.uint8), hopper_face).brightness
        for f in factors
    ]
    assert values == sorted(values)
    assert values[0] == pytest.approx(values[2] / 10, abs=0.01)
    assert judge(replace(GOOD, brightness=values[0]), CONFIG).reasons == ("too dark",)


def test_a_face_over_the_edge_is_cut_off(hopper: Image, hopper_face: Face):
    outside = replace(hopper_face, landmarks=hopper_face.landmarks - (230, 0, 0))
    share = measured(hopper, outside).outside
    assert 0.2 < share < 0.9
    assert measured(hopper, hopper_face).outside == 0


def test_a_flat_patch_has_no_sharpness_at_all():
    assert sharpness(np.full((48, 48), 100, np.float32)) == 0
