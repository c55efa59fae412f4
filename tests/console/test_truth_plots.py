from collections import Counter
from datetime import date

import pytest

from accessctl.console.figures import Figures
from accessctl.console.truth_plots import PLOTS, TruthPlot, plots_of
from accessctl.console.words import Words, catalogue
from accessctl.domain import Outcome

WORDS = Words("en", catalogue())
WEEK, NEXT = date(2023, 11, 20), date(2023, 11, 27)


def plotted(*found: Figures, language: str = "en") -> dict[str, TruthPlot]:
    words = Words(language, catalogue())
    return {plot.key: plot for plot in plots_of([WEEK, NEXT][: len(found)], found, words)}


def test_a_table_tells_what_its_plot_shows() -> None:
    found = Figures(
        Counter({Outcome.GRANTED: 3, Outcome.DENIED: 1}),
        Counter({"edges": 1, "newer": 1}),
        1,
        [500.0, 1500.0, 700.0],
        2,
        missed=1,
        camera=Counter({"dark": 3, "lost": 1}),
    )
    plots = plotted(found)
    assert plots["outcomes"].heads == ("Granted", "Denied", "Unknown")
    assert plots["outcomes"].rows == (("2023-11-20", "3", "1", "0"),)
    assert plots["cues"].heads == ("Rim of a picture", "newer")
    assert plots["waits"].rows == (("2023-11-20", "0.7", "1.5"),)
    assert plots["unknown"].heads == ("Nobody known", "Named since as enrolled")
    assert plots["unknown"].rows == (("2023-11-20", "1", "1"),)
    assert plots["camera"].heads == ("Lost", "Dark")
    assert plots["camera"].rows == (("2023-11-20", "1", "3"),)
    assert "20/11" in plots["outcomes"].svg


def test_light_and_age_are_told_by_their_middle_and_their_worse_end() -> None:
    # Of twenty the fifth-hundredth is the first, the ninety-fifth of a hundred the nineteenth.
    lights = [0.1, *[0.3] * 9, *[0.6] * 10]
    ages_s = [0.05] * 18 + [0.4, 2.0]
    plots = plotted(Figures(lights=lights, badly_lit=[0.0, 0.3], ages_s=ages_s), Figures())
    assert plots["light"].heads == ("Median", "Darkest 5 of 100", "Faces too dark or bright")
    assert plots["light"].rows == (("2023-11-20", "30", "10", "15"), ("2023-11-27", "–", "–", "–"))
    assert plots["age"].rows == (("2023-11-20", "0.05", "0.40"), ("2023-11-27", "–", "–"))


def test_the_rate_of_a_week_stands_between_its_bounds_beside_what_is_stated() -> None:
    plots = plotted(Figures(near=[0.1] * 10 + [0.9] * 10), Figures(near=[0.1] * 19))
    assert plots["rate"].heads == ("As stated", "Seen", "At least (95 %)", "At most (95 %)")
    # Ten of 20 at a level of 0.25: twice; the bounds of 10 in 20, 0.27196 and 0.72804, by that.
    assert plots["rate"].rows == (
        ("2023-11-20", "1.0", "2.0", "1.1", "2.9"),
        ("2023-11-27", "1.0", "–", "–", "–"),
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_nothing_is_known_of_has_no_plot(language: str) -> None:
    plots = plotted(Figures(), language=language)
    assert list(plots) == list(PLOTS)
    without = {key for key, plot in plots.items() if not plot.heads}
    assert without == {"cues", "rate", "light", "age", "camera"}
    assert plots["waits"].rows == (("2023-11-20", "–", "–"),)
