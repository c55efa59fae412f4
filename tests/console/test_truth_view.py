from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from accessctl.console.figures import Figures, WeeklyFigures
from accessctl.console.truth_view import door_tables, rate_said, worst_of
from accessctl.console.words import Words, catalogue
from accessctl.domain import Outcome

WORDS = Words("en", catalogue())
WEEK = date(2023, 11, 20)
FINE = Figures(Counter({Outcome.GRANTED: 100}), waits_ms=[900.0] * 100)


def site(**doors: Figures) -> WeeklyFigures:
    return WeeklyFigures((WEEK,), {name: {WEEK: of} for name, of in doors.items()})


def test_the_worst_is_told_with_its_door_and_what_to_do() -> None:
    dark = Figures(
        Counter({Outcome.GRANTED: 80, Outcome.DENIED: 20}),
        Counter({"depth": 5, "edges": 15}),
        20,
    )
    slow = Figures(Counter({Outcome.GRANTED: 20}), waits_ms=[1000.0] * 18 + [3300.0] * 2)
    told = worst_of(site(back=dark, front=slow, lab=FINE), WORDS)
    assert told.startswith(
        "At back, 20\N{NO-BREAK SPACE}% of the decisions were refusals for liveness"
    )
    assert "“Rim of a picture”" in told
    assert worst_of(site(front=slow, lab=FINE), WORDS).startswith(
        "At front, one grant in twenty took longer than 3.3 s:"
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (FINE, "Nothing stands out"),
        (Figures(Counter({Outcome.UNKNOWN: 19})), "too few decisions"),
        (
            Figures(Counter({Outcome.UNKNOWN: 20})),
            "At one, 100\N{NO-BREAK SPACE}% of the decisions knew nobody",
        ),
        (
            Figures(near=[0.2] * 13 + [0.9] * 7),
            "came near to somebody enrolled 2.6 times as often",
        ),
        (
            Figures(Counter({Outcome.GRANTED: 20}), visits=3, missed=3),
            "people who were enrolled ended unknown 15\N{NO-BREAK SPACE}% as often as grants",
        ),
        (
            Figures(Counter({Outcome.GRANTED: 20}), visits=2, missed=2),
            "Nothing stands out",
        ),
        (Figures(camera=Counter({"dark": 20, "lost": 1})), "saw only dark 21 times"),
        (Figures(Counter({Outcome.DENIED: 2}), not_live=2, camera=Counter("d")), "too few"),
        (
            Figures(badly_lit=[1.0] * 2 + [0.5] * 2 + [0.0] * 16),
            "to be used in 15\N{NO-BREAK SPACE}% of the looks",
        ),
        (Figures(badly_lit=[1.0] * 2 + [0.0] * 18), "Nothing stands out"),
        (Figures(badly_lit=[1.0] * 19), "too few"),
        (Figures(ages_s=[0.1] * 18 + [1.24] * 2), "rested on a picture older than 1.2 s"),
        (Figures(ages_s=[0.1] * 19 + [9.0]), "Nothing stands out"),
        (Figures(ages_s=[9.0] * 19), "too few"),
    ],
    ids=[
        "fine",
        "few",
        "unknown",
        "rate",
        "missed",
        "seldom missed",
        "camera",
        "a failure and hardly a decision",
        "poor light",
        "seldom poor light",
        "light of few",
        "old pictures",
        "an old picture",
        "pictures of few",
    ],
)
def test_only_what_is_beyond_bounds_stands_out(found: Figures, said: str) -> None:
    assert said in worst_of(site(one=found), WORDS)


def test_doors_stand_by_their_names_with_all_of_their_weeks() -> None:
    seen = Figures(
        Counter({Outcome.DENIED: 2}),
        not_live=1,
        lights=[0.4, 0.2],
        badly_lit=[0.2, 0.2],
        ages_s=[0.1, 1.3],
        camera=Counter({"dark": 2}),
    )
    near = replace(FINE, near=[0.1] * 10 + [0.9] * 10)
    decided, saw = door_tables(site(b=near, a=seen), WORDS)
    assert [(line.door, line.said) for line in decided.lines] == [
        ("a", ("2", "0", "2", "0", "1", "0", "0", "–")),
        ("b", ("100", "100", "0", "0", "0", "0", "0", "2.0")),
    ]
    light = "20\N{NO-BREAK SPACE}%"
    assert [(line.door, line.said) for line in saw.lines] == [
        ("a", ("–", "–", light, light, light, "1.30", "2")),
        ("b", ("0.9", "0.9", "–", "–", "–", "–", "0")),
    ]
    for table in (decided, saw):
        assert {len(line.said) for line in table.lines} == {len(table.heads)}


def test_the_rate_stands_beside_what_was_seen() -> None:
    assert "too few" in rate_said(Figures(), WORDS)
    told = rate_said(Figures(near=[0.1] * 3 + [0.9] * 17), WORDS)
    assert "Of 20 unknown visits, 15.0\N{NO-BREAK SPACE}% came as near" in told
    assert "as 25.0\N{NO-BREAK SPACE}% of strangers" in told
