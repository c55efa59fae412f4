"""A folder of photos that an operator hands in: whose each file is, and what became of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from accessctl.administration.changes import Administration
from accessctl.camera.photo_folder import is_photo_name
from accessctl.console.complaints import complaint
from accessctl.console.photo_desk import HandedIn, JudgedPhoto
from accessctl.console.words import Words
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.recognition.enrolment import Candidate

MOST_IN_FOLDER = 100
"""Photos that are looked at in one request; a folder may be handed in again for the rest."""
MOST_LEFT_OUT = 50
"""So many of the files that were not looked at are listed: a folder may hold anything besides."""


class FileFate(StrEnum):
    """What became of a file; the first three are what `take_in` of Administration says."""

    ENROLLED = "enrolled"
    ADDED = "photo_added"
    KNOWN = "known"
    REFUSED = "refused"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file by its path in the folder and the name of whose it is; `problem` is the key of the
    phrase that says why it is not looked at, empty for one that is."""

    path: str
    person: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FiledPhoto:
    """`why` says in a sentence, or by a phrase's key where it was left out, why it is not used."""

    path: str
    person: str
    fate: FileFate
    why: str = ""


def sorted_out(paths: Sequence[str]) -> list[FolderFile]:
    """Whose photo each is, as camera.photo_folder has it of a folder on the disk: a file is one of
    the person of its name, a folder holds those of the person of its name. `paths` are as a browser
    sends them, each beginning with the folder that was chosen, or file names alone. Pure."""
    split = [[part for part in path.replace("\\", "/").split("/") if part] for path in paths]
    chosen = {parts[0] for parts in split if parts}
    is_folder = len(chosen) == 1 and all(len(parts) > 1 for parts in split)
    return [_sorted_out(parts[1:] if is_folder else parts) for parts in split]


def take_in_all(
    files: Sequence[FolderFile],
    contents: Sequence[Callable[[], bytes]],
    judge: Callable[[Sequence[HandedIn]], Iterable[JudgedPhoto]],
    administration: Administration,
    words: Words,
) -> list[FiledPhoto]:
    """What became of each file, in their order; one that cannot be used keeps no other out.
    StoreError ends it; what was taken by then stays. InputError for
    too many."""
    wanted = [at for at, one in enumerate(files) if not one.problem]
    if len(wanted) > MOST_IN_FOLDER:
        raise InputError(
            f"{len(wanted)} photos are more than the {MOST_IN_FOLDER} that are looked at at once; "
            "hand in a part of them, and then the others."
        )
    judged: dict[int, JudgedPhoto] = {}
    if wanted:
        handed_in = [HandedIn(files[at].path, contents[at]()) for at in wanted]
        judged = dict(zip(wanted, judge(handed_in), strict=True))
    return [
        _filed(one, judged[at], administration, words)
        if at in judged
        else FiledPhoto(one.path, one.person, FileFate.LEFT_OUT, one.problem)
        for at, one in enumerate(files)
    ]


def listed(filed: Iterable[FiledPhoto]) -> list[FiledPhoto]:
    """Every photo that was looked at, and of the files that were left out the first ones. Pure."""
    shown, left_out = [], 0
    for one in filed:
        left_out += one.fate is FileFate.LEFT_OUT
        if one.fate is not FileFate.LEFT_OUT or left_out <= MOST_LEFT_OUT:
            shown.append(one)
    return shown


def _sorted_out(parts: Sequence[str]) -> FolderFile:
    path = "/".join(parts)[:200]
    if not parts or any(part.startswith(".") for part in parts):
        return FolderFile(path, "", "folder.hidden")
    if not is_photo_name(parts[-1]):
        return FolderFile(path, "", "folder.no_photo")
    if len(parts) > 2:
        return FolderFile(path, "", "folder.too_deep")
    if len(parts) == 2:
        return FolderFile(path, parts[0])
    return FolderFile(path, parts[0].rpartition(".")[0])


def _filed(
    file: FolderFile,
    judged: JudgedPhoto,
    administration: Administration,
    words: Words,
) -> FiledPhoto:
    if judged.candidate is None:
        return FiledPhoto(file.path, file.person, FileFate.REFUSED, judged.told(words))
    candidate: Candidate = judged.candidate
    try:
        taken = administration.take_in(file.person, candidate)
    except InputError as error:
        return FiledPhoto(file.path, file.person, FileFate.REFUSED, complaint(error, words))
    return FiledPhoto(file.path, file.person, FileFate(taken.change))
