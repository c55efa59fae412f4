"""Drawings of the identification results, one PNG file each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from accessctl.evaluation.counted import Count
from accessctl.evaluation.det import det_curve
from accessctl.evaluation.open_set import OpenSetRow, Tried
from accessctl.evaluation.people_interval import PeopleRate
from accessctl.evaluation.robustness import ConditionLoss

DPI = 120
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
        ends = _ends([loss.fnir for loss in losses])[::-1]
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


@contextmanager
def _panels(path: Path, count: int, size: tuple[float, float], **legend: Any) -> Iterator[Any]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    figure, panels = pyplot.subplots(1, count, figsize=size, layout="constrained")
    yield panels
    for axes in panels:
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small", **legend)
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)


def _below(columns: int) -> dict[str, Any]:
    """A legend that hides nothing."""
    return {"loc": "upper center", "bbox_to_anchor": (0.5, -0.1), "ncols": columns}


def _points(
    axes: Any, at: Sequence[float], rates: Sequence[Count | PeopleRate], **style: Any
) -> None:
    values = [100 * rate.value for rate in rates]
    axes.errorbar(at, values, _ends(rates), marker="o", capsize=3, **style)


def _ends(rates: Sequence[Count | PeopleRate]) -> Any:
    """How far each interval reaches below and above its value, percent: (2, R)."""
    below = [100 * max(0.0, rate.value - rate.low) for rate in rates]
    above = [100 * max(0.0, rate.high - rate.value) for rate in rates]
    return np.array([below, above])
