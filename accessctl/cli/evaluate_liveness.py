"""`accessctl evaluate liveness`: how many attacks pass, and how many people do not."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.cli.common import add_config, add_json, config_from, print_json, table
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.config import Config
    from accessctl.evaluation.presentation import Conditions, ErrorRate, Presentation
    from accessctl.evaluation.trial_door import DoorParts


def add_liveness(subparsers: Any) -> None:
    """Add `liveness` to the subcommands of `evaluate`."""
    command = subparsers.add_parser(
        "liveness", help="APCER and BPCER of passive liveness, from recordings"
    )
    command.add_argument(
        "--live",
        type=Path,
        action="append",
        default=[],
        metavar="PLACE",
        help="a video, or a folder of videos, of living people; may be repeated",
    )
    command.add_argument(
        "--attack",
        type=species_place,
        action="append",
        default=[],
        metavar="SPECIES=PLACE",
        help="the same of one species of attack, such as print=DIR; may be repeated",
    )
    command.add_argument(
        "--only-face", action="store_true", help="cut away everything around the face"
    )
    command.add_argument(
        "--ignore-framing",
        action="store_true",
        help="let faces confirm life that fill the picture, which the door does not",
    )
    command.add_argument(
        "--hand-held",
        action="store_true",
        help="has no effect any more: whether the camera moves is measured",
    )
    command.add_argument(
        "--no-identity", action="store_true", help="leave out the encoder; quicker"
    )
    command.add_argument(
        "--plots", type=Path, metavar="DIR", help="draw what each cue said into this folder"
    )
    add_config(command)
    add_json(command)
    command.set_defaults(func=run)


def species_place(text: str) -> tuple[str, Path]:
    species, equals, place = text.partition("=")
    if not (species and equals and place) or species == "live":
        raise argparse.ArgumentTypeError(f"{text!r} is not SPECIES=PLACE, such as print=DIR")
    return species, Path(place)


def run(args: argparse.Namespace) -> int:
    from accessctl.encoder.choose import load_encoder
    from accessctl.evaluation.presentation import LIVE, Conditions
    from accessctl.evaluation.trial_door import door_parts
    from accessctl.liveness.examiner import MIN_SEEN

    if not args.live and not args.attack:
        raise InputError("There is nothing to evaluate; name recordings with --live or --attack.")
    config = config_from(args)
    encoder = None if args.no_identity else load_encoder(config.encoder)
    parts = door_parts(
        config, encoder, "passive", min_seen=0.0 if args.ignore_framing else MIN_SEEN
    )
    places = [(LIVE, place) for place in args.live] + args.attack
    found = _look(places, config, parts, Conditions(only_face=args.only_face))
    if args.json:
        print_json(_as_json(found))
    else:
        _print(found)
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
    config: "Config",
    parts: "DoorParts",
    conditions: "Conditions",
) -> dict[str, list["Presentation"]]:
    from accessctl.evaluation.presentation import presentations, recordings
    from accessctl.vision.observer import Observer

    found: dict[str, list[Presentation]] = {}
    for species, place in places:
        for path in recordings(place):
            # Each recording is a day of its own for the door: no face is carried over.
            observer = Observer(config.vision)
            try:
                seen = presentations(path, observer.observe, parts, conditions)
            finally:
                observer.close()
            found.setdefault(species, []).extend(seen)
    return found


def _rates(found: Mapping[str, Sequence["Presentation"]]) -> dict[str, tuple[str, "ErrorRate"]]:
    from accessctl.evaluation.presentation import LIVE, apcer, bpcer

    return {
        species: ("BPCER", bpcer(seen)) if species == LIVE else ("APCER", apcer(seen))
        for species, seen in found.items()
        if seen
    }


def _print(found: Mapping[str, Sequence["Presentation"]]) -> None:
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
    print(table(("species", "rate", "errors", "of", "", "95 % (Clopper-Pearson)"), rows))
    for species in (species for species, seen in found.items() if not seen):
        print(f"{species}: no face was seen for long enough.")
    counts = [
        (c.species, c.cue, *(str(c.said[word]) for word in CueVerdict)) for c in cue_counts(found)
    ]
    print("\n" + table(("species", "cue", *CueVerdict), counts))


def _as_json(found: Mapping[str, Sequence["Presentation"]]) -> dict[str, Any]:
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
