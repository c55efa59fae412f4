from collections import Counter
from datetime import date

import pytest

from accessctl.console.figures import Figures, WeeklyFigures
from accessctl.console.truth_view import door_lines, plots_of, rate_said, worst_of
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
    ],
    ids=["fine", "few", "unknown", "rate", "missed", "seldom missed", "camera"],
)
def test_only_what_is_beyond_bounds_stands_out(found: Figures, said: str) -> None:
    assert said in worst_of(site(one=found), WORDS)


def test_a_table_tells_what_its_plot_shows() -> None:
    found = Figures(
        Counter({Outcome.GRANTED: 3, Outcome.DENIED: 1}),
        Counter({"edges": 1, "newer": 1}),
        1,
        [500.0, 1500.0, 700.0],
        2,
    )
    found.missed = 1
    found.camera.update({"dark": 3, "lost": 1})
    outcomes, cues, waits, unknown, camera = plots_of([WEEK], [found], WORDS)
    assert outcomes.heads == ("Granted", "Denied", "Unknown")
    assert outcomes.rows == (("2023-11-20", "3", "1", "0"),)
    assert cues.heads == ("Rim of a picture", "newer")
    assert waits.rows == (("2023-11-20", "0.7", "1.5"),)
    assert unknown.heads == ("Nobody known", "Named since as enrolled")
    assert unknown.rows == (("2023-11-20", "1", "1"),)
    assert camera.heads == ("Lost", "Dark")
    assert camera.rows == (("2023-11-20", "1", "3"),)
    assert "20/11" in outcomes.svg
    (_, none, empty, _, camera) = plots_of([WEEK], [Figures()], WORDS)
    assert none.heads == camera.heads == ()
    assert empty.rows == (("2023-11-20", "–", "–"),)


def test_doors_stand_by_their_names_with_all_of_their_weeks() -> None:
    lines = door_lines(site(b=FINE, a=Figures(Counter({Outcome.DENIED: 2}), not_live=1)), WORDS)
    assert [(line.door, line.said) for line in lines] == [
        ("a", ("2", "0", "2", "0", "1", "0", "0", "0", "–", "–")),
        ("b", ("100", "100", "0", "0", "0", "0", "0", "0", "0.9", "0.9")),
    ]


def test_the_rate_stands_beside_what_was_seen() -> None:
    assert "too few" in rate_said(Figures(), WORDS)
    told = rate_said(Figures(near=[0.1] * 3 + [0.9] * 17), WORDS)
    assert "Of 20 unknown visits, 15.0\N{NO-BREAK SPACE}% came as near" in told
    assert "as 25.0\N{NO-BREAK SPACE}% of strangers" in told
