"""What each liveness cue said of each species, drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from accessctl.evaluation.liveness import LIVE, CueCount, ErrorRate
from accessctl.liveness.result import CueVerdict

DPI = 120
COLOURS = {
    CueVerdict.VETO: "#b3452c",
    CueVerdict.DOUBT: "#e0a458",
    CueVerdict.CONFIRM: "#1a7f5a",
    CueVerdict.CLEAR: "#9fd3be",
    CueVerdict.UNDECIDED: "#d0d0d0",
}
NAME = "liveness_cues.png"


def plot_cues(counts: Sequence[CueCount], rates: Mapping[str, ErrorRate], folder: Path) -> Path:
    """Bars for every cue, one panel a species: the shares of presentations of which the cue
    said each word. Writes `liveness_cues.png` into `folder` and returns it.

    A panel's title holds its species' error rate (BPCER of the living, APCER of an attack) with
    the 95 % interval. ValueError without a count.
    """
    if not counts:
        raise ValueError("there is nothing to draw")
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    species = list(dict.fromkeys(count.species for count in counts))
    cues = list(dict.fromkeys(count.cue for count in counts))
    figure, panels = pyplot.subplots(
        1,
        len(species),
        figsize=(2.2 + 2.9 * len(species), 1.6 + 0.42 * len(cues)),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, name in zip(panels[0], species, strict=True):
        found = {count.cue: count for count in counts if count.species == name}
        for place, cue in enumerate(cues):
            begun = 0.0
            for label, share, colour in shares(found.get(cue)):
                axes.barh(place, share, left=begun, color=colour, label=label if not place else "")
                begun += share
        axes.set(title=_title(name, rates.get(name)), xlim=(0, 100), xlabel="% of presentations")
        axes.set_yticks(range(len(cues)), cues)
    panels[0][0].invert_yaxis()
    panels[0][-1].legend(fontsize="small", loc="lower right")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / NAME, dpi=DPI)
    pyplot.close(figure)
    return folder / NAME


def shares(count: CueCount | None) -> list[tuple[str, float, str]]:
    """(word, percent, colour) of each word a cue can say; none where it was not asked."""
    if count is None:
        return []
    total = sum(count.said.values())
    return [(str(word), 100 * n / total, COLOURS[word]) for word, n in count.said.items()]


def _title(species: str, rate: ErrorRate | None) -> str:
    if rate is None:
        return species
    name = "BPCER" if species == LIVE else "APCER"
    interval = f"{rate.low:.1%} to {rate.high:.1%}"
    return f"{species}: {name} {rate.errors} of {rate.trials}\n({interval})"
