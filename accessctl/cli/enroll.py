"""`accessctl enroll`: people into the gallery, one photo each is enough."""

import argparse
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessctl.cli.common import add_config, config_from
from accessctl.cli.engine import engine_of
from accessctl.cli.photos import PHOTO_ENDINGS, photo_reader
from accessctl.cli.progress import photo_bar
from accessctl.domain import Image, PersonId
from accessctl.errors import InputError, PhotoError

if TYPE_CHECKING:
    from accessctl.administration.changes import Administration
    from accessctl.camera.reader import Reader
    from accessctl.recognition.engine import Engine

log = logging.getLogger(__name__)

# How long the camera looks for a good picture after the countdown, seconds.
SHOT_S = 2.0


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("enroll", help="enrol a person from a photo, or a whole folder")
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO")
    parser.add_argument("--add", action="store_true", help="more photos of somebody enrolled")
    parser.add_argument("--camera", action="store_true", help="take the photo from the camera")
    parser.add_argument("--source", metavar="S", help="camera instead of the configured one")
    parser.add_argument("--countdown", type=int, default=3, metavar="SECONDS")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="enrol everybody in a folder of NAME.jpg files"
    )
    add_config(parser)
    parser.set_defaults(func=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    from accessctl.administration.changes import Administration
    from accessctl.door.assembly import open_audit

    check_usage(args)
    config = config_from(args)
    with open_audit(config) as audit, engine_of(config) as engine:
        administration = Administration(engine.gallery, audit, time.time)
        if args.folder is not None:
            return enrol_folder(args.folder, engine, administration)
        enrol_one(args, engine, administration)
    return 0


def check_usage(args: argparse.Namespace) -> None:
    ways = [args.folder is not None, args.camera, bool(args.photos)]
    if sum(ways) != 1:
        args.parser.error("give NAME and PHOTO, or NAME and --camera, or --folder DIR")
    if (args.folder is None) == (args.name is None):
        args.parser.error("--folder takes the names from the files; otherwise give NAME")
    if args.folder is not None and args.add:
        args.parser.error("--add takes the photos of one person, not a folder")
    if args.source is not None and not args.camera:
        args.parser.error("--source goes with --camera")


def enrol_one(args: argparse.Namespace, engine: "Engine", administration: "Administration") -> None:
    enrolment = engine.enrolment()
    photos = [enrolment.examine(image, origin) for origin, image in images(args, engine)]
    own = administration.person(args.name).id if args.add else None
    lookalike = enrolment.lookalike(photos[0], own)
    person = (administration.add_photos if args.add else administration.enrol)(args.name, photos)
    print(f"Enrolled {person.name} ({person.photos} photo{'s' if person.photos > 1 else ''}).")
    if lookalike is not None:
        other = engine.roster.names.get(lookalike.person, "somebody else")
        warn_alike(person.name, other, lookalike.similarity)


def images(args: argparse.Namespace, engine: "Engine") -> Iterator[tuple[str, Image]]:
    """Where each photo comes from, and the photo."""
    if args.camera:
        yield "The camera", from_camera(args, engine)
        return
    read = photo_reader(engine.config)
    for path in args.photos:
        yield str(path), read(path)


def from_camera(args: argparse.Namespace, engine: "Engine") -> Image:
    from accessctl.camera.choose import source_from
    from accessctl.camera.reader import Reader
    from accessctl.door.session import best_shot

    config = engine.config.camera
    source = source_from(args.source or config.source, config)
    with Reader(source, config) as reader:
        for left in range(args.countdown, 0, -1):
            print(f"Look into the camera: {left} ...", flush=True)
            drain(reader, 1.0)
        return best_shot(reader, engine.observer, time.monotonic, SHOT_S)


def drain(reader: "Reader", seconds: float) -> None:
    """Let the camera settle its exposure: take frames and throw them away."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not reader.ended:
        reader.next(left)


def enrol_folder(folder: Path, engine: "Engine", administration: "Administration") -> int:
    """Everybody in the folder; refusals are listed at the end, each with its reason."""
    from accessctl.recognition.enrolment import alike, prefetch

    paths = photos_in(folder)
    enrolment = engine.enrolment()
    read = photo_reader(engine.config)
    added: set[PersonId] = set()
    refused: list[InputError] = []
    # The next photo is read and looked at while the last person is written to the disk.
    examined = prefetch(lambda path: enrolment.examine(read(path), str(path)), paths)
    for path, photo in photo_bar(examined, len(paths)):
        try:
            added.add(administration.enrol(path.stem, [photo.result()]).id)
        except InputError as error:
            refused.append(error)
    engine.roster.refresh()
    names = engine.roster.names
    for one, other, similarity in alike(engine.roster):
        if one in added or other in added:
            warn_alike(names[one], names[other], similarity)
    for refusal in refused:
        print(f"refused: {refusal}", file=sys.stderr)
    print(f"Enrolled {len(added)} of {len(paths)} people; {len(refused)} refused.")
    return 2 if refused else 0


def photos_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise PhotoError(f"{folder} is not a folder; name one that holds a photo of each person.")
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in PHOTO_ENDINGS)
    if not paths:
        raise PhotoError(f"{folder} holds no photos; put one NAME.jpg of each person into it.")
    return paths


def warn_alike(name: str, other: str, similarity: float) -> None:
    log.warning(
        "%s looks like %s to this encoder (similarity %.2f); check that they are two people, "
        "and add more photos of each with --add.",
        name,
        other,
        similarity,
    )
