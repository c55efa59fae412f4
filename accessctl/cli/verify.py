"""`accessctl verify`: are these two photos of the same person."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
)
from accessctl.cli.engine import engine_to_read
from accessctl.cli.front import Verb
from accessctl.cli.photos import photo_reader
from accessctl.errors import InputError


@dataclass(frozen=True, kw_only=True)
class VerifyOptions(ConfigOption, JsonOption):
    a: Annotated[Path, typer.Argument(metavar="A", help="A photo of one person.")]
    b: Annotated[Path, typer.Argument(metavar="B", help="Another photo, of the same or another.")]


def run(args: VerifyOptions) -> int:
    """0 whatever the answer; 2 when one of the photos cannot be used."""
    from accessctl.recognition.engine import embed_portrait, verify

    config = config_from(args)
    read = photo_reader(config)
    with engine_to_read(config) as engine:
        try:
            a, b = (
                embed_portrait(read(path), str(path), engine.observer, engine.recogniser)
                for path in (args.a, args.b)
            )
        except InputError as error:
            if not args.json:
                raise
            print_json(answer(error=str(error)))
            return error.exit_code
        found = verify(a, b, engine.roster.matcher, config.policy.target_fmr)
    result = answer(
        same=found.same,
        similarity=round(found.similarity, 4),
        fmr=float(f"{found.fmr:.3g}"),
        threshold=round(found.threshold, 4) if math.isfinite(found.threshold) else None,
    )
    if args.json:
        print_json(result)
    else:
        print(sentence(result))
    return 0


def sentence(result: dict[str, Any]) -> str:
    verdict = "same person" if result["same"] else "not the same person"
    needed = result["threshold"]
    bar = "no similarity" if needed is None else f"at least {needed:.3f}"
    return (
        f"{verdict}: similarity {result['similarity']:.3f} ({bar} is enough for these two), "
        f"false-match rate {result['fmr']:.1e}"
    )


def answer(
    *,
    same: bool | None = None,
    similarity: float | None = None,
    fmr: float | None = None,
    threshold: float | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    """`threshold` is the similarity that these two faces would need at `policy.target_fmr`."""
    return {
        "same": same,
        "similarity": similarity,
        "fmr": fmr,
        "threshold": threshold,
        "error": error,
    }


VERIFY = Verb(
    run,
    VerifyOptions,
    "Compares two photos: whether they show the same person at the false-match rate of "
    "policy.target_fmr, how similar they are, and how similar these two would have to be. Nobody "
    "need be enrolled, and nothing is kept.",
    ("accessctl verify passport.jpg visitor.jpg", "accessctl verify --json a.jpg b.jpg"),
)
