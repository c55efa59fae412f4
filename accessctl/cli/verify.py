"""`accessctl verify`: are these two photos of the same person."""

import argparse
import math
from pathlib import Path
from typing import Any

from accessctl.cli.common import add_config, add_json, config_from, print_json
from accessctl.cli.engine import engine_of
from accessctl.cli.photos import photo_reader
from accessctl.errors import InputError


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("verify", help="say whether two photos show the same person")
    parser.add_argument("a", type=Path, metavar="A")
    parser.add_argument("b", type=Path, metavar="B")
    add_config(parser)
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """0 whatever the answer; 2 when one of the photos cannot be used."""
    from accessctl.policy.decide import rare_enough
    from accessctl.recognition.identify import embed_portrait

    config = config_from(args)
    read = photo_reader(config)
    with engine_of(config) as engine:
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
        compared = engine.roster.matcher.compare(a, b)
        needed = compared.similarity_at(engine.roster.matcher.threshold(config.policy.target_fmr))
    result = answer(
        same=rare_enough(compared.fmr_upper, config.policy.target_fmr),
        similarity=round(compared.similarity, 4),
        fmr=float(f"{compared.fmr:.3g}"),
        threshold=round(needed, 4) if math.isfinite(needed) else None,
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
