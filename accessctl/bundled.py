"""Where the files of this release lie, and where models are looked for by their name.

In an installed wheel the release's files lie within the package, where `setup.py` puts them; in
a checkout at the repository's top level. What is fetched, built or unpacked lies in the folder
`cache` of one of the models' folders.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

PACKED = "bundled"
MODELS = "models"
CACHE = "cache"
OWN = Path("accessctl", MODELS)
SYSTEM_FOLDERS = "/usr/local/share:/usr/share"


def package() -> Path:
    return Path(str(files("accessctl")))


def release(installed: Path | None = None) -> Path:
    """The folder that holds this release's models/, config.yaml, systemd/ and requirements.txt.

    `installed` is the package's folder, this one's where none is given.
    """
    installed = installed or package()
    packed = installed / PACKED
    return packed if packed.is_dir() else installed.parent


def asset(name: str) -> Path:
    """A picture or font that the package carries."""
    return package() / "assets" / name


def model_folders(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Folders in which encoders and other models are found by name, the first that has one wins.

    The user's own (XDG_DATA_HOME), the machine's (XDG_DATA_DIRS), and that of the release.
    """
    home, everybody = environment.get("XDG_DATA_HOME"), environment.get("XDG_DATA_DIRS")
    if not home and environment.get("HOME"):
        home = str(Path(environment["HOME"], ".local/share"))
    places = [*([home] if home else []), *(everybody or SYSTEM_FOLDERS).split(":")]
    # The XDG Base Directory Specification: a relative path is to be ignored.
    named = [Path(place) / OWN for place in places if place.startswith("/")]
    return (*named, release() / MODELS)


def folder_to_fill(
    environment: Mapping[str, str] = os.environ,
    *,
    is_root: bool | None = None,
    installed: Path | None = None,
) -> Path:
    """The models' folder that `models fetch` and `models unpack` write into.

    A checkout's own; beside an installed wheel the user's, or for root the machine's, which a
    service can read that runs as somebody else. `installed` as for `release`.
    """
    own = release(installed)
    if own != (installed or package()) / PACKED:
        return own / MODELS
    first, *others, _ = model_folders(environment)
    if (os.geteuid() == 0) if is_root is None else is_root:
        return next(iter(others), first)
    return first


def named_models(named: Path, below: Path, folders: Sequence[Path]) -> Path:
    """The folder of the models that `named` means, a path or a name.

    That is `below / named` where there is such a folder; else that name in the first of
    `folders` that has it, then in the first whose cache has it, `models/` before the name left
    out. Where nobody has it, `below / named`.
    """
    own = below / named
    name = Path(*named.parts[1:]) if named.parts[:1] == (MODELS,) else named
    if is_folder(own) or named.is_absolute() or ".." in name.parts or name == Path():
        return own
    places = [folder / name for folder in folders] + [folder / CACHE / name for folder in folders]
    return next(filter(is_folder, places), own)


def cached(path: str, folders: Sequence[Path]) -> Path:
    """The file `path` in the first of the models' caches that has it, else its place in the
    first."""
    places = [folder / CACHE / path for folder in folders]
    return next(filter(is_file, places), places[0])


def fetched(path: Path, folders: Sequence[Path] | None = None) -> Path:
    """`path`, the place of a file in some models' cache, or where else that file is.

    A card that lies in a wheel names `../cache/x/y`, but what is fetched lies elsewhere.
    """
    if is_file(path):
        return path
    places = model_folders() if folders is None else folders
    elsewhere = (folder / tail for tail in _in_cache(path) for folder in places)
    return next(filter(is_file, elsewhere), path)


def is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _in_cache(path: Path) -> Iterator[Path]:
    """cache/x/y for models/encoder/../cache/x/y."""
    parts = path.parts
    for index in range(1, len(parts)):
        if parts[index - 1 : index + 1] == ("..", CACHE) and ".." not in parts[index:]:
            yield Path(*parts[index:])
            return
