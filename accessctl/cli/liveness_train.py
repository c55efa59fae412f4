"""`accessctl liveness train`: fit the texture network to pictures of living people."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.front import Verb
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.training.spoof.fit import Checked
    from accessctl.training.spoof.run import RunParts, RunSettings

ABOUT = """\
Fits the network that tells a living face from a picture of one. It takes photographs and films of
living people, draws attacks from each of them (paper, screens, cut-outs) through the same camera
as the living one, lets two published networks label all of it, and fits a small network of our
own. The run's folder holds config.yaml, the samples, history.csv and network.keras; the same
command, or --run alone, goes on with a run that was stopped. People and films are on one side
only: fitting or checking.
"""
LONGEST_VERSION = 50


@dataclass(frozen=True, kw_only=True)
class TextureOptions:
    """Of `liveness train`; those that RunSettings has, too, go into the run."""

    run: Annotated[Path, typer.Option(metavar="DIR", help="The run's folder.")]
    living: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=PLACE",
            help="A zip of photographs (KIND=ZIP:FOLDER for a part of it) or a folder of films; "
            "the kind film is for films of people, real for photographs of real attacks.",
        ),
    ] = None
    teachers: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Minivision's two .pth files.")
    ] = None
    check_films: Annotated[
        str | None, typer.Option(metavar="NAME,NAME", help="Films that nothing is fitted on.")
    ] = None
    samples: Annotated[
        int | None,
        typer.Option(metavar="N", help="Samples to make, half of them attacks (40000)."),
    ] = None
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="Batches of samples labelled once (3600).")
    ] = None
    matching: Annotated[
        int | None, typer.Option(metavar="N", help="Batches after those, labelled anew (1800).")
    ] = None
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of samples and network (0).")] = (
        None
    )
    minutes: Annotated[float, typer.Option(metavar="M", help="For fitting, this time.")] = 60.0
    export: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the network and its card there.")
    ] = None
    version: Annotated[str, typer.Option(metavar="TEXT", help="What the card says.")] = "1"
    confirm: Annotated[float, typer.Option(metavar="P", help="Mean that shows life.")] = 0.9
    doubt: Annotated[float, typer.Option(metavar="P", help="Mean that speaks of an attack.")] = 0.1


def run(args: TextureOptions, *, parts: "RunParts | None" = None) -> int:
    """0 when the minutes or the steps are over and everything is written."""
    _refuse_nonsense(args)
    from accessctl.training.spoof.run import USUAL, RunListener
    from accessctl.training.spoof.run import run as go_on

    parts = parts or USUAL
    go_on(args.run, _settings(args), args.minutes, RunListener(_prepared, _checked), parts)
    if args.export is not None:
        _export(args, args.export, parts)
    return 0


def _refuse_nonsense(args: TextureOptions) -> None:
    """What would be found out only when an hour of fitting is over."""
    from accessctl.liveness.evidence import TEXTURE_CLEARS

    if not 0 < args.minutes < float("inf"):
        raise InputError(f"--minutes is a number above 0, not {args.minutes:g}.")
    if not TEXTURE_CLEARS < args.confirm <= 1:
        raise InputError(
            f"--confirm lies above {TEXTURE_CLEARS:g} and is at most 1, not {args.confirm:g}."
        )
    if not 0 <= args.doubt < TEXTURE_CLEARS:
        raise InputError(
            f"--doubt is at least 0 and lies below {TEXTURE_CLEARS:g}, not {args.doubt:g}."
        )
    if not 1 <= len(args.version) <= LONGEST_VERSION:
        raise InputError(f"--version takes 1 to {LONGEST_VERSION} characters.")


def _settings(args: TextureOptions) -> "RunSettings":
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


def _export(args: TextureOptions, folder: Path, parts: "RunParts") -> None:
    from accessctl.training.spoof.fit import kept
    from accessctl.training.spoof.network import CardFacts, export
    from accessctl.training.spoof.run import (
        films_fitted,
        measured_of,
        settings_of,
        told_of,
    )

    fitted, checked = parts.samples(args.run)
    network = kept(args.run)
    told = CardFacts(
        version=args.version,
        data=told_of(settings_of(args.run), fitted),
        measured=measured_of(network, checked, args.confirm),
        fitted_films=films_fitted(fitted),
        confirm=args.confirm,
        doubt=args.doubt,
    )
    card = export(network, folder, told)
    print(f"Wrote {card.path} ({card.path.stat().st_size / 1e6:.1f} MB) and its card.")


TRAIN = Verb(
    run,
    TextureOptions,
    ABOUT,
    (
        "accessctl liveness train --run runs/texture --teachers TEACHERS "
        "--living lfw=lfw/images.zip --living film=films --check-films L09,L15 "
        "--export models/texture",
        "accessctl liveness train --run runs/texture --minutes 30",
    ),
    tells=True,
)
