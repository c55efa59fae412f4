"""`accessctl train`: train a one-shot face encoder, go on with a run, export it."""

import argparse
import datetime
import os
from pathlib import Path
from typing import Any

from accessctl.cli.common import add_config, config_from
from accessctl.errors import InputError

DESCRIPTION = """\
Trains an encoder on a pack of aligned faces (faces.csv and faces.zip) or on any folder with a
folder of photos for each person. Everything of a run lies in its folder: config.yaml,
history.jsonl, checkpoint.npz and history.png. A run that was stopped goes on with --resume,
and ends as if it had never been stopped. KERAS_BACKEND chooses tensorflow, torch or jax.
"""
LOSSES = (
    "triplet, contrastive, siamese (pairs of photos); cosface, arcface, adaface (identities); "
    "regression, cosine, relational, pairwise (a teacher's descriptors)"
)


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "train", help="train an encoder on your own or shared faces", description=DESCRIPTION
    )
    add = parser.add_argument
    add("--run", type=Path, required=True, metavar="DIR", help="the run's folder")
    add("--resume", action="store_true", help="go on with the run in --run, settings as they were")
    _add_data(parser.add_argument_group("data"))
    _add_network(parser.add_argument_group("network and losses"))
    _add_budget(parser.add_argument_group("budget and optimiser"))
    _add_export(parser.add_argument_group("export"))
    add_config(parser)
    parser.set_defaults(func=run)


def _add_data(group: Any) -> None:
    add = group.add_argument
    add("--data", type=Path, metavar="DIR", help="a pack, or a folder of photos per person")
    add("--aligned", action="store_true", help="photos in --data are aligned canvases already")
    add(
        "--augment",
        choices=("none", "light", "door"),
        default="door",
        help="what is done to a face before it is learnt from (default: door, all of it)",
    )
    add("--photos", type=int, metavar="K", help="photos of a person in a batch of pairs (4)")
    add("--cap", type=int, metavar="N", help="photos of a person in an epoch of pairs (40)")
    add(
        "--exemplars",
        type=float,
        metavar="SHARE",
        help="of the faces without a name, the share that counts as people of one photo each (0)",
    )
    add("--people", type=int, metavar="N", help="train on so many people only (default: on all)")
    add("--held-out", type=int, metavar="N", help="people to validate on, never trained on (200)")
    add("--validation-photos", type=int, metavar="N", help="photos of each of them, at most (6)")
    add("--seen", type=int, metavar="N", help="also measure so many people that are trained on")


def _add_network(group: Any) -> None:
    add = group.add_argument
    add(
        "--init",
        type=Path,
        metavar="ENCODER",
        help="encoder folder whose weights to start from (default: models/dlib)",
    )
    add("--outputs", type=int, metavar="N", help="replace the last layer by a fresh one with N")
    add(
        "--head",
        choices=("fitted", "random"),
        help="how the fresh layer starts: regressed from the trunk to the teacher, where there "
        "is one (default), or random",
    )
    add("--size", type=int, metavar="PIXELS", help="take crops of another size than the card's")
    add(
        "--region",
        type=float,
        nargs=4,
        metavar=("X0", "Y0", "X1", "Y1"),
        help="cut crops from another region of the aligned canvas than the card's",
    )
    add(
        "--freeze",
        choices=("none", "low", "backbone"),
        help="layers that do not learn: low, those near the pixels; backbone, all but the last",
    )
    add("--loss", action="append", metavar="NAME[=WEIGHT]", help=f"repeat to add up: {LOSSES}")
    add(
        "--mining",
        choices=("random", "semi-hard", "batch-hard"),
        help="how triplets are chosen (default: semi-hard)",
    )
    add("--margin", type=float, help="margin of the loss (default: that of its paper)")
    add("--centres", type=int, metavar="N", help="centres of a person in identity losses (1)")
    add(
        "--centres-start",
        choices=("imprinted", "random"),
        help="where they start: at means of the person's own embeddings (default), or anywhere",
    )
    add(
        "--teacher",
        action="append",
        metavar="FILE|ENCODER[=WEIGHT]",
        help="an encoder (its folder, or the name of one in models/, such as pair) that describes "
        "the faces, or a .npy of descriptors, row for row with a pack; several go side by side",
    )
    add(
        "--beside",
        metavar="FILE|ENCODER[=WEIGHT]",
        help="another encoder, or its descriptors: validate this encoder joined to it as well",
    )


def _add_budget(group: Any) -> None:
    add = group.add_argument
    add("--minutes", type=float, help="wall-clock budget, over all sessions of the run")
    add("--epochs", type=float, help="budget in passes over the data, in place of --minutes")
    add("--steps", type=int, help="budget in steps, in place of --minutes")
    add("--round-steps", type=int, metavar="N", help="steps between checkpoints (an epoch's)")
    add("--batch", type=int, metavar="N", help="faces in a step (64)")
    add("--rate", type=float, help="peak learning rate (2e-4)")
    add("--weight-decay", type=float, help="of AdamW (5e-4)")
    add("--ema", type=float, help="share of the old weights' average that each step keeps (0.995)")
    add("--mixed", action="store_true", help="compute in bfloat16, keep weights in float32")
    add("--seed", type=int, help="of everything that is drawn (1)")


def _add_export(group: Any) -> None:
    add = group.add_argument
    add("--export", type=Path, metavar="DIR", help="write an encoder folder when done")
    add(
        "--export-files",
        nargs="+",
        choices=("int8", "float16", "keras"),
        default=["int8", "float16", "keras"],
        help="which networks to put there (default: all)",
    )
    add(
        "--share",
        type=float,
        default=1.0,
        help="how far the exported weights go from the start's to the trained, above 0 to 1 (1)",
    )
    add("--name", default="encoder", help="the encoder's name on its card")
    add("--trained-on", default="", metavar="TEXT", help="what the card says of the faces")
    add("--licence", metavar="TEXT", help="the card's licence (default: research only)")


def run(args: argparse.Namespace) -> int:
    """0 when the budget is spent and everything is written."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from accessctl.training.run import set_up, train
    from accessctl.training.run_folder import plot_history, read_history

    settings = started(args)
    made = set_up(args.run, settings, config_from(args).vision)
    train(made)
    plot_history(read_history(args.run), args.run)
    if args.export is not None:
        _export(args, made)
    return 0


def started(args: argparse.Namespace) -> Any:
    """The run's settings: as given, and then written down, or as they were written down."""
    from accessctl.training import settings

    if args.resume:
        return settings.read(args.run)
    chosen = settings_from(args)
    if (args.run / settings.NAME).exists():
        raise InputError(f"{args.run} already holds a run; add --resume or name another folder.")
    settings.write(args.run, chosen)
    return chosen


def settings_from(args: argparse.Namespace) -> Any:
    """What was given, the rest at its default; raises InputError."""
    from pydantic import ValidationError

    from accessctl.training.settings import Settings

    given = {
        key: value
        for key, value in vars(args).items()
        if key in Settings.model_fields and value is not None
    }
    given["losses"] = [named(text, "name") for text in args.loss or ()]
    given["teachers"] = [named(text, "file") for text in args.teacher or ()]
    if args.beside:
        given["beside"] = named(args.beside, "file")
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = str(first["loc"][0]).replace("_", "-") if first["loc"] else "the options"
        raise InputError(
            f"train: {where}: {first['msg']}; see `accessctl train --help`."
        ) from error


def named(text: str, key: str) -> dict[str, str]:
    """`triplet=0.5` -> {key: "triplet", "weight": "0.5"}; the weight may be left out."""
    name, equals, weight = text.partition("=")
    return {key: name, "weight": weight} if equals else {key: name}


def _export(args: argparse.Namespace, made: Any) -> None:
    import keras

    if not 0 < args.share <= 1:
        raise InputError(f"--share lies above 0 and is at most 1, not {args.share:g}.")
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"Only TensorFlow can write LiteRT files, and Keras runs on {keras.backend.backend()}; "
            "run the same command with --resume and KERAS_BACKEND=tensorflow."
        )
    from accessctl.training.export import LICENCE, CardLabel, export

    label = CardLabel(
        name=args.name,
        version="1",
        date=datetime.datetime.now(tz=datetime.UTC).date(),
        trained_on=args.trained_on or f"the faces in {made.settings.data.resolve().name}",
        licence=args.licence or LICENCE,
    )
    card = export(made, args.export, label, args.export_files, args.share)
    print(f"{args.export}: {card.name}, {card.dimension} dimensions, {card.fingerprint[:12]}")
