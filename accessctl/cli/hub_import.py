"""`accessctl hub people import`: people from a CSV file, with their photos from a folder."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.common import ConfigOption, config_from
from accessctl.cli.front import Verb
from accessctl.cli.hub import opened_hub
from accessctl.cli.hub_people import access_of, administration_of
from accessctl.cli.opening import OpenEngine, engine_for, photo_reader, usual_engine
from accessctl.errors import InputError
from accessctl.gallery.person import name_key
from accessctl.storage.parsing import printable, read_bounded

if TYPE_CHECKING:
    from accessctl.administration.people_file import PersonRow
    from accessctl.administration.people_import import ImportProgress
    from accessctl.hub.assembly import Hub
    from accessctl.recognition.engine import Engine
    from accessctl.recognition.enrolment import Candidate


@dataclass(frozen=True, kw_only=True)
class HubImportOptions(ConfigOption):
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV: name, groups, from, until, badge, photo."),
    ]
    photos: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the photos lie that the file names."),
    ] = None
    write: Annotated[
        bool, typer.Option("--write", help="Do it; otherwise it is only said what would be done.")
    ] = False


def run_import(args: HubImportOptions, *, open_engine: OpenEngine = usual_engine) -> int:
    from accessctl.administration.people_file import RefusedRow, rows_of
    from accessctl.administration.people_import import ImportProgress

    config = config_from(args)
    rows = rows_of(_content(args.file))
    by_name = _by_name(args.photos)
    progress = ImportProgress(refused=[row for row in rows if isinstance(row, RefusedRow)])
    wanted = [
        (row, _photos_of(row, args.photos, by_name))
        for row in rows
        if not isinstance(row, RefusedRow)
    ]
    with ExitStack() as stack:
        hub = stack.enter_context(opened_hub(args))
        # Nothing that takes seconds to load where no photo is to be looked at.
        has_photos = any(paths for _, paths in wanted if not isinstance(paths, InputError))
        opening = engine_for(config, hub.people, open_engine) if has_photos else None
        engine = None if opening is None else stack.enter_context(opening)
        _bring_in(args, hub, engine, wanted, progress)
    return _tell(args, progress)


def _content(file: Path) -> bytes:
    try:
        return read_bounded(file)
    except OSError as error:
        raise InputError(
            f"Cannot read {file} ({error.strerror}); name an existing file."
        ) from error


def _by_name(folder: Path | None) -> Mapping[str, Sequence[Path]]:
    """The photos in the folder, by the keys of the names that they are called by."""
    if folder is None:
        return {}
    from accessctl.camera.photo_folder import people_in

    return {name_key(one.name): one.paths for one in people_in(folder).people}


def _photos_of(
    row: "PersonRow", folder: Path | None, by_name: Mapping[str, Sequence[Path]]
) -> Sequence[Path] | InputError:
    """See photos_for; what it raises."""
    try:
        return photos_for(row, folder, by_name)
    except InputError as error:
        return error


def photos_for(
    row: "PersonRow", folder: Path | None, by_name: Mapping[str, Sequence[Path]]
) -> Sequence[Path]:
    """Those that the row names in the `folder`, or else those called as the person is; InputError
    for what is not there, or not in it."""
    from accessctl.camera.photo_folder import images_in

    if row.photo is None:
        return by_name.get(name_key(row.name), ())
    if folder is None:
        raise InputError("it names a photo; say with --photos in which folder it lies.")
    try:
        path = (folder / row.photo).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise InputError(f"the photo {row.photo!r} does not lie in {folder}.")
        found = images_in(path) if path.is_dir() else [path]
    except (OSError, ValueError) as error:
        raise InputError(f"the photo {row.photo!r} cannot be read.") from error
    if not found:
        raise InputError(f"the folder {row.photo!r} holds no photo.")
    return found


def _bring_in(
    args: HubImportOptions,
    hub: "Hub",
    engine: "Engine | None",
    wanted: "Sequence[tuple[PersonRow, Sequence[Path] | InputError]]",
    progress: "ImportProgress",
) -> None:
    from accessctl.administration.people_file import RefusedRow
    from accessctl.administration.people_import import ImportPlace, PeopleImport

    place = ImportPlace(
        lambda: administration_of(hub), hub.people.changing, lambda wish: access_of(hub, wish)
    )
    importing = PeopleImport(place, write=args.write)
    for row, paths in wanted:
        try:
            done = importing.bring_in(row, partial(_examined, engine, paths))
        except InputError as error:
            progress.refused.append(RefusedRow(row.line, str(error)))
            continue
        progress.done.append(done)
        print(printable(done.sentence()), flush=True)


def _examined(engine: "Engine | None", paths: Sequence[Path] | InputError) -> "list[Candidate]":
    """FaceError, PhotoError, and the InputError in place of paths."""
    if isinstance(paths, InputError):
        raise paths
    if engine is None:
        return []
    read, enrolment = photo_reader(engine.config), engine.enrolment()
    return [enrolment.examine(read(path), str(path)) for path in paths]


def _tell(args: HubImportOptions, progress: "ImportProgress") -> int:
    for refused in sorted(progress.refused, key=lambda one: one.line):
        print(printable(f"refused: {refused}"), file=sys.stderr)
    print(progress.sentence())
    if not args.write:
        print("Nothing was changed; the same with --write does it.")
    return 2 if progress.refused else 0


IMPORT = Verb(
    run_import,
    HubImportOptions,
    "Takes people from a CSV file whose first line names the columns: name, groups (several with a "
    "| between), from, until, badge, and photo, a file or folder below --photos; without it the "
    "photos that are called as the person is. An empty cell changes nothing. It says what would "
    "be done, photos examined, and does it with --write. A row is done whole or not at all, but "
    "that groups and dates by which somebody may less count in any case; those that are refused "
    "are listed with why, and it ends with 2. Given again it goes on.",
    (
        "accessctl hub people import people.csv --photos photos/",
        "accessctl hub people import people.csv --photos photos/ --write",
    ),
)
