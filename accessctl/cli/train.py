"""`accessctl train`: train a one-shot face encoder, go on with a run, export it."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accessctl.cli.common import config_from
from accessctl.cli.front import Verb
from accessctl.cli.train_options import FILES, TrainOptions
from accessctl.errors import InputError

ABOUT = """\
Trains an encoder on a pack of aligned faces (faces.csv and faces.zip) or on any folder with a
folder of photos for each person. Everything of a run lies in its folder: config.yaml,
history.jsonl, checkpoint.npz and history.png. A run that was stopped goes on with --resume,
and ends as if it had never been stopped. KERAS_BACKEND chooses tensorflow, torch or jax.
"""


def run(args: TrainOptions) -> int:
    """0 when the budget is spent and everything is written."""
    from accessctl.training.run import set_up, train
    from accessctl.training.run_folder import plot_history, read_history

    settings = started(args)
    made = set_up(args.run, settings, config_from(args).vision)
    train(made)
    plot_history(read_history(args.run), args.run)
    if args.export is not None:
        _export(args, made, args.export)
    return 0


def started(args: TrainOptions) -> Any:
    """The run's settings: as given, and then written down, or as they were written down."""
    from accessctl.training import settings

    if args.resume:
        return settings.read(args.run)
    usual = () if args.loss else config_from(args).training.loss
    chosen = settings_from(args, usual)
    if (args.run / settings.NAME).exists():
        raise InputError(f"{args.run} already holds a run; add --resume or name another folder.")
    settings.write(args.run, chosen)
    return chosen


def settings_from(args: TrainOptions, losses: Sequence[str] = ()) -> Any:
    """What was given, `losses` where no --loss was, the rest at its default; raises InputError."""
    from pydantic import ValidationError

    from accessctl.training.settings import Settings

    given = {
        key: value
        for key, value in vars(args).items()
        if key in Settings.model_fields and value is not None
    }
    given["losses"] = [named(text, "name") for text in args.loss or losses]
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


def _export(args: TrainOptions, made: Any, folder: Path) -> None:
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
    files = [file for file in FILES if file in args.export_files]
    card = export(made, folder, label, files, args.share)
    print(f"{folder}: {card.name}, {card.dimension} dimensions, {card.fingerprint[:12]}")


TRAIN = Verb(
    run,
    TrainOptions,
    ABOUT,
    (
        "accessctl train --run runs/first --data FACES --loss arcface --minutes 60 --export mine",
        "accessctl train --run runs/first --resume",
    ),
    tells=True,
)
