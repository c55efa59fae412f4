"""`accessctl liveness train`: fit the texture network to pictures of living people."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.training.spoof.fit import Checked
    from accessctl.training.spoof.run import RunSettings

DESCRIPTION = """\
Fits the network that tells a living face from a picture of one. It takes photographs and films of
living people, draws attacks from each of them (paper, screens, cut-outs) through the same camera
as the living one, lets two published networks label all of it, and fits a small network of our
own. The run's folder holds config.yaml, the samples, history.csv and network.keras; the same
command, or --run alone, goes on with a run that was stopped. People and films are on one side
only: fitting or checking. Example:

  accessctl liveness train --run runs/texture --teachers TEACHERS --living lfw=lfw/images.zip
      --living portrait=photos.zip:live --living real=photos.zip:spoof --living film=films
      --check-films L09,L15 --minutes 60 --export models/texture
"""
LONGEST_VERSION = 50


def add_train(commands: Any) -> None:
    command = commands.add_parser(
        "train",
        help="fit the texture network",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("--run", type=Path, required=True, metavar="DIR", help="the run's folder")
    add(
        "--living",
        action="append",
        metavar="KIND=PLACE",
        help="a zip of photographs (KIND=ZIP:FOLDER for a part of it) or a folder of films; the "
        "kind film is for films of people, real for photographs of real attacks",
    )
    add("--teachers", type=Path, metavar="DIR", help="minivision's two .pth files")
    add("--check-films", metavar="NAME,NAME", help="films that nothing is fitted on")
    add("--samples", type=int, metavar="N", help="samples to make, half of them attacks (40000)")
    add("--steps", type=int, metavar="N", help="batches of samples labelled once (3600)")
    add("--matching", type=int, metavar="N", help="batches after those, labelled anew (1800)")
    add("--seed", type=int, metavar="N", help="of samples and network (0)")
    add("--minutes", type=float, default=60.0, metavar="M", help="for fitting, this time (60)")
    add("--export", type=Path, metavar="DIR", help="write the network and its card there")
    add("--version", default="1", metavar="TEXT", help="what the card says (1)")
    add("--confirm", type=float, default=0.9, metavar="P", help="mean that shows life (0.9)")
    add("--doubt", type=float, default=0.1, metavar="P", help="mean that speaks of an attack (0.1)")
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """0 when the minutes or the steps are over and everything is written."""
    _refuse_nonsense(args)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from accessctl.training.spoof.run import RunListener
    from accessctl.training.spoof.run import run as go_on

    go_on(args.run, _settings(args), args.minutes, RunListener(_prepared, _checked))
    if args.export is not None:
        _export(args)
    return 0


def _refuse_nonsense(args: argparse.Namespace) -> None:
    """What would be found out only when an hour of fitting is over."""
    if not 0 < args.minutes < float("inf"):
        raise InputError(f"--minutes is a number above 0, not {args.minutes:g}.")
    if not 0.5 < args.confirm <= 1:
        raise InputError(f"--confirm lies above 0.5 and is at most 1, not {args.confirm:g}.")
    if not 0 <= args.doubt < 0.5:
        raise InputError(f"--doubt is at least 0 and lies below 0.5, not {args.doubt:g}.")
    if not 1 <= len(args.version) <= LONGEST_VERSION:
        raise InputError(f"--version takes 1 to {LONGEST_VERSION} characters.")


def _settings(args: argparse.Namespace) -> "RunSettings":
    """Those that the run's folder holds, if any, with what was given in their place."""
    from pydantic import ValidationError

    from accessctl.training.spoof.run import PictureSource, RunSettings, begun, settings_of

    settings = settings_of(args.run).model_dump() if begun(args.run) else {}
    settings |= {
        name: value
        for name, value in vars(args).items()
        if name in RunSettings.model_fields and value is not None
    }
    if args.living:
        settings["sources"] = [PictureSource.read(text) for text in args.living]
    if args.check_films is not None:
        settings["check_films"] = [name for name in args.check_films.split(",") if name]
    if "sources" not in settings or "teachers" not in settings:
        raise InputError("A run begins with pictures and teachers; name --living and --teachers.")
    try:
        return RunSettings.model_validate(settings)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = str(first["loc"][0]).replace("_", "-").replace("sources", "living")
        raise InputError(f"--{option}: {first['msg']}.") from error


def _prepared(done: int, every: int) -> None:
    print(f"samples: {done} of {every} pieces", file=sys.stderr)


def _checked(checked: "Checked") -> None:
    worst = max((v for k, v in checked.figures.items() if k.startswith("apcer95_")), default=0.0)
    print(
        f"step {checked.step}: AUC {checked.figures['auc']:.4f}; of the worst kind of attack "
        f"{worst:.1%} pass where 95 % of the living do",
        file=sys.stderr,
    )


def _export(args: argparse.Namespace) -> None:
    from accessctl.training.spoof.fit import kept
    from accessctl.training.spoof.network import CardFacts, export
    from accessctl.training.spoof.run import (
        films_fitted,
        measured_of,
        samples_of,
        settings_of,
        told_of,
    )

    fitted, checked = samples_of(args.run)
    network = kept(args.run)
    told = CardFacts(
        version=args.version,
        data=told_of(settings_of(args.run), fitted),
        measured=measured_of(network, checked, args.confirm),
        fitted_films=films_fitted(fitted),
        confirm=args.confirm,
        doubt=args.doubt,
    )
    card = export(network, args.export, told)
    print(f"Wrote {card.path} ({card.path.stat().st_size / 1e6:.1f} MB) and its card.")
