"""The tables that say who got in, made of rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from accessctl.cli.evaluate_common import markdown
from accessctl.evaluation.statistics import clopper_pearson
from benchmarks.films.conditions import FULL, WORDS
from benchmarks.films.tasks import Row

NOBODY = "not enrolled"
GROUPS = {"L": "self-recorded", "F": "produced", "G": "webcam-like, 3 s"}
HEAD = ("granted", "95 %", "refused as an attack", "undecided", "other")
SMALL = 10
"""Shares of fewer films are given without a judgement."""


def text(rows: Sequence[Row], about: Mapping[str, Any], fitted: frozenset[str]) -> str:
    """All that the rows say, as markdown; parts of which there are no rows are left out."""
    tried = [row for row in rows if row.seen["outcome"] != NOBODY]
    living = [row for row in tried if row.task["kind"] == "live"]
    attacks = [row for row in tried if row.task["kind"] != "live"]
    parts = [_heading(about, len(rows) - len(tried))]
    if plain := _under(living, FULL):
        parts += [_living(plain, fitted), _kept_out(plain)]
    if plain_attacks := _under(attacks, FULL):
        parts += [_attacks(plain_attacks), _let_in(plain_attacks)]
    if len({row.task["condition"] for row in tried}) > 1:
        parts.append(_conditions(living, attacks, fitted))
    if tried:
        parts.append(_cues(_under(living, FULL), _under(attacks, FULL)))
    return "\n\n".join(part for part in parts if part) + "\n"


def over_people(rows: Iterable[Row], *, granted_by_all: bool) -> tuple[int, int]:
    """How many people were granted, of how many. Each counts once, by the worst that happened:
    somebody living is granted if all of their films are, an attack on somebody if any is."""
    people: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        people[row.person].append(row.seen["outcome"] == "granted")
    worst: Callable[[Iterable[bool]], bool] = all if granted_by_all else any
    return sum(worst(films) for films in people.values()), len(people)


def _heading(about: Mapping[str, Any], skipped: int) -> str:
    words = (
        f"Code {about['commit']}, {about['began'][:10]}; at most {about['limit_s']:g} s of a "
        "film. Counts are films or presentations; the 95 % interval (Clopper-Pearson) is over "
        "people, each of whom counts once, by the worst that happened to them."
    )
    return words + (f" {skipped} presentations showed nobody to enrol." if skipped else "")


def _living(rows: Sequence[Row], fitted: frozenset[str]) -> str:
    chosen: list[tuple[str, list[Row]]] = [
        (words, [row for row in rows if row.group == group]) for group, words in GROUPS.items()
    ]
    chosen.append(("**all**", list(rows)))
    if fitted:
        on = [row for row in rows if row.task["name"] in fitted]
        chosen += [
            ("fitted on", on),
            ("**others**", [row for row in rows if row not in on]),
        ]
    lines = [
        [words, f"{len(some)} of {_people(some)}", *_outcomes(some, living=True), *_times(some)]
        for words, some in chosen
        if some
    ]
    head = ["living", "films of people", *HEAD, "median", "9 of 10 within", "within 1.5 s, 4 s"]
    return markdown(head, lines)


def _attacks(rows: Sequence[Row]) -> str:
    groups = dict.fromkeys(row.group for row in rows)
    lines = []
    for group in groups:
        some = [row for row in rows if row.group == group]
        lines.append([group, f"{len(some)} of {_people(some)}", *_outcomes(some, living=False)])
    for kind in dict.fromkeys(row.task["kind"] for row in rows):
        some = [row for row in rows if row.task["kind"] == kind]
        lines.append(
            [f"**{kind}, all**", f"{len(some)} of {_people(some)}", *_outcomes(some, living=False)]
        )
    return markdown(["attack", "presentations of people", *HEAD], lines)


def _outcomes(rows: Sequence[Row], *, living: bool) -> list[str]:
    events, people = over_people(rows, granted_by_all=living)
    low, high = clopper_pearson(events, people)
    count = dict.fromkeys(("granted", "attack", "undecided", "other", "none"), 0)
    for row in rows:
        count[row.seen["outcome"]] += 1
    return [
        f"{count['granted']} ({count['granted'] / len(rows):.0%})",
        f"{low:.1%} to {high:.1%}",
        str(count["attack"]),
        str(count["undecided"]),
        str(count["other"] + count["none"]),
    ]


def _times(rows: Sequence[Row]) -> list[str]:
    seconds = [row.seen["seconds"] for row in rows if row.seen["seconds"] is not None]
    if not seconds:
        return ["", "", ""]
    quick, soon = (sum(value <= most for value in seconds) for most in (1.5, 4.0))
    return [
        f"{np.median(seconds):.1f} s",
        f"{np.percentile(seconds, 90):.1f} s",
        f"{quick}, {soon} of {len(seconds)}",
    ]


def _kept_out(rows: Sequence[Row]) -> str:
    out = [row for row in rows if row.seen["outcome"] != "granted" or row.seen["attack"]]
    return "" if not out else "Living and kept out, or refused first:\n\n" + _listed(out)


def _let_in(rows: Sequence[Row]) -> str:
    in_ = [row for row in rows if row.seen["outcome"] == "granted"]
    return "" if not in_ else "Attacks that got in:\n\n" + _listed(in_)


def _listed(rows: Sequence[Row]) -> str:
    lines = [
        [
            row.task["name"],
            row.group,
            row.seen["outcome"],
            ", ".join(dict.fromkeys(row.seen["reasons"])) or "no visit",
            f"{row.seen['face_px']:.0f} px, {row.seen['face_s']:.1f} s",
            ", ".join(_said(cue, word, figure) for cue, (word, figure) in row.seen["cues"].items()),
        ]
        for row in rows
    ]
    return markdown(["film", "kind", "outcome", "reasons", "face", "cues"], lines)


def _said(cue: str, word: str, figure: float | None) -> str:
    return f"{cue} {word}" + ("" if figure is None else f" {figure:.3g}")


def _conditions(living: Sequence[Row], attacks: Sequence[Row], fitted: frozenset[str]) -> str:
    lines = []
    for condition, words in WORDS.items():
        some, bad = _under(living, condition), _under(attacks, condition)
        if some or bad:
            others = [row for row in some if row.task["name"] not in fitted]
            cells = [_share(some)]
            if fitted:
                cells.append(_share(others))
            refused = sum(row.seen["attack"] for row in some)
            granted = sum(row.seen["outcome"] == "granted" for row in bad)
            lines.append([words, *cells, f"{refused} of {len(some)}", f"{granted} of {len(bad)}"])
    head = ["condition", "living granted", *(["of those not fitted on"] if fitted else [])]
    return markdown([*head, "living refused as an attack", "attacks granted"], lines)


def _share(rows: Sequence[Row]) -> str:
    if not rows:
        return "0 of 0"
    events = sum(row.seen["outcome"] == "granted" for row in rows)
    share = "" if len(rows) < SMALL else f" ({events / len(rows):.0%})"
    low, high = clopper_pearson(*over_people(rows, granted_by_all=True))
    return f"{events} of {len(rows)}{share}, {low:.0%} to {high:.0%}"


def _cues(living: Sequence[Row], attacks: Sequence[Row]) -> str:
    """What each cue said in the decisions' records."""
    species: dict[str, list[Row]] = {}
    for group, words in GROUPS.items():
        species[words] = [row for row in living if row.group == group]
    for row in attacks:
        species.setdefault(row.group.partition(",")[0], []).append(row)
    species = {name: rows for name, rows in species.items() if rows}
    heard = dict.fromkeys(
        (cue, word)
        for rows in species.values()
        for row in rows
        for cue, (word, _) in sorted(row.seen["cues"].items())
        if word != "undecided"
    )
    lines = [
        [f"{cue}, {word}", *(str(_times_said(rows, cue, word)) for rows in species.values())]
        for cue, word in sorted(heard)
    ]
    head = ["cue's word", *(f"{name} {len(rows)}" for name, rows in species.items())]
    return markdown(head, lines) if lines else ""


def _times_said(rows: Sequence[Row], cue: str, word: str) -> int:
    return sum(row.seen["cues"].get(cue, [""])[0] == word for row in rows)


def _under(rows: Sequence[Row], condition: str) -> list[Row]:
    return [row for row in rows if row.task["condition"] == condition]


def _people(rows: Sequence[Row]) -> int:
    return len({row.person for row in rows})
