"""Who gets in and what does not: films and attacks shown to the door as it ships.

    python -m benchmarks.liveness_films ../shared/data/liveness --out DIR [--kinds live,replay]
        [--conditions full,fps5 | all] [--fitted FILE] [--report FILE.md] [--json FILE]

Each film is played to a real door of its own at which only its person is enrolled, as
`accessctl run --source FILM` does with every frame looked at: from a good frame of another film
of theirs, else from one of its own last fifth; what attacks is enrolled from itself. A film is
shown for at most --limit-s seconds, and up to the first grant. Rows are kept in DIR, so that a
run that was interrupted goes on; no picture and no embedding is kept. Films of fewer than three
seconds are left out. FILE lists the films that anything was fitted on, one name a line; without it
the card of models/texture does.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from accessctl.liveness.texture_card import load_texture_card
from benchmarks.films import conditions, report, store
from benchmarks.films.booth import ROOT
from benchmarks.films.tasks import KINDS, Extent, groups_of_tasks

TEXTURE = ROOT / "models" / "texture"


def main(argv: Sequence[str] | None = None) -> int:
    args = _arguments(argv)
    extent = Extent(
        args.kinds, args.conditions, tuple(args.films), quick=args.quick, limit_s=args.limit_s
    )
    try:
        about = store.begin(args.out, args.encoder, extent, anyway=args.anyway)
    except store.OtherCodeError as error:
        print(f"liveness_films: {error}", file=sys.stderr)
        return 2
    if not args.only_report:
        groups = groups_of_tasks(args.data, extent)
        total = sum(map(len, groups))
        done = store.run(
            args.data, args.out, args.encoder, extent, groups, processes=args.processes
        )
        for number, task in enumerate(done, start=1):
            print(f"{number}/{total} {task.key}", file=sys.stderr, flush=True)
    rows = store.read_rows(args.out)
    text = report.text(rows, about, fitted_films(args.fitted))
    print(text)
    if args.report is not None:
        args.report.write_text(text, encoding="utf-8")
    if args.json is not None:
        content = {"about": about, "rows": [asdict(row) for row in rows]}
        args.json.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return 0


def fitted_films(file: Path | None) -> frozenset[str]:
    """The names in `file`, with or without folder and ending; # begins a comment. Without a file,
    those on the card of the texture network."""
    if file is None:
        return (
            frozenset(load_texture_card(TEXTURE).fitted_films) if TEXTURE.is_dir() else frozenset()
        )
    lines = [line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines()]
    return frozenset(Path(line).stem for line in lines if line)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder with clips.csv")
    parser.add_argument("--out", type=Path, required=True, help="where the rows are kept")
    parser.add_argument("--kinds", type=_kinds, default=KINDS[:2], help=f"of {','.join(KINDS)}")
    parser.add_argument(
        "--conditions", type=conditions.names, default=[conditions.FULL], help="a list, or all"
    )
    parser.add_argument("--films", nargs="*", default=[], metavar="NAME", help="only these")
    parser.add_argument("--quick", action="store_true", help="a few of each, for a look")
    parser.add_argument("--limit-s", type=float, default=30.0, help="at most so much of a film")
    parser.add_argument("--processes", type=int, default=1, choices=(1, 2))
    parser.add_argument("--encoder", type=Path, default=ROOT / "models" / "encoder")
    parser.add_argument("--anyway", action="store_true", help="add to rows of other code")
    parser.add_argument("--only-report", action="store_true", help="show nothing new")
    parser.add_argument("--fitted", type=Path, metavar="FILE")
    parser.add_argument("--report", type=Path, metavar="FILE.md")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args(argv)


def _kinds(text: str) -> list[str]:
    chosen = list(KINDS) if text == "all" else text.split(",")
    unknown = set(chosen) - set(KINDS)
    if unknown:
        raise ValueError(f"no kind {sorted(unknown)[0]!r}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
