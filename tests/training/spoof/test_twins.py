from dataclasses import replace

import numpy as np
import pytest

from accessctl.domain import Box
from accessctl.liveness.texture_crops import crops
from accessctl.training.spoof import prepare as module
from accessctl.training.spoof.media import MEDIA
from accessctl.training.spoof.optics import draw_camera
from accessctl.training.spoof.pictures import FacePicture
from accessctl.training.spoof.scene import Framing, Seen, living, presented
from accessctl.training.spoof.twins import LIVING, REACHES, SIZE, WEIGHTS, sampled, twins


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def pairs(drawn):
    """Thirty living faces and the attacks made of them, and what both were made with."""
    cameras, helds, framings = [], [], []
    with pytest.MonkeyPatch.context() as patch:
        taken = module.taken
        patch.setattr(module, "taken", lambda p, c: cameras.append(c) or taken(p, c))
        patch.setattr(module, "presented", lambda h, f, r: helds.append(h) or presented(h, f, r))
        patch.setattr(module, "living", lambda p, f, r: framings.append(f) or living(p, f, r))
        rooms = [drawn(100 + number) for number in range(3)]
        made = [twins(drawn(seed), rooms, rng(seed)) for seed in range(30)]
    return made, cameras, helds, framings


def test_a_living_face_comes_first_then_an_attack_of_it(pairs) -> None:
    for alive, shown in pairs[0]:
        assert alive.kind == LIVING
        assert shown.kind in WEIGHTS
        for one in (alive, shown):
            assert (one.crops.shape, one.crops.dtype) == ((3, SIZE, SIZE, 3), np.uint8)
            np.testing.assert_array_equal(
                one.crops, crops(one.image, one.box, REACHES, SIZE, "points")
            )


def test_both_go_through_the_same_camera(pairs) -> None:
    _, cameras, _, _ = pairs
    assert cameras[::2] == cameras[1::2]
    assert len(set(cameras)) == 30


def test_both_faces_are_as_wide_and_most_frames_as_large(pairs) -> None:
    made, _, _, framings = pairs
    alike = 0
    for (alive, shown), framing in zip(made, framings, strict=True):
        assert alive.image.shape[:2] == framing.size[::-1]
        alike += alive.image.shape == shown.image.shape
        # The rest shows more of the room, never less.
        assert all(a <= b for a, b in zip(alive.image.shape, shown.image.shape, strict=True))
        for one in (alive, shown):
            # A box wanders by 0.06 in the logarithm of its size.
            assert abs(np.log(one.box.w / framing.width)) < 5 * 0.06
    assert 13 <= alike <= 27


def test_only_what_is_printed_is_cut_or_bent(pairs, drawn, monkeypatch) -> None:
    helds = list(pairs[2])
    black = Seen(np.zeros((120, 120, 3), np.float32), Box(40, 40, 40, 40))
    monkeypatch.setattr(module, "presented", lambda h, f, r: helds.append(h) or black)
    monkeypatch.setattr(module, "living", lambda p, f, r: black)
    source, face = rng(0), drawn(0)
    for _ in range(120):
        twins(face, [face], source)
    names = {medium: name for name, medium in MEDIA.items()}
    printed = [one for one in helds if names[one.medium] in {"paper", "photo_paper"}]
    screens = [one for one in helds if names[one.medium] in {"phone", "monitor"}]
    assert len(printed) + len(screens) == 150
    assert not any(one.cut or one.eyes or one.pose.bend for one in screens)
    for found in ("cut", "eyes", "fingers"):
        assert any(getattr(one, found) for one in printed)
    assert any(one.pose.bend for one in printed)
    assert any(one.fingers for one in screens)


def test_every_medium_has_its_share() -> None:
    assert set(WEIGHTS) == set(MEDIA)
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_the_same_draws_give_the_same_twins(pairs, drawn) -> None:
    rooms = [drawn(100 + number) for number in range(3)]
    again = twins(drawn(7), rooms, rng(7))
    for first, second in zip(pairs[0][7], again, strict=True):
        np.testing.assert_array_equal(first.image, second.image)
        assert (first.kind, first.box) == (second.kind, second.box)


def test_a_mirrored_picture_keeps_the_box_on_the_face(monkeypatch) -> None:
    monkeypatch.setattr(module, "BOX_JITTER", 0.0)
    picture = np.zeros((100, 140, 3), np.float32)
    picture[35:46, 25:36] = 1
    seen = Seen(picture, Box(10, 20, 41, 41))
    centres = set()
    for seed in range(12):
        camera = replace(draw_camera(rng(1)), motion=(0, 0.0), shrink=1.0)
        twin = sampled(seen, camera, LIVING, rng(seed))
        bright = twin.image.mean(axis=2) > 100
        y, x = np.mgrid[:100, :140]
        assert twin.box.centre == pytest.approx((x[bright].mean() + 0.5, y[bright].mean() + 0.5))
        assert (twin.box.w, twin.box.h) == (41, 41)
        centres.add(round(twin.box.centre[0], 1))
    assert centres == {30.5, 109.5}


def test_boxes_wander_as_much_as_is_said() -> None:
    seen = Seen(np.zeros((100, 100, 3), np.float32), Box(30, 30, 40, 40))
    camera = draw_camera(rng(1))
    boxes = [sampled(seen, camera, LIVING, rng(seed)).box for seed in range(200)]
    # In the logarithm of the size, and half as much of the size in place.
    assert np.std([np.log(box.w / 40) for box in boxes]) == pytest.approx(0.06, rel=0.2)
    assert np.std([box.centre[1] for box in boxes]) == pytest.approx(0.03 * 40, rel=0.2)
    assert all(box.w == box.h for box in boxes)


def test_bars_beside_an_upright_film_move_the_face_along(drawn) -> None:
    face = drawn(0)
    for seed in range(60):
        found: FacePicture = module._as_found(face, rng(seed))
        moved = found.box.x - face.box.x
        wider = found.image.shape[1] - face.image.shape[1]
        assert 0 <= moved <= wider <= 2 * face.box.w
        x, y = (int(value) for value in found.box.centre)
        # The face itself is left as it is, but for a filter that keeps its colours.
        assert np.abs(found.image[y, x].astype(int) - face.image[y, x - int(moved)]).max() < 12


def test_framings_that_are_wider_keep_the_width_of_the_face() -> None:
    framing = Framing(60.0, 1.0, 1.0, 1.0, 1.0)
    for seed in range(20):
        wider = module._widened(framing, rng(seed))
        assert wider.width == 60
        assert min(wider.left, wider.above, wider.right, wider.below) >= 1
        assert max(wider.left, wider.right) <= 2.2
        assert max(wider.above, wider.below) <= 1.8


def test_bars_are_shown_by_some_phones_and_by_nothing_else(pairs) -> None:
    _, _, helds, _ = pairs
    barred = [held for held in helds if any(held.bars)]
    phones = [held for held in helds if held.medium is MEDIA["phone"]]
    assert 0 < len(barred) < len(phones)
    assert all(held.medium is MEDIA["phone"] and max(held.bars) <= 0.35 for held in barred)
