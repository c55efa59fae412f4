import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import Quality
from accessctl.door.viewing import Viewed, Viewing, viewed
from accessctl.vision.quality import TOO_BRIGHT, TOO_DARK

GOOD = Quality(0.8)


def test_light_is_the_mean_and_the_oldest_picture_counts() -> None:
    seen = Viewing().with_frame(0.2, GOOD, 0.05).with_frame(0.3, GOOD, 0.304)
    seen = seen.with_frame(0.7, GOOD, 0.1)
    assert seen.to_data() == {"viewing": {"light": 0.4, "badly_lit": 0.0, "oldest_s": 0.3}}


@pytest.mark.parametrize(
    ("reasons", "share"),
    [((TOO_DARK,), 0.5), (("too far", TOO_BRIGHT), 0.5), (("turned away",), 0.0)],
)
def test_a_face_is_badly_lit_where_light_alone_is_to_blame_or_among_others(reasons, share) -> None:
    seen = Viewing().with_frame(0.4, Quality(0.1, reasons), 0.0).with_frame(0.4, GOOD, 0.0)
    assert seen.to_data()["viewing"]["badly_lit"] == share


def test_without_a_frame_nothing_is_told() -> None:
    assert Viewing().to_data() == {}


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(0, 1e6)), min_size=1, max_size=40)
)
def test_what_is_written_is_read_back(frames) -> None:
    seen = Viewing()
    for light, dark, age_s in frames:
        seen = seen.with_frame(light, Quality(0.1, (TOO_DARK,) * dark), age_s)
    read = viewed(json.loads(json.dumps(seen.to_data())))
    count = len(frames)
    assert read.light == pytest.approx(sum(light for light, _, _ in frames) / count, abs=0.006)
    assert read.badly_lit == pytest.approx(sum(dark for _, dark, _ in frames) / count, abs=0.006)
    assert read.oldest_s == pytest.approx(max(age for _, _, age in frames), abs=0.006)


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"light": 0.4}, Viewed(0.4)),
        ({"light": 1.01, "badly_lit": 2, "oldest_s": -0.1}, Viewed()),
        ({"light": "bright", "oldest_s": float("inf")}, Viewed()),
        ({"light": float("nan"), "badly_lit": {}, "oldest_s": [1]}, Viewed()),
        ({"light": True, "badly_lit": 1, "oldest_s": 3}, Viewed(None, 1.0, 3.0)),
        ("dark", Viewed()),
        (None, Viewed()),
    ],
    ids=["light", "out of range", "no number", "no figure", "no truth", "no object", "nothing"],
)
def test_of_a_hostile_record_only_figures_are_taken(told, read) -> None:
    assert viewed({"viewing": told}) == read


def test_a_record_of_an_older_door_tells_nothing() -> None:
    assert viewed({"visit": "a"}) == Viewed()
