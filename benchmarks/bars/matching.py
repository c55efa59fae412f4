"""One probe among many templates, and what memory alone would allow."""

import time
from collections.abc import Callable

import numpy as np

from accessctl.domain import PersonId
from accessctl.gallery.people import Template
from accessctl.recognition.calibration import Calibration
from accessctl.recognition.matcher import Matcher
from accessctl.recognition.normalisation import Normaliser, Sides
from accessctl.recognition.search_index import SearchIndex
from benchmarks.bars.row import Row

REPEATS = 50


def measure(normaliser: Normaliser, calibration: Calibration, bandwidth: float) -> list[Row]:
    """`bandwidth` in bytes/s, as measured in this run.

    The probe's side of the normalisation costs the same however many are enrolled, so it has
    a row of its own.
    """
    draw = np.random.default_rng(0)
    rows = []
    for people, bar in ((1000, 0.1), (100_000, 10.0)):
        pooled = unit(draw.standard_normal((people, normaliser.dimension), np.float32))
        known = normaliser.sides(pooled[:1000])
        again = np.resize(np.arange(1000), people)
        everybody = Sides(
            pooled,
            known.length[:, again],
            known.mean[:, again],
            known.deviation[:, again],
            known.spread[again],
        )
        probe = known.rows(slice(7, 8))

        index = SearchIndex(normaliser, everybody)

        def match(index: SearchIndex = index, probe: Sides = probe) -> None:
            index.leaders(probe)

        took = median_ms(match)
        least = pooled.nbytes / bandwidth * 1e3
        note = f"{people * normaliser.dimension:,} products; memory alone {least:.2g} ms"
        rows.append(Row(f"match one probe, {people:,} templates", took, bar, "ms", note=note))
    matcher = Matcher(_templates(draw, normaliser.dimension), normaliser, calibration)
    whole = median_ms(lambda: matcher.search(pooled[7]))
    cohort = normaliser.cohort_size
    least = 4 * cohort * normaliser.dimension / bandwidth * 1e3
    note = f"{cohort:,} cohort faces; memory alone {least:.2g} ms"
    rows.append(Row("the same with its cohort, 50 enrolled", whole, float("inf"), "ms", note=note))
    return rows


def median_ms(call: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return float(np.median(times)) * 1e3


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _templates(draw: np.random.Generator, dimension: int) -> list[Template]:
    embeddings = unit(draw.standard_normal((50, dimension), np.float32))
    return [Template(PersonId(str(n)), row, 1.0) for n, row in enumerate(embeddings)]
