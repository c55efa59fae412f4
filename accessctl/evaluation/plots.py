"""Drawings of what was measured, each written as one PNG file.

Drawings of the identification results, one PNG file each.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from accessctl.evaluation.fairness import GroupRates
from accessctl.evaluation.lfw import StatedRate
from accessctl.evaluation.open_set import OpenSetRow, Tried, det_curve
from accessctl.evaluation.pairs import AllPairs
from accessctl.evaluation.robustness import ConditionLoss
from accessctl.evaluation.statistics import Count, Measured, PeopleRate
from accessctl.storage.files import atomic_file

DPI = 120
BARS = 160
GENUINE, IMPOSTOR, MARK = "#1a7f5a", "#b3452c", "#222222"


def det(
    curves: Mapping[str, AllPairs], points: Mapping[str, tuple[float, float]], path: Path
) -> None:
    """Detection error trade-off of each set of scores; `points` are (FMR, FNMR) to mark."""
    with _panels(path, 1, (7, 5)) as (axes,):
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
    with _panels(path, 1, (7, 4.2)) as (axes,):
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
    with _panels(path, 1, (5.6, 5.2)) as (axes,):
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
    save_figure(figure, path)
    pyplot.close(figure)


def _dot(
    axes: Any, rate: Measured | None, scale: float, height: float, look: Mapping[str, Any]
) -> None:
    if rate is not None:
        bars = scale * _bars([rate])
        axes.errorbar(scale * rate.value, height, xerr=bars, marker="o", capsize=3, **look)


PRODUCT, PLAIN = "#1a7f5a", "#7a8699"
SIZES = ("#1b4965", "#1a7f5a", "#c98a1b", "#b3452c", "#6a4c93", "#555555")
Tasks = Mapping[tuple[int, int], tuple[Count, Count]]


def oneshot(one_shot: Tasks, k_shot: Tasks, path: Path) -> None:
    """Accuracy by the number of people, and by the number of photos of each."""
    with _panels(path, 2, (11, 4.4)) as (left, right):
        ways = sorted({way for way, _ in one_shot})
        kinds = (("by cosine", PLAIN, 0.96), ("as the product scores", PRODUCT, 1.04))
        for which, (label, colour, aside) in enumerate(kinds):
            rates = [one_shot[way, 1][which] for way in ways]
            _points(left, [aside * way for way in ways], rates, label=label, color=colour)
        left.set(xscale="log", xlabel="people to choose from (N)", title="One photo a person")
        left.set_xticks(ways, [str(way) for way in ways])
        shots = sorted({shot for _, shot in k_shot})
        for colour, way in zip(SIZES, sorted({way for way, _ in k_shot}), strict=False):
            rates = [k_shot[way, shot][1] for shot in shots]
            _points(right, shots, rates, label=f"{way} people", color=colour)
        right.set(xlabel="photos of each person, pooled (k)", title="More photos a person")
        right.set_xticks(shots)
        for axes in (left, right):
            axes.set(ylabel="right person (%), 95 % interval over trials")
            axes.minorticks_off()


def identification(
    tried: Sequence[Tried], rows: Sequence[OpenSetRow], pooled: Sequence[OpenSetRow], path: Path
) -> None:
    """DET curves by gallery size, stated against observed FPIR, and what pooling gives."""
    with _panels(path, 3, (16, 6), **_below(2)) as (det, kept, pooling):
        for colour, one in zip(SIZES, tried, strict=False):
            mates, strangers = one.mates, one.strangers
            for label, scores in (
                (f"{one.size} people", (mates.score, mates.right, strangers.score)),
                (None, (mates.cosine, mates.cosine_right, strangers.cosine)),
            ):
                fpir, fnir = det_curve(*scores)
                style = {"color": colour, "label": label, "ls": "-" if label else ":"}
                det.plot(100 * fpir, 100 * fnir, lw=1.4, **style)
            own = [row for row in rows if row.size == one.size and row.fpir.events]
            at = [100 * row.fpir.value for row in own]
            det.plot(at, [100 * row.fnir.value for row in own], "o", color=colour, mec="black")
        det.plot([], [], "o", color="white", mec="black", label="the product's thresholds")
        det.plot([], [], ":", color="black", label="by cosine alone")
        det.set(xscale="log", xlabel="FPIR: strangers who are named (%)", title="Trade-off")
        det.set(ylabel="FNIR: enrolled people not named rightly (%)", ylim=(0, None))
        _stated(kept, rows)
        _pooling(pooling, pooled)


def _stated(axes: Any, rows: Sequence[OpenSetRow]) -> None:
    targets = sorted({row.target_fpir for row in rows})
    for place, (colour, target) in enumerate(zip(SIZES, targets, strict=False)):
        own = [row for row in rows if row.target_fpir == target]
        # A little aside, so that the bars of two targets do not hide each other.
        aside = [1.06 ** (2 * place + 1 - len(targets)) * row.size for row in own]
        percentage = f"{100 * target:g} %"
        axes.axhline(100 * target, color=colour, ls="--", lw=1, label=f"stated: {percentage}")
        observed = [row.fpir for row in own]
        _points(axes, aside, observed, label=f"observed for {percentage}", ls="", color=colour)
        plain = [(at, row.fpir_one_threshold) for at, row in zip(aside, own, strict=True)]
        known = [(at, 100 * value) for at, value in plain if value]
        if known:
            label = f"one cosine threshold for {percentage}"
            axes.plot(*zip(*known, strict=True), "x:", color=colour, label=label)
    axes.set(xscale="log", yscale="log", xlabel="people enrolled")
    axes.set(ylabel="FPIR (%), 95 % interval over people", title="Does the stated rate hold?")
    axes.yaxis.set_major_formatter("{x:g}")
    sizes = sorted({row.size for row in rows})
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()


def _pooling(axes: Any, pooled: Sequence[OpenSetRow]) -> None:
    for colour, target in zip(SIZES, sorted({row.target_fpir for row in pooled}), strict=False):
        own = [row for row in pooled if row.target_fpir == target]
        photos = [row.photos for row in own]
        stated = f"at a stated FPIR of {100 * target:g} %"
        _points(axes, photos, [row.fnir for row in own], label=f"FNIR {stated}", color=colour)
        observed = [100 * row.fpir.value for row in own]
        axes.plot(photos, observed, "x:", color=colour, label=f"FPIR observed {stated}")
        axes.set_xticks(photos)
    axes.set(
        xlabel="photos pooled into a probe",
        ylabel="FNIR, with 95 % interval over people, and FPIR (%)",
    )
    axes.set(title="What pooling gives", ylim=(0, None))


def robustness(
    losses: Sequence[ConditionLoss], target_fmr: float, target_fpir: float, path: Path
) -> None:
    """What becomes of each condition's probes: compared with one person, and searched."""
    places = np.arange(len(losses))
    with _panels(path, 2, (13, 1.4 + 0.4 * len(losses)), **_below(4)) as (pairs, search):
        left = np.zeros(len(losses))
        for label, colour, shares in _shares(losses):
            pairs.barh(places, shares, left=left, color=colour, label=label)
            left += shares
        pairs.set(xlabel="probes (%)", title=f"1:1, at FMR {target_fmr:g}", xlim=(0, 100))
        named = [100 - 100 * loss.fnir.value for loss in losses]
        search.barh(places, named, color=PRODUCT, label="named rightly")
        search.barh(
            places,
            [100 * loss.misidentified.value for loss in losses],
            left=named,
            color="#b3452c",
            label="named as somebody else",
        )
        ends = 100 * _bars([loss.fnir for loss in losses])[::-1]
        search.errorbar(named, places, xerr=ends, fmt="none", color="black", capsize=2, lw=1)
        search.set(xlabel="probes of enrolled people (%), 95 % interval over people")
        search.set(
            title=f"Searched in a gallery, target FPIR {100 * target_fpir:g} %", xlim=(0, 100)
        )
        for axes in (pairs, search):
            axes.set_yticks(places, [loss.condition for loss in losses])
            axes.invert_yaxis()
            axes.axvline(
                100 * losses[0].tar.value if axes is pairs else named[0], ls=":", color="k"
            )


def _shares(losses: Sequence[ConditionLoss]) -> Iterator[tuple[str, str, Any]]:
    """Label, colour and percentages (L,) of what may become of a probe, together 100."""
    matched = np.array([100 * loss.tar.value for loss in losses])
    refused = np.array([100 * loss.refused.value for loss in losses])
    faceless = np.array([100 * loss.faceless.value for loss in losses])
    yield "matched", PRODUCT, matched
    yield "not matched", "#c98a1b", 100 - matched - refused - faceless
    yield "refused for its quality", PLAIN, refused
    yield "no face found", "#333333", faceless


def save_figure(figure: Any, path: Path) -> None:
    """Write a matplotlib figure to `path`, whose ending names the format; OSError."""
    with atomic_file(path, mode=0o644) as file:
        figure.savefig(file, dpi=DPI, format=path.suffix.removeprefix(".") or "png")


@contextmanager
def _panels(path: Path, count: int, size: tuple[float, float], **legend: Any) -> Iterator[Any]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    figure, panels = pyplot.subplots(1, count, figsize=size, layout="constrained", squeeze=False)
    yield panels[0]
    for axes in panels[0]:
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small", **legend)
    save_figure(figure, path)
    pyplot.close(figure)


def _below(columns: int) -> dict[str, Any]:
    """A legend that hides nothing."""
    return {"loc": "upper center", "bbox_to_anchor": (0.5, -0.1), "ncols": columns}


def _points(
    axes: Any, at: Sequence[float], rates: Sequence[Count | PeopleRate], **style: Any
) -> None:
    values = [100 * rate.value for rate in rates]
    axes.errorbar(at, values, 100 * _bars(rates), marker="o", capsize=3, **style)


def _bars(rates: Sequence[Count | PeopleRate | Measured]) -> Any:
    """How far each interval reaches below and above its value: float64 (2, R); an undefined end
    reaches nowhere."""
    below = [max(0.0, float(np.nan_to_num(rate.value - rate.low))) for rate in rates]
    above = [max(0.0, float(np.nan_to_num(rate.high - rate.value))) for rate in rates]
    return np.array([below, above])
