"""Scenes are told, not drawn: what the mesh settles on, and what a detector sees where."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Box
from accessctl.vision.candidates import Bounds, PictureSearch, Sight, follow, judge
from accessctl.vision.detection import Detection
from accessctl.vision.fake import fake_mesh
from accessctl.vision.landmarks import EYE_CORNERS, Mesh, Region
from accessctl.vision.search import Tile, same_face

PRESENCE, NEW = 0.5, 0.98


@dataclass(frozen=True)
class Thing:
    """Something the mesh takes for a face; `shown` is what a detector makes of it when it has
    room on all sides, None where it sees nothing then."""

    box: Box
    presence: float
    shown: Box | None


def face(x: float, y: float = 300, size: float = 100, presence: float = 1.0) -> Thing:
    box = Box(x - size / 2, y - size / 2, size, size)
    return Thing(box, presence, box)


def hair(x: float, y: float = 300, size: float = 100) -> Thing:
    return Thing(face(x, y, size).box, 1.0, None)


def detection(box: Box, score: float = 0.9) -> Detection:
    points = fake_mesh(box)
    eyes = [points[list(corners), :2].mean(axis=0) for corners in EYE_CORNERS]
    return Detection(box, score, np.array([*eyes, *[box.centre] * 4], np.float32))


def sight(thing: Thing) -> Sight:
    return Sight(Mesh(fake_mesh(thing.box), thing.presence), 0.9)


def looks(*things: Thing) -> PictureSearch:
    def lay(region: Region) -> Mesh:
        def away(thing: Thing) -> float:
            x, y = thing.box.centre
            return float(np.hypot(x - region.x, y - region.y))

        nearest = min(things, key=away)
        there = away(nearest) < region.side / 2
        return Mesh(fake_mesh(nearest.box), nearest.presence if there else 0.0)

    def search(tile: Tile) -> list[Detection]:
        shown = [thing.shown for thing in things if thing.shown is not None]
        return [
            detection(box)
            for box in shown
            if tile.left <= box.x and box.x + box.w <= tile.right
            and tile.top <= box.y and box.y + box.h <= tile.bottom
        ]  # fmt: skip

    return PictureSearch(lay, search, (1280, 720), PRESENCE)


def bounds(look: Callable[[Detection], Mesh | None], budget: int = 4, least: float = NEW) -> Bounds:
    return Bounds(budget, look, lambda _: least, PRESENCE)


def boxes(sights: list[Sight]) -> list[tuple[int, int]]:
    """Their centres in whole pixels."""
    return [(round(one.box.centre[0]), round(one.box.centre[1])) for one in sights]


def found(
    things: list[Thing], seen: list[Detection], known: list[Sight] | None = None, budget: int = 4
) -> list[Sight]:
    return judge(seen, known or [], bounds(looks(*things).whole, budget))[0]


def test_hair_above_a_followed_face_is_none():
    """One tile shows it, the mesh settles on it: with room round it no detector sees it."""
    real, above = face(400, 300), hair(410, 190, 80)
    known = [sight(real)]
    assert found([real, above], [detection(above.box, 0.4)], known) == known


def test_a_second_person_beside_a_followed_face_is_one_at_first_sight():
    real, beside = face(400), face(520)
    sights = found([real, beside], [detection(beside.box, 0.4)], [sight(real)])
    assert boxes(sights) == [(400, 300), (520, 300)]


def test_a_part_of_a_face_leads_to_the_whole():
    """A tile's edge cut it: the whole lies lower, and its eyes elsewhere than the mesh's."""
    whole = Thing(face(400, 360, 200).box, 1.0, face(400, 360, 200).box)
    part = Thing(face(400, 290, 120).box, 1.0, None)
    (sight,) = found([whole, part], [detection(part.box, 0.4)])
    assert sight.box.centre == pytest.approx((400, 360))


def test_a_part_of_a_followed_face_is_that_face():
    whole = face(400, 360, 200)
    part = Thing(face(400, 240, 130).box, 1.0, None)
    known = [sight(whole)]
    assert found([whole, part], [detection(part.box, 0.4)], known) == known


@pytest.mark.parametrize(("presence", "count"), [(0.99, 1), (0.97, 0), (0.4, 0)])
def test_a_new_face_must_be_sure(presence: float, count: int):
    thing = face(400, presence=presence)
    assert len(found([thing], [detection(thing.box)])) == count


@pytest.mark.parametrize(("presence", "count"), [(0.97, 1), (0.6, 1), (0.49, 0)])
def test_what_may_be_a_face_is_told_apart(presence: float, count: int):
    thing = face(400, presence=presence)
    sights, unclear = judge([detection(thing.box)], [], bounds(looks(thing).confirmed))
    assert (len(sights), len(unclear)) == (0, count)


def test_a_face_that_needs_less_is_found_with_less():
    thing = face(400, presence=0.6)
    sights, _ = judge([detection(thing.box)], [], bounds(looks(thing).whole, least=PRESENCE))
    assert boxes(sights) == [(400, 300)]


def test_hair_is_no_face_however_little_is_needed():
    thing = hair(400)
    looked = bounds(looks(thing).whole, least=PRESENCE)
    assert judge([detection(thing.box)], [], looked) == ([], [])


def test_the_best_scores_are_judged_first_and_no_more_than_allowed():
    people = [face(200 * n) for n in range(1, 6)]
    seen = [detection(person.box, 0.3 + 0.1 * n) for n, person in enumerate(people)]
    assert boxes(found(people, seen, budget=2)) == [(1000, 300), (800, 300)]


def test_a_followed_face_costs_no_look():
    person, newcomer = face(400), face(800)
    seen = [detection(person.box, 0.9), detection(newcomer.box, 0.5)]
    sights = found([person, newcomer], seen, [sight(person)], budget=1)
    assert boxes(sights) == [(400, 300), (800, 300)]


def test_the_mesh_loses_sight_of_a_face():
    gone, there = face(400, presence=0.4), face(800)
    sights, lost = follow({1: sight(gone), 2: sight(there)}, looks(gone, there))
    assert (boxes(sights), lost) == ([(800, 300)], {1})


def test_where_two_meshes_lie_on_one_face_the_earlier_keeps_it():
    """Though the later one was the larger; and that is not looked for elsewhere."""
    person = face(400)
    earlier, later = Sight(sight(person).mesh, 0.3), Sight(sight(face(460, size=160)).mesh, 0.9)
    sights, lost = follow({7: earlier, 8: later}, looks(person))
    assert [one.score for one in sights] == [0.3]
    assert lost == set()


places = st.floats(60, 1200)
things = st.lists(
    st.builds(
        lambda x, y, size, presence, real: face(x, y, size, presence) if real else hair(x, y, size),
        places,
        st.floats(60, 660),
        st.floats(40, 300),
        st.sampled_from([0.3, 0.7, 0.99]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@given(things, st.lists(st.tuples(places, st.floats(60, 660)), max_size=6), st.integers(0, 4))
def test_no_face_counts_twice_and_the_known_come_first(scene, aside, budget):
    seen = [detection(thing.box) for thing in scene]
    seen += [detection(face(x, y).box, 0.5) for x, y in aside]
    known = [sight(scene[0])]
    sights = found(scene, seen, known, budget)
    assert sights[0] is known[0]
    assert len(sights) <= 1 + budget
    for n, one in enumerate(sights):
        assert not any(same_face(one.box, other.box) for other in sights[:n])
        assert n == 0 or one.mesh.presence >= NEW


@given(things)
def test_whoever_is_followed_is_on_one_track_or_lost(scene):
    followed = {n: sight(thing) for n, thing in enumerate(scene)}
    sights, lost = follow(followed, looks(*scene))
    for n, one in enumerate(sights):
        assert one.mesh.presence >= PRESENCE
        assert not any(same_face(one.box, other.box) for other in sights[:n])
    assert (len(sights) == 0) == (lost == set(followed))
