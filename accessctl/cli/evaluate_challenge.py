"""`accessctl evaluate challenge`: how often a recording happens to do what the door asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
    print_table,
)
from accessctl.cli.evaluate_liveness import OnlyFaceOption, SpeciesPlace, species_place
from accessctl.cli.front import Verb
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.evaluation.challenge_trials import Trial

Found = Mapping[tuple[str, str], Sequence["Trial"]]


@dataclass(frozen=True, kw_only=True)
class EvaluateChallengeOptions(OnlyFaceOption, ConfigOption, JsonOption):
    attack: Annotated[
        list[SpeciesPlace],
        typer.Option(
            parser=species_place,
            metavar="SPECIES=PLACE",
            help="A video, or a folder of videos, of one species of attack; may be repeated.",
        ),
    ]
    tries: Annotated[int, typer.Option(metavar="N", help="Visits for each recording.")] = 200
    seed: Annotated[int, typer.Option(metavar="N", help="Of what is drawn.")] = 1


def run(args: EvaluateChallengeOptions) -> int:
    if not 1 <= args.tries <= 100_000:
        raise InputError("--tries must lie between 1 and 100000.")
    found = _try(args)
    if args.json:
        print_json({"recordings": [_as_json(*item) for item in found.items()]})
    else:
        _print(found)
    return 0


def _try(args: EvaluateChallengeOptions) -> "Found":
    import random

    from accessctl.encoder.choose import load_encoder
    from accessctl.evaluation.challenge_trials import looped, trials
    from accessctl.evaluation.presentation import Conditions, recordings
    from accessctl.evaluation.trial_door import door_parts
    from accessctl.vision.observer import Observer

    config = config_from(args)
    parts = door_parts(config, load_encoder(config.encoder), "challenge")
    conditions = Conditions(only_face=args.only_face)
    # A visit that began at the very end must find as much as the door can ask to see.
    at_least_s = config.liveness.challenge_s + config.liveness.patience_s + 1
    found: dict[tuple[str, str], list[Trial]] = {}
    for species, place in args.attack:
        for path in recordings(place):
            observer = Observer(config.vision)
            try:
                moments, length = looped(path, observer.observe, parts, conditions, at_least_s)
            finally:
                observer.close()
            found[species, path.name] = list(
                trials(
                    moments,
                    length,
                    args.tries,
                    random.Random(args.seed),  # noqa: S311 - repeatable on purpose; opens nothing
                    parts,
                )
            )
    return found


def _print(found: "Found") -> None:
    from accessctl.evaluation.challenge_trials import outcomes
    from accessctl.evaluation.presentation import rate

    rows = []
    for (species, name), tried in found.items():
        passed = rate(sum(trial.passed for trial in tried), len(tried))
        rows.append(
            (
                species,
                name,
                str(passed.errors),
                str(sum(trial.passed and not trial.vetoed for trial in tried)),
                str(passed.trials),
                f"{passed.low:.1%} to {passed.high:.1%}",
                ", ".join(f"{outcome} {count}" for outcome, count in outcomes(tried).items()),
            )
        )
    head = ("species", "recording", "passed", "and no veto", "of", "95 %", "how they ended")
    print_table(head, rows)


def _as_json(key: tuple[str, str], tried: "Sequence[Trial]") -> dict[str, Any]:
    from accessctl.evaluation.challenge_trials import outcomes
    from accessctl.evaluation.presentation import rate

    species, name = key
    passed = rate(sum(trial.passed for trial in tried), len(tried))
    return {
        "species": species,
        "recording": name,
        "passed": passed.errors,
        "passed_without_veto": sum(trial.passed and not trial.vetoed for trial in tried),
        "tries": passed.trials,
        "low": passed.low,
        "high": passed.high,
        "outcomes": outcomes(tried),
        "passes": [
            {"start": round(trial.start, 2), "asked": list(trial.asked), "vetoed": trial.vetoed}
            for trial in tried
            if trial.passed
        ],
    }


CHALLENGE = Verb(
    run,
    EvaluateChallengeOptions,
    "Plays each recording over and over to a door in challenge mode, many visits, each begun at a "
    "random place of it and asked random actions, and counts how often it passes by luck.",
    ("accessctl evaluate challenge --attack film=films/",),
)
