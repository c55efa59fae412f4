import numpy as np
import pytest

from accessctl.domain import Embedding, Match, PersonId, Sighting
from accessctl.door.visit import MAX_SIGHTINGS, Visit

EAST, NORTH = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
MATCH = Match(PersonId("a"), 0.9, 5.0, 2.0, 1e-5, 1e-5)


class Search:
    """Keeps what it was asked for and always finds the same."""

    def __init__(self) -> None:
        self.probes: list[Embedding] = []

    def __call__(self, probe: Embedding) -> Match | None:
        self.probes.append(probe)
        return MATCH


def sighting(captured: float, embedding: Embedding = EAST, quality: float = 0.8) -> Sighting:
    return Sighting(captured, embedding, quality, MATCH)


def test_a_visit_without_a_usable_frame_has_nothing_to_show() -> None:
    visit = Visit("v", opened=3.0)
    evidence = visit.evidence()
    assert (evidence.sightings, evidence.pooled, evidence.seen) == ((), None, 0)
    assert evidence.since == 3.0
    assert evidence.left is False
    assert visit.evidence(left=True).left is True


def test_since_is_the_first_usable_frame_not_the_first_sight() -> None:
    visit = Visit("v", opened=1.0)
    visit.add(sighting(1.5), 10, Search())
    visit.add(sighting(2.0), 10, Search())
    assert visit.evidence().since == 1.5
    assert visit.evidence().seen == 2


def test_frames_older_than_the_window_no_longer_count_but_were_seen() -> None:
    visit = Visit("v", opened=0.0)
    for captured in (0.0, 1.0, 2.0, 3.0):
        visit.add(sighting(captured), 2.0, Search())
    evidence = visit.evidence()
    # At 3.0 a window of 2 s reaches back to 1.0, which is in.
    assert [one.captured for one in evidence.sightings] == [1.0, 2.0, 3.0]
    assert evidence.seen == 4
    assert evidence.since == 0.0


def test_the_search_is_made_with_the_quality_weighted_mean() -> None:
    search = Search()
    visit = Visit("v", opened=0.0)
    visit.add(sighting(0.0, EAST, quality=0.6), 10, search)
    visit.add(sighting(0.1, NORTH, quality=0.8), 10, search)
    # 0.6 east and 0.8 north: already of unit length.
    assert search.probes[0] == pytest.approx(EAST)
    assert search.probes[1] == pytest.approx([0.6, 0.8])
    assert visit.pooled is MATCH
    assert visit.evidence().pooled is MATCH


def test_what_is_out_of_the_window_is_not_in_the_mean() -> None:
    search = Search()
    visit = Visit("v", opened=0.0)
    visit.add(sighting(0.0, EAST), 1.0, search)
    visit.add(sighting(5.0, NORTH), 1.0, search)
    assert search.probes[-1] == pytest.approx(NORTH)


def test_memory_is_bounded_however_long_the_window() -> None:
    visit = Visit("v", opened=0.0)
    for number in range(MAX_SIGHTINGS + 30):
        visit.add(sighting(number / 100), 1e9, Search())
    evidence = visit.evidence()
    assert len(evidence.sightings) == MAX_SIGHTINGS
    assert evidence.sightings[-1].captured == (MAX_SIGHTINGS + 29) / 100
    assert evidence.seen == MAX_SIGHTINGS + 30
