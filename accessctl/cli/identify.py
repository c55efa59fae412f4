"""`accessctl identify`: who is in these pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from accessctl.errors import PhotoError

if TYPE_CHECKING:
    from accessctl.recognition.engine import Identification

NO_FACE = "no face found"
WHY = {"ambiguous": "somebody else who is enrolled is as near: the two cannot be told apart"}
"""Where unknown does not speak for itself."""


@dataclass(frozen=True, kw_only=True)
class IdentifyOptions(ConfigOption, JsonOption):
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE", help="A picture with any number of faces.")
    ]


def run(args: IdentifyOptions) -> int:
    """0 when every image could be read, else 2; the readable ones are done all the same."""
    from accessctl.recognition.engine import identify

    config = config_from(args)
    read = photo_reader(config)
    code = 0
    with engine_to_read(config) as engine:
        for path in args.images:
            try:
                image = read(path)
            except PhotoError as error:
                code = error.exit_code
                print_line(blank(path, str(error)), args.json)
                continue
            found = identify(
                image, engine.observer, engine.recogniser, engine.roster, config.policy.min_margin
            )
            if not found:
                print_line(blank(path, NO_FACE), args.json)
            for index, one in enumerate(found):
                name = engine.roster.names.get(one.person) if one.person else None
                print_line(line(path, index, one, name), args.json)
    return code


def blank(path: Path, error: str) -> dict[str, Any]:
    return {
        "image": str(path),
        "face": None,
        "box": None,
        "person": None,
        "similarity": None,
        "fmr": None,
        "reason": None,
        "error": error,
    }


def line(path: Path, index: int, one: "Identification", name: str | None) -> dict[str, Any]:
    """The documented object: `similarity` and `fmr` are those of the nearest enrolled person."""
    box, match = one.face.box, one.match
    return {
        "image": str(path),
        "face": index,
        "box": [round(value, 1) for value in (box.x, box.y, box.w, box.h)],
        "person": name,
        "similarity": None if match is None else round(match.similarity, 4),
        "fmr": None if match is None else float(f"{match.fmr:.3g}"),
        "reason": one.reason,
        "error": ", ".join(one.face.quality.reasons) or None,
    }


def print_line(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    image = found["image"]
    if found["face"] is None:
        error = found["error"]
        print(error if error.startswith(image) else f"{image}: {error}")
        return
    x, y, w, h = (round(value) for value in found["box"])
    words = [f"{image}: face {found['face']} at {x},{y} {w}x{h}: {found['person'] or 'unknown'}"]
    if found["similarity"] is not None:
        words.append(f"(similarity {found['similarity']:.3f}, false-match rate {found['fmr']:.1e})")
    why = found["error"] or WHY.get(found["reason"])
    if why:
        words.append(f"[{why}]")
    print(" ".join(words))


IDENTIFY = Verb(
    run,
    IdentifyOptions,
    "Looks for faces in pictures and names those of enrolled people, each with its similarity and "
    "the false-match rate that it stands for. The door does not open, and nothing is kept.",
    ("accessctl identify party.jpg", "accessctl identify --json *.jpg"),
)
