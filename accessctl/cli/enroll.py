"""`accessctl enroll`: people into the gallery, one photo each is enough."""

import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.engine import engine_of
from accessctl.cli.front import Verb
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


@dataclass(frozen=True, kw_only=True)
class EnrollOptions(ConfigOption):
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Whom the photos show.")] = None
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO", help="One is enough; more make recognition surer."),
    ] = field(default_factory=list)
    add: Annotated[bool, typer.Option("--add", help="More photos of somebody enrolled.")] = False
    camera: Annotated[bool, typer.Option("--camera", help="Take the photo from the camera.")] = (
        False
    )
    source: Annotated[
        str | None, typer.Option(metavar="S", help="Camera instead of the configured one.")
    ] = None
    countdown: Annotated[
        int, typer.Option(metavar="SECONDS", help="How long to wait before the camera's photo.")
    ] = 3
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Enrol everybody in a folder of NAME.jpg files."),
    ] = None
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Refuse a photo with somebody else in it, also where it is plain who is meant.",
        ),
    ] = False


def run(args: EnrollOptions) -> int:
    from accessctl.administration.changes import Administration
    from accessctl.door.assembly import open_audit

    check_usage(args)
    config = config_from(args)
    with open_audit(config) as audit, engine_of(config) as engine:
        administration = Administration(engine.gallery, audit, time.time)
        if args.folder is not None:
            return enrol_folder(args.folder, engine, administration, strict=args.strict)
        if args.name is not None:
            enrol_one(args.name, args, engine, administration)
    return 0


def check_usage(args: EnrollOptions) -> None:
    ways = [args.folder is not None, args.camera, bool(args.photos)]
    if sum(ways) != 1:
        raise InputError("Give NAME and PHOTO, or NAME and --camera, or --folder DIR.")
    if (args.folder is None) == (args.name is None):
        raise InputError("--folder takes the names from the files; otherwise give NAME.")
    if args.folder is not None and args.add:
        raise InputError("--add takes the photos of one person, not a folder.")
    if args.source is not None and not args.camera:
        raise InputError("--source goes with --camera.")


def enrol_one(
    name: str, args: EnrollOptions, engine: "Engine", administration: "Administration"
) -> None:
    enrolment = engine.enrolment()
    photos = []
    for origin, image in images(args, engine):
        photos.append(enrolment.examine(image, origin, strict=args.strict))
        tell_of_others(origin, photos[-1].others)
    own = administration.person(name).id if args.add else None
    lookalike = enrolment.lookalike(photos[0], own)
    person = (administration.add_photos if args.add else administration.enrol)(name, photos)
    print(f"Enrolled {person.name} ({person.photos} photo{'s' if person.photos > 1 else ''}).")
    if lookalike is not None:
        other = engine.roster.names.get(lookalike.person, "somebody else")
        warn_alike(person.name, other, lookalike.similarity)


def images(args: EnrollOptions, engine: "Engine") -> Iterator[tuple[str, Image]]:
    """Where each photo comes from, and the photo."""
    if args.camera:
        yield "The camera", from_camera(args, engine)
        return
    read = photo_reader(engine.config)
    for path in args.photos:
        yield str(path), read(path)


def from_camera(args: EnrollOptions, engine: "Engine") -> Image:
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


def tell_of_others(origin: str, others: int) -> None:
    if others:
        print(
            f"{origin}: {1 + others} faces found; the largest, in the middle, is taken. "
            "--strict refuses such a photo."
        )


def enrol_folder(
    folder: Path, engine: "Engine", administration: "Administration", *, strict: bool
) -> int:
    """Everybody in the folder; refusals are listed at the end, each with its reason."""
    from accessctl.recognition.enrolment import alike, prefetch

    paths = photos_in(folder)
    enrolment = engine.enrolment()
    read = photo_reader(engine.config)
    added: set[PersonId] = set()
    refused: list[InputError] = []
    # The next photo is read and looked at while the last person is written to the disk.
    examined = prefetch(lambda path: enrolment.examine(read(path), str(path), strict=strict), paths)
    for path, photo in photo_bar(examined, len(paths)):
        try:
            candidate = photo.result()
            added.add(administration.enrol(path.stem, [candidate]).id)
            tell_of_others(str(path), candidate.others)
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


ENROLL = Verb(
    run,
    EnrollOptions,
    "Enrols somebody from photos that show their face alone, well lit and from the front. Each "
    "photo is examined first; one that will not do is refused with the reason. With --folder "
    "everybody in it is enrolled, and those who were refused are listed at the end.",
    (
        "accessctl enroll Grace grace.jpg",
        "accessctl enroll Grace --add more.jpg",
        "accessctl enroll Grace --camera",
        "accessctl enroll --folder people/",
    ),
)
