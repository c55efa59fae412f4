"""`accessctl enroll`: people into the gallery, one photo each is enough."""

import logging
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.common import ConfigOption, config_from, photo_bar
from accessctl.cli.front import Verb
from accessctl.cli.opening import OpenEngine, engine_of, photo_reader, usual_engine
from accessctl.domain import Image, PersonId
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.administration.changes import Administration
    from accessctl.camera.reader import Reader
    from accessctl.camera.usb import Locate
    from accessctl.recognition.engine import Engine

log = logging.getLogger(__name__)


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
        typer.Option(
            metavar="DIR",
            help="Enrol everybody in a folder of NAME.jpg files, or of folders NAME with several.",
        ),
    ] = None
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Refuse a photo with somebody else in it, also where it is plain who is meant.",
        ),
    ] = False
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway", help="Also a photo that shows somebody else to the encoder, on record."
        ),
    ] = False


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
    name: str,
    shown: "Iterable[tuple[str, Image]]",
    args: EnrollOptions,
    engine: "Engine",
    administration: "Administration",
) -> None:
    """`shown` is where each photo comes from, and the photo."""
    enrolment = engine.enrolment()
    photos = []
    for origin, image in shown:
        photos.append(enrolment.examine(image, origin, strict=args.strict))
        tell_of_others(origin, photos[-1].others)
    own = administration.person(name).id if args.add else None
    near = [found for photo in photos if (found := enrolment.lookalike(photo, own)) is not None]
    change = administration.add_photos if args.add else administration.enrol
    person = change(name, photos, anyway=args.anyway)
    print(f"Enrolled {person.name} ({person.photos} photo{'s' if person.photos > 1 else ''}).")
    for lookalike in near[:1]:
        other = engine.roster.names.get(lookalike.person, "somebody else")
        warn_alike(person.name, other, lookalike.similarity)


def images(
    args: EnrollOptions, engine: "Engine", shoot: "Callable[[EnrollOptions, Engine], Image]"
) -> Iterator[tuple[str, Image]]:
    """Where each photo comes from, and the photo."""
    if args.camera:
        yield "The camera", shoot(args, engine)
        return
    read = photo_reader(engine.config)
    for path in args.photos:
        yield str(path), read(path)


def drain(reader: "Reader", seconds: float) -> None:
    """Let the camera settle its exposure: take frames and throw them away."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not reader.ended:
        reader.next(left)


def from_camera(
    args: EnrollOptions,
    engine: "Engine",
    *,
    locate: "Locate | None" = None,
    wait: "Callable[[Reader, float], None]" = drain,
    shot_s: float | None = None,
) -> Image:
    """The best picture of `shot_s` seconds (None: of SHOT_S), after the countdown. `locate` finds
    the first camera, `wait` lets a second of the countdown pass."""
    from accessctl.camera.choose import source_from
    from accessctl.camera.reader import Reader
    from accessctl.camera.usb import locate_first
    from accessctl.door.shot import SHOT_S, best_shot

    config = engine.config.camera
    source = source_from(args.source or config.source, config, locate=locate or locate_first)
    with Reader(source, config) as reader:
        for left in range(args.countdown, 0, -1):
            print(f"Look into the camera: {left} ...", flush=True)
            wait(reader, 1.0)
        seconds = SHOT_S if shot_s is None else shot_s
        return best_shot(reader, engine.observer, time.monotonic, seconds)


def tell_of_others(origin: str, others: int) -> None:
    if others:
        print(
            f"{origin}: {1 + others} faces found; the largest, in the middle, is taken. "
            "--strict refuses such a photo."
        )


def enrol_folder(
    args: EnrollOptions, folder: Path, engine: "Engine", administration: "Administration"
) -> int:
    """Everybody in the folder; refusals are listed at the end, each with its reason.

    2 where a photo was refused or a folder left out, 0 where what was left out is no photo.
    """
    from accessctl.administration import folder_enrolment
    from accessctl.camera.photo_folder import people_in

    found = people_in(folder)
    enrolment = engine.enrolment()
    read = photo_reader(engine.config)
    progress = folder_enrolment.FolderProgress(len(found.people), found.left_out)
    photos = enrolment.examine_each(
        lambda one: (read(one[1]), str(one[1])), found.photos, strict=args.strict
    )
    interrupted = False
    try:
        # Closed before the engine is, whatever happens: two threads are at work with its models.
        with closing(photos) as examined:
            shown = photo_bar(examined, len(found.photos))
            for taken in folder_enrolment.enrol_folder(
                shown, administration, progress, anyway=args.anyway
            ):
                if not isinstance(taken, InputError) and taken.change != "known":
                    tell_of_others(taken.photo.origin, taken.photo.others)
    except KeyboardInterrupt:
        interrupted = True
    warn_of_alike(engine, progress.changed)
    for left_out in found.left_out:
        print(f"left out: {left_out}", file=sys.stderr)
    for refusal in progress.refused:
        print(f"refused: {refusal}", file=sys.stderr)
    print(progress.sentence())
    if interrupted:
        print(
            f"Interrupted after {progress.looked_at} of {len(found.photos)} photos; the same "
            "command goes on from here.",
            file=sys.stderr,
        )
        return 130
    return 0 if progress.is_whole else 2


def warn_of_alike(engine: "Engine", new: "Collection[PersonId]") -> None:
    """Name each pair that looks alike to the encoder and has somebody new in it."""
    from accessctl.recognition.enrolment import alike

    engine.roster.refresh()
    names = engine.roster.names
    for one, other, similarity in alike(engine.roster):
        if one in new or other in new:
            warn_alike(names[one], names[other], similarity)


def warn_alike(name: str, other: str, similarity: float) -> None:
    log.warning(
        "%s looks like %s to this encoder (similarity %.2f); check that they are two people, "
        "and add more photos of each with --add.",
        name,
        other,
        similarity,
    )


def run(
    args: EnrollOptions,
    *,
    open_engine: OpenEngine = usual_engine,
    shoot: "Callable[[EnrollOptions, Engine], Image]" = from_camera,
) -> int:
    """`shoot` takes the photo of --camera."""
    from accessctl.administration.changes import Administration
    from accessctl.door.assembly import open_audit

    check_usage(args)
    config = config_from(args)
    with open_audit(config) as audit, engine_of(config, open_engine) as engine:
        administration = Administration(engine.gallery, audit, time.time)
        return enrol_by(administration, args, engine, shoot)


def enrol_by(
    administration: "Administration",
    args: EnrollOptions,
    engine: "Engine",
    shoot: "Callable[[EnrollOptions, Engine], Image]",
) -> int:
    if args.folder is not None:
        return enrol_folder(args, args.folder, engine, administration)
    if args.name is not None:
        enrol_one(args.name, images(args, engine, shoot), args, engine, administration)
    return 0


ENROLL = Verb(
    run,
    EnrollOptions,
    "Enrols somebody from photos that show their face alone, well lit and from the front. Each "
    "photo is examined first, and compared with the person's others and with everybody else's; "
    "one that will not do is refused with the reason. With --folder everybody in it is enrolled, "
    "and what was refused or left out is listed at the end; given again it goes on. It ends with 2 "
    "where a photo was refused or a folder in it was left out.",
    (
        "accessctl enroll Grace grace.jpg",
        "accessctl enroll Grace --add more.jpg",
        "accessctl enroll Grace --camera",
        "accessctl enroll --folder people/",
    ),
)
