"""`accessctl liveness train`: fit the texture network to pictures of living people."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accessctl.training.spoof.run import RunSettings

DESCRIPTION = """\
Fits the network that tells a living face from a picture of one. It takes photographs and films of
living people, draws attacks from each of them (paper, screens, cut-outs) through the same camera
as the living one, lets two published networks label all of it, and fits a small network of our
own. The run's folder holds config.yaml, the samples, history.csv and network.keras; the same
command goes on with a run that was stopped. People and films are on one side only: fitting or
checking. Example:

  accessctl liveness train --run runs/texture --teachers TEACHERS --living lfw=lfw/images.zip
      --living portrait=photos.zip:live --living real=photos.zip:spoof --living film=films
      --check-films L09,L15 --minutes 60 --export models/texture
"""


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
    add("--check-films", default="", metavar="NAME,NAME", help="films that nothing is fitted on")
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
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from accessctl.training.spoof.run import Telling
    from accessctl.training.spoof.run import run as go_on

    go_on(args.run, _settings(args), args.minutes, Telling(_prepared, _checked))
    if args.export is not None:
        _export(args)
    return 0


def _settings(args: argparse.Namespace) -> "RunSettings":
    from pydantic import ValidationError

    from accessctl.errors import InputError
    from accessctl.training.spoof.run import RunSettings, Source, begun, settings_of

    if not args.living and begun(args.run):
        return settings_of(args.run)
    if not args.living or args.teachers is None:
        raise InputError("A run begins with pictures and teachers; name --living and --teachers.")
    given = {
        "sources": [Source.read(text) for text in args.living],
        "teachers": args.teachers,
        "check_films": tuple(name for name in args.check_films.split(",") if name),
    } | {
        name: getattr(args, name)
        for name in ("samples", "steps", "matching", "seed")
        if getattr(args, name) is not None
    }
    try:
        return RunSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(f"--{key}: {first['msg']}.") from error


def _prepared(done: int, every: int) -> None:
    print(f"samples: {done} of {every} thousand", file=sys.stderr)


def _checked(checked: Any) -> None:
    worst = max((v for k, v in checked.figures.items() if k.startswith("apcer95_")), default=0.0)
    print(
        f"step {checked.step}: AUC {checked.figures['auc']:.4f}; of the worst kind of attack "
        f"{worst:.1%} pass where 95 % of the living do",
        file=sys.stderr,
    )


def _export(args: argparse.Namespace) -> None:
    from accessctl.training.spoof.export import Told, export
    from accessctl.training.spoof.fit import kept
    from accessctl.training.spoof.run import films_fitted, samples_of, settings_of, told_of
    from accessctl.training.spoof.run import measured_of as measured

    fitted, checked = samples_of(args.run)
    network = kept(args.run)
    told = Told(
        version=args.version,
        data=told_of(settings_of(args.run), fitted),
        measured=measured(network, checked, args.confirm),
        fitted_films=films_fitted(fitted),
        confirm=args.confirm,
        doubt=args.doubt,
    )
    card = export(network, args.export, told)
    print(f"Wrote {card.path} ({card.path.stat().st_size / 1e6:.1f} MB) and its card.")
