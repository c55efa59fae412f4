"""Drawings of what was measured, each written as one PNG file."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from accessctl.evaluation.all_pairs import AllPairs
from accessctl.evaluation.bootstrap import Measured
from accessctl.evaluation.fairness import GroupRates
from accessctl.evaluation.stated import StatedRate

DPI = 120
BARS = 160
GENUINE, IMPOSTOR, MARK = "#1a7f5a", "#b3452c", "#222222"


def det(
    curves: Mapping[str, AllPairs], points: Mapping[str, tuple[float, float]], path: Path
) -> None:
    """Detection error trade-off of each set of scores; `points` are (FMR, FNMR) to mark."""
    with _figure(path, (7, 5)) as axes:
        for label, pairs in curves.items():
            fmr, fnmr = pair_det_curve(pairs)
            axes.plot(fmr, 100 * fnmr, label=label)
        for marker, (label, (fmr_at, fnmr_at)) in zip("osD^v", points.items(), strict=False):
            axes.plot(fmr_at, 100 * fnmr_at, marker, color=MARK, ms=6, label=label)
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="FMR: impostor pairs that match (share)",
            ylabel="FNMR: genuine pairs that do not match (%)",
        )
        axes.set_ylim(0.1, 110)
        axes.set_yticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100])
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()


def pair_det_curve(pairs: AllPairs) -> tuple[Any, Any]:
    """FMR and FNMR, float64 (C,) each, as far as impostor scores were kept.

    It begins where ten impostor pairs match: fewer say nothing.
    """
    most = (len(pairs.top) - 1) / pairs.impostors
    fmr = np.geomspace(min(10 / pairs.impostors, most / 2), min(most, 0.1), 300)
    genuine = np.sort(pairs.genuine)
    thresholds = [pairs.threshold(float(rate)) for rate in fmr]
    return fmr, np.searchsorted(genuine, thresholds, side="right") / len(genuine)


def histograms(pairs: AllPairs, score: str, threshold: float, mark: str, path: Path) -> None:
    """Genuine and impostor scores, with the product's threshold, which `mark` tells of."""
    genuine = pairs.genuine[np.isfinite(pairs.genuine)]
    reached = np.flatnonzero(pairs.counts)
    low = float(min(pairs.edges[reached[0]], genuine.min()))
    high = float(max(pairs.edges[reached[-1] + 1], genuine.max()))
    edges = np.linspace(low, high, BARS + 1)
    centres = (pairs.edges[:-1] + pairs.edges[1:]) / 2
    with _figure(path, (7, 4.2)) as axes:
        axes.hist(
            centres,
            edges,
            weights=pairs.counts / pairs.impostors,
            color=IMPOSTOR,
            alpha=0.55,
            label=f"impostor pairs ({pairs.impostors:,})",
        )
        axes.hist(
            genuine,
            edges,
            weights=np.full(len(genuine), 1 / len(pairs.genuine)),
            color=GENUINE,
            alpha=0.55,
            label=f"genuine pairs ({len(pairs.genuine):,})",
        )
        axes.axvline(threshold, color=MARK, ls="--", label=mark)
        axes.set(yscale="log", xlabel=score, ylabel=f"share of pairs per {edges[1] - edges[0]:.2g}")


def calibration(kept: Sequence[StatedRate], path: Path) -> None:
    """Observed against stated false-match rate."""
    stated = [row.stated for row in kept]
    with _figure(path, (5.6, 5.2)) as axes:
        ends = (min(stated) / 2, max(stated) * 2)
        axes.plot(ends, ends, color=MARK, lw=1, ls="--", label="as stated")
        axes.fill_between(
            ends,
            [end / 2 for end in ends],
            [end * 2 for end in ends],
            color=MARK,
            alpha=0.08,
            label="within a factor of two",
        )
        shown = [row for row in kept if row.fmr.value > 0]
        axes.errorbar(
            [row.stated for row in shown],
            [row.fmr.value for row in shown],
            _bars([row.fmr for row in shown]),
            marker="o",
            capsize=3,
            color=GENUINE,
            label="observed, 95 % interval over people",
        )
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="stated FMR per comparison",
            ylabel="observed FMR per comparison",
        )


def fairness(ways: Mapping[str, Sequence[GroupRates]], target_fmr: float, path: Path) -> None:
    """FMR and FNMR of each group by each of the `ways` to decide; small groups are pale.

    The ways have the same groups in the same order.
    """
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    groups = next(iter(ways.values()))
    missed = any(group.fnmr is not None for group in groups)
    figure, panels = pyplot.subplots(
        1,
        1 + missed,
        figsize=(6.5 + 4.5 * missed, 1.6 + 0.45 * len(groups)),
        layout="constrained",
        sharey=True,
        squeeze=False,
    )
    left, right = panels[0, 0], panels[0, -1]
    for row, (way, colour) in enumerate(zip(ways, (GENUINE, IMPOSTOR), strict=False)):
        shift = 0.24 * row - 0.12 * (len(ways) - 1)
        left.plot([], [], "o", color=colour, label=way)
        for place, group in enumerate(ways[way]):
            look = {"color": colour, "alpha": 0.4 if group.small else 1}
            _dot(left, group.fmr, 1, place + shift, look)
            if missed:
                _dot(right, group.fnmr, 100, place + shift, look)
    left.axvline(target_fmr, color=MARK, ls="--", lw=1, label=f"stated: {target_fmr:g}")
    # Outside: rows are many, and each may reach anywhere.
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    right.set(xlabel="FNMR (% of genuine pairs)")
    left.set(xscale="log", xlabel="FMR within the group (share of impostor pairs)")
    left.set_yticks(range(len(groups)), [f"{g.group} ({g.people} people)" for g in groups])
    left.invert_yaxis()
    for axes in panels.flat:
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)


def _dot(
    axes: Any, rate: Measured | None, scale: float, height: float, look: Mapping[str, Any]
) -> None:
    if rate is not None:
        bars = scale * np.array(_bars([rate]))
        axes.errorbar(scale * rate.value, height, xerr=bars, marker="o", capsize=3, **look)


@contextmanager
def _figure(path: Path, size: tuple[float, float]) -> Iterator[Any]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    figure, axes = pyplot.subplots(figsize=size, layout="constrained")
    yield axes
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)


def _bars(rates: Sequence[Measured]) -> tuple[list[float], list[float]]:
    """How far the intervals reach below and above; an undefined end reaches nowhere."""
    below = [max(0.0, float(np.nan_to_num(rate.value - rate.low))) for rate in rates]
    above = [max(0.0, float(np.nan_to_num(rate.high - rate.value))) for rate in rates]
    return below, above
