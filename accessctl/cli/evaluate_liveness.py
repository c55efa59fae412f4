"""`accessctl evaluate liveness | challenge`: how many attacks pass, and how many people do not."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
    print_table,
)
from accessctl.cli.front import Verb
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.config import Config
    from accessctl.evaluation.challenge_trials import Playing, Trial
    from accessctl.evaluation.presentation import Conditions, ErrorRate, Presentation
    from accessctl.evaluation.trial_door import DoorParts, TrialMakers

Trials = Mapping[tuple[str, str], Sequence["Trial"]]


class SpeciesPlace(NamedTuple):
    """A species of attack, and a video or a folder of videos of it."""

    species: str
    place: Path


def species_place(text: str) -> SpeciesPlace:
    """`print=DIR`; raises typer.BadParameter."""
    species, equals, place = text.partition("=")
    if not (species and equals and place) or species == "live":
        raise typer.BadParameter(f"{text!r} is not SPECIES=PLACE, such as print=DIR")
    return SpeciesPlace(species, Path(place))


@dataclass(frozen=True, kw_only=True)
class OnlyFaceOption:
    """What of a recording is shown."""

    only_face: Annotated[
        bool, typer.Option("--only-face", help="Cut away everything around the face.")
    ] = False
    hand_held: Annotated[
        bool,
        typer.Option(
            "--hand-held",
            help="Has no effect any more: whether the camera moves is measured.",
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
class EvaluateLivenessOptions(OnlyFaceOption, ConfigOption, JsonOption):
    live: Annotated[
        list[Path],
        typer.Option(
            metavar="PLACE",
            help="A video, or a folder of videos, of living people; may be repeated.",
        ),
    ] = field(default_factory=list)
    attack: Annotated[
        list[SpeciesPlace],
        typer.Option(
            parser=species_place,
            metavar="SPECIES=PLACE",
            help="The same of one species of attack, such as print=DIR; may be repeated.",
        ),
    ] = field(default_factory=list)
    ignore_framing: Annotated[
        bool,
        typer.Option(
            "--ignore-framing",
            help="Let faces confirm life that fill the picture, which the door does not.",
        ),
    ] = False
    no_identity: Annotated[
        bool, typer.Option("--no-identity", help="Leave out the encoder; quicker.")
    ] = False
    plots: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw what each cue said into this folder."),
    ] = None


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


def run_liveness(
    args: EvaluateLivenessOptions,
    *,
    trial_makers: "TrialMakers | None" = None,
    show: "Callable[..., Sequence[Presentation]] | None" = None,
) -> int:
    """`show` shows a recording to a door, else `presentations` does."""
    from accessctl.evaluation.presentation import LIVE, Conditions, presentations
    from accessctl.evaluation.trial_door import USUAL
    from accessctl.liveness.examiner import MIN_SEEN

    if not args.live and not args.attack:
        raise InputError("There is nothing to evaluate; name recordings with --live or --attack.")
    config = config_from(args)
    makers = trial_makers or USUAL
    encoder = None if args.no_identity else makers.encoder(config.encoder)
    parts = makers.door(
        config, encoder, "passive", min_seen=0.0 if args.ignore_framing else MIN_SEEN
    )
    places = [*((LIVE, place) for place in args.live), *args.attack]
    conditions = Conditions(only_face=args.only_face)
    found = _look(places, makers, config, parts, conditions, show or presentations)
    if args.json:
        print_json(_rates_json(found))
    else:
        _print_rates(found)
    if args.plots is not None:
        _plot(found, args.plots)
    return 0


def _plot(found: Mapping[str, Sequence["Presentation"]], folder: Path) -> None:
    from accessctl.evaluation.presentation import cue_counts, plot_cues

    counts = cue_counts(found)
    if not counts:
        raise InputError("No face was seen for long enough in any recording: nothing to draw.")
    rates = {species: rate for species, (_, rate) in _rates(found).items()}
    try:
        plot_cues(counts, rates, folder)
    except OSError as error:
        raise InputError(
            f"Nothing can be drawn into {folder} ({error.strerror}); name another folder."
        ) from error


def _look(
    places: Sequence[tuple[str, Path]],
    makers: "TrialMakers",
    config: "Config",
    parts: "DoorParts",
    conditions: "Conditions",
    show: "Callable[..., Sequence[Presentation]]",
) -> dict[str, list["Presentation"]]:
    from accessctl.evaluation.presentation import recordings

    found: dict[str, list[Presentation]] = {}
    for species, place in places:
        for path in recordings(place):
            # A new observer each time: no face is followed from one recording into the next.
            with closing(makers.observer(config.vision)) as observer:
                seen = show(path, observer.observe, parts, conditions)
            found.setdefault(species, []).extend(seen)
    return found


def _rates(found: Mapping[str, Sequence["Presentation"]]) -> dict[str, tuple[str, "ErrorRate"]]:
    from accessctl.evaluation.presentation import LIVE, apcer, bpcer

    return {
        species: ("BPCER", bpcer(seen)) if species == LIVE else ("APCER", apcer(seen))
        for species, seen in found.items()
        if seen
    }


def _print_rates(found: Mapping[str, Sequence["Presentation"]]) -> None:
    from accessctl.evaluation.presentation import cue_counts
    from accessctl.liveness.evidence import CueVerdict

    rows = [
        (
            species,
            name,
            str(rate.errors),
            str(rate.trials),
            f"{rate.value:.1%}",
            f"{rate.low:.1%} to {rate.high:.1%}",
        )
        for species, (name, rate) in _rates(found).items()
    ]
    print_table(("species", "rate", "errors", "of", "", "95 % (Clopper-Pearson)"), rows)
    for species in (species for species, seen in found.items() if not seen):
        print(f"{species}: no face was seen for long enough.")
    counts = [
        (c.species, c.cue, *(str(c.said[word]) for word in CueVerdict)) for c in cue_counts(found)
    ]
    print()
    print_table(("species", "cue", *CueVerdict), counts)


def _rates_json(found: Mapping[str, Sequence["Presentation"]]) -> dict[str, Any]:
    from accessctl.evaluation.presentation import cue_counts

    return {
        "rates": [
            {
                "species": species,
                "rate": name,
                "errors": rate.errors,
                "trials": rate.trials,
                "low": rate.low,
                "high": rate.high,
            }
            for species, (name, rate) in _rates(found).items()
        ],
        "cues": [
            {
                "species": c.species,
                "cue": c.cue,
                **{str(word): count for word, count in c.said.items()},
            }
            for c in cue_counts(found)
        ],
        "presentations": [
            {
                "species": species,
                "recording": one.recording,
                "track": one.track,
                "seconds": round(one.seconds, 2),
                "accepted": one.accepted,
                "verdict": str(one.verdict),
                "cues": {k: str(v) for k, v in one.cues.items()},
            }
            for species, seen in found.items()
            for one in seen
        ],
    }


def run_challenge(
    args: EvaluateChallengeOptions,
    *,
    trial_makers: "TrialMakers | None" = None,
    play: "Playing | None" = None,
) -> int:
    if not 1 <= args.tries <= 100_000:
        raise InputError("--tries must lie between 1 and 100000.")
    found = _try_recordings(args, trial_makers, play)
    if args.json:
        print_json({"recordings": [_trials_json(*item) for item in found.items()]})
    else:
        _print_trials(found)
    return 0


def _try_recordings(
    args: EvaluateChallengeOptions, makers: "TrialMakers | None", play: "Playing | None"
) -> "Trials":
    import random

    from accessctl.evaluation.challenge_trials import Playing
    from accessctl.evaluation.presentation import Conditions, recordings
    from accessctl.evaluation.trial_door import USUAL

    makers, play = makers or USUAL, play or Playing()
    config = config_from(args)
    parts = makers.door(config, makers.encoder(config.encoder), "challenge")
    conditions = Conditions(only_face=args.only_face)
    # A visit that began at the very end must find as much as the door can ask to see.
    at_least_s = config.liveness.challenge_s + config.liveness.patience_s + 1
    found: dict[tuple[str, str], list[Trial]] = {}
    for species, place in args.attack:
        for path in recordings(place):
            with closing(makers.observer(config.vision)) as observer:
                moments, length = play.looped(path, observer.observe, parts, conditions, at_least_s)
            found[species, path.name] = list(
                play.trials(
                    moments,
                    length,
                    args.tries,
                    random.Random(args.seed),  # noqa: S311 - repeatable on purpose; opens nothing
                    parts,
                )
            )
    return found


def _passed(tried: "Sequence[Trial]") -> "ErrorRate":
    from accessctl.evaluation.presentation import rate

    return rate(sum(trial.passed for trial in tried), len(tried))


def _without_veto(tried: "Sequence[Trial]") -> int:
    """How many passed the challenge while no cue vetoed them."""
    return sum(trial.passed and not trial.vetoed for trial in tried)


def _print_trials(found: "Trials") -> None:
    from accessctl.evaluation.challenge_trials import outcomes

    rows = []
    for (species, name), tried in found.items():
        passed = _passed(tried)
        rows.append(
            (
                species,
                name,
                str(passed.errors),
                str(_without_veto(tried)),
                str(passed.trials),
                f"{passed.low:.1%} to {passed.high:.1%}",
                ", ".join(f"{outcome} {count}" for outcome, count in outcomes(tried).items()),
            )
        )
    head = ("species", "recording", "passed", "and no veto", "of", "95 %", "how they ended")
    print_table(head, rows)


def _trials_json(key: tuple[str, str], tried: "Sequence[Trial]") -> dict[str, Any]:
    from accessctl.evaluation.challenge_trials import outcomes

    species, name = key
    passed = _passed(tried)
    return {
        "species": species,
        "recording": name,
        "passed": passed.errors,
        "passed_without_veto": _without_veto(tried),
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


LIVENESS = Verb(
    run_liveness,
    EvaluateLivenessOptions,
    "Shows recordings of living people and of attacks to the door's passive liveness, and counts "
    "people refused (BPCER) and attacks accepted (APCER), as ISO/IEC 30107-3 does.",
    ("accessctl evaluate liveness --live films/ --attack print=prints/ --attack phone=phones/",),
)
CHALLENGE = Verb(
    run_challenge,
    EvaluateChallengeOptions,
    "Plays each recording over and over to a door in challenge mode, many visits, each begun at a "
    "random place of it and asked random actions, and counts how often it passes by luck.",
    ("accessctl evaluate challenge --attack film=films/",),
)
