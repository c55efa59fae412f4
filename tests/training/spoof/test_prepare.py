import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.errors import InputError
from accessctl.liveness.texture_card import crops
from accessctl.training.spoof import prepare as module
from accessctl.training.spoof.optics import MEDIA, draw_camera, taken
from accessctl.training.spoof.prepare import (
    LIVING,
    REACHES,
    REAL_ATTACK,
    SIZE,
    WEIGHTS,
    Folds,
    Pieces,
    Rendering,
    folded,
    make_piece,
    missing,
    prepare,
    sampled,
    twins,
)
from accessctl.training.spoof.samples import ARRAYS, FacePicture, Samples, read_samples
from accessctl.training.spoof.scene import Framing, Seen, living, presented


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def pairs(drawn):
    """Thirty living faces and the attacks made of them, and what both were made with."""
    cameras, helds, framings = [], [], []
    watched = Rendering(
        taken=lambda p, c: cameras.append(c) or taken(p, c),
        presented=lambda h, f, r: helds.append(h) or presented(h, f, r),
        living=lambda p, f, r: framings.append(f) or living(p, f, r),
    )
    rooms = [drawn(100 + number) for number in range(3)]
    made = [twins(drawn(seed), rooms, rng(seed), watched) for seed in range(30)]
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


def test_only_what_is_printed_is_cut_or_bent(pairs, drawn) -> None:
    helds = list(pairs[2])
    black = Seen(np.zeros((120, 120, 3), np.float32), Box(40, 40, 40, 40))
    rendering = Rendering(
        presented=lambda h, f, r: helds.append(h) or black, living=lambda p, f, r: black
    )
    source, face = rng(0), drawn(0)
    for _ in range(120):
        twins(face, [face], source, rendering)
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


def test_a_mirrored_picture_keeps_the_box_on_the_face() -> None:
    picture = np.zeros((100, 140, 3), np.float32)
    picture[35:46, 25:36] = 1
    seen = Seen(picture, Box(10, 20, 41, 41))
    centres = set()
    for seed in range(12):
        camera = replace(draw_camera(rng(1)), motion=(0, 0.0), shrink=1.0)
        twin = sampled(seen, camera, LIVING, rng(seed), jitter=0.0)
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


NOBODY = Folds(frozenset())
IMAGE = np.zeros((2, 2, 3), np.uint8)
names = st.text("abcdef", min_size=1, max_size=3)
kinds = st.sampled_from(["lfw", "portrait", REAL_ATTACK, "film"])


def one(group: str, kind: str = "lfw", film: bool = False) -> FacePicture:
    return FacePicture(IMAGE, Box(0, 0, 1, 1), group, kind, film)


def sides(pictures, folds=NOBODY) -> dict[str, set[str]]:
    return {fold: {p.group for p in side} for fold, side in folded(pictures, folds).items()}


def number(group: str) -> int:
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % 1000


@given(
    photos=st.lists(st.tuples(names, kinds), max_size=60),
    films=st.lists(names, max_size=10),
    chosen=st.frozensets(names, max_size=5),
    few=st.integers(1, 20),
)
@settings(max_examples=60, deadline=None)
def test_nobody_is_on_both_sides_and_nobody_is_lost(photos, films, chosen, few) -> None:
    pictures = [one(f"photo {group}", kind) for group, kind in photos]
    pictures += [one(group, "film", film=True) for group in films]
    found = folded(pictures, Folds(chosen), few)
    assert not {p.group for p in found["fit"]} & {p.group for p in found["check"]}
    assert sorted(map(id, found["fit"] + found["check"])) == sorted(map(id, pictures))
    assert {p.group for p in found["check"] if p.film} == chosen & set(films)


@given(before=st.sets(names, max_size=30), more=st.sets(names, max_size=30))
@settings(max_examples=60, deadline=None)
def test_people_that_are_added_move_nobody(before, more) -> None:
    first = sides([one(group) for group in before])
    second = sides([one(group) for group in sorted(before | more)])
    assert first["fit"] <= second["fit"]
    assert first["check"] <= second["check"]


def test_half_of_few_are_set_aside_and_fewer_of_many() -> None:
    few = {f"person{index}" for index in range(999)}
    assert len(sides([one(group) for group in few])["check"]) == pytest.approx(500, abs=50)
    many = {f"person{index}" for index in range(3000)}
    found = sides([one(group) for group in many])
    assert len(found["check"]) == pytest.approx(240, abs=50)
    # The share is by the hash's thousandths.
    assert found["check"] == {group for group in many if number(group) < 80}
    # Who was set aside among few may be fitted on among many, but not the reverse.
    assert found["check"] & few <= sides([one(group) for group in few])["check"]


def test_who_is_in_a_large_and_in_a_small_kind_is_on_one_side() -> None:
    between = next(f"p{index}" for index in range(1000) if 80 <= number(f"p{index}") < 500)
    many = [one(f"person{index}") for index in range(1000)]
    assert between in sides([*many, one(between)])["fit"]
    both = sides([*many, one(between), one(between, "portrait")])
    assert between in both["check"]
    assert between not in both["fit"]


def test_films_are_set_aside_by_their_names() -> None:
    films = [one(group, "film", film=True) for group in ("L01", "L02", "A01")]
    assert sides(films, Folds(frozenset({"L02", "missing"}))) == {
        "fit": {"L01", "A01"},
        "check": {"L02"},
    }


SMALL = Pieces(size=12, checking=1)


@pytest.fixture
def pictures(drawn) -> list[FacePicture]:
    return [
        *(drawn(index, "lfw") for index in range(6)),
        *(drawn(10 + index, REAL_ATTACK) for index in range(4)),
        drawn(20, "film", group="L01", film=True),
        drawn(21, "film", group="L02", film=True),
    ]


def test_which_pieces_are_missing(tmp_path) -> None:
    # 25 samples take three pieces of 12, after one for checking.
    names = ["check-0000.npz", "fit-0001.npz", "fit-0002.npz", "fit-0003.npz"]
    assert [path.name for _, _, path in missing(tmp_path, 25, SMALL)] == names
    (tmp_path / "fit-0002.npz").touch()
    assert [(n, fold) for n, fold, _ in missing(tmp_path, 24, SMALL)] == [(0, "check"), (1, "fit")]


def test_samples_say_what_they_are(pictures, teachers) -> None:
    samples = make_piece(0, pictures, teachers, 3, SMALL.size)
    assert len(samples) == 12
    assert samples.crops.shape == (12, 3, 80, 80, 3)
    assert (samples.says.shape, samples.holds.shape) == ((12, 2, 3), (12, 2, 128))
    assert samples.says.dtype == samples.holds.dtype == np.float16
    np.testing.assert_array_equal(samples.living, samples.kind == LIVING)
    by_group = {p.group: p for p in pictures}
    for group, source, film in zip(samples.group, samples.source, samples.film, strict=True):
        assert (by_group[group].kind, by_group[group].film) == (source, film)
    real = samples.source == REAL_ATTACK
    assert (samples.kind[real] == REAL_ATTACK).all()
    assert not samples.living[real].any()
    # Every other sample has its twin beside it, of the same picture.
    twins = np.flatnonzero(samples.living)
    assert len(twins) >= 3
    for row in twins[twins < 11]:
        assert not samples.living[row + 1]
        assert samples.group[row] == samples.group[row + 1]


def test_each_teacher_is_asked_of_its_own_cut(pictures, teachers) -> None:
    samples = make_piece(0, pictures, teachers, 3, SMALL.size)
    # The fakes say the mean colour: the nearer cut is seen in the second crop of three.
    nearer = samples.crops[:, 1].mean((1, 2)) / 255
    assert np.abs(samples.says[:, 0] - nearer).max() < 0.02
    further = samples.crops[:, 2].mean((1, 2)) / 255
    assert np.abs(samples.says[:, 1] - further).max() < 0.02


def same(one: Samples, other: Samples) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS)


def test_the_same_numbers_give_the_same_samples(pictures, teachers) -> None:
    first = make_piece(1, pictures, teachers, 3, SMALL.size)
    assert same(first, make_piece(1, pictures, teachers, 3, SMALL.size))
    assert not same(first, make_piece(2, pictures, teachers, 3, SMALL.size))
    assert not same(first, make_piece(1, pictures, teachers, 4, SMALL.size))


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_kinds_are_drawn_by_their_shares(seed) -> None:
    drawn = [one("a", "lfw")] * 7 + [one("b", "film")] + [one("c", REAL_ATTACK)] * 30
    draw = module._drawer(drawn, np.random.default_rng(seed))
    found = [draw().kind for _ in range(1000)]
    # 0.62, 0.2 and 0.09 of 0.91, however many pictures there are of each.
    assert found.count("lfw") == pytest.approx(681, abs=75)
    assert found.count("film") == pytest.approx(220, abs=65)
    assert found.count(REAL_ATTACK) == pytest.approx(99, abs=50)


class Asked:
    """Gives what it holds, and counts how often it was asked."""

    def __init__(self, value) -> None:
        self._value = value
        self.times = 0

    def __call__(self):
        self.times += 1
        return self._value


def test_only_the_pieces_that_are_missing_are_made(pictures, teachers, tmp_path) -> None:
    folds = Folds(frozenset({"L02"}))
    shown, asked, told = Asked(pictures), Asked(teachers), []
    prepare(
        tmp_path,
        24,
        shown,
        folds,
        asked,
        told=lambda done, every: told.append((done, every)),
        size=SMALL,
    )
    assert told == [(1, 3), (2, 3), (3, 3)]
    fitted, checked = read_samples(tmp_path, "fit-"), read_samples(tmp_path, "check-")
    assert (len(fitted), len(checked)) == (24, 12)
    assert not set(fitted.group) & set(checked.group)
    assert "L01" not in set(checked.group)
    assert "L02" not in set(fitted.group)
    (tmp_path / "fit-0002.npz").unlink()
    stamp = (tmp_path / "fit-0001.npz").stat().st_mtime_ns
    prepare(tmp_path, 24, shown, folds, asked, size=SMALL)
    assert (tmp_path / "fit-0001.npz").stat().st_mtime_ns == stamp
    assert same(read_samples(tmp_path, "fit-"), fitted)
    assert (shown.times, asked.times) == (2, 2)
    # With nothing to make nobody is asked.
    prepare(tmp_path, 24, shown, folds, asked, size=SMALL)
    assert (shown.times, asked.times) == (2, 2)


@pytest.mark.parametrize("side", ["fit", "check"])
def test_a_side_without_the_living_is_told_by_its_name(drawn, teachers, tmp_path, side):
    folds = Folds(frozenset({"L01"} if side == "fit" else {}))
    films = [drawn(0, "film", group="L01", film=True), drawn(1, REAL_ATTACK, group="person1")]
    with pytest.raises(InputError, match=f"left to {side} with"):
        prepare(tmp_path, 24, lambda: films, folds, lambda: teachers, size=SMALL)
    assert list(tmp_path.iterdir()) == []
