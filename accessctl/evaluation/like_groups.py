"""Who is like whom: groups of people of one sex, origin and age band, of whom strangers at a door
are a sample more often than of mankind.

The labels are those of a set of faces, in that set's own words, and serve to choose faces and to
count by: nothing in a door knows or guesses anybody's group.
"""

import csv
import zlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import SourceError

ORIGINS = ("White", "Black", "Asian", "Indian", "Other")
"""In UTKFace's words and order; of Other nobody knows that they are of one."""

SEXES = ("men", "women")

CHILDREN, TEENAGERS = "children", "teenagers"
BANDS = ((12, CHILDREN), (19, TEENAGERS), (39, "20 to 39"), (59, "40 to 59"), (200, "from 60"))
"""The last year of age of each band."""

EACH, YOUNG_EACH = 900, 300
"""So many faces of a group are taken, and of one of children or teenagers."""


class Portion(StrEnum):
    """What a face may be used for: no face serves for two of them."""

    COHORT = "cohort"
    TABLE = "table"
    CHECK = "check"


def group_of_name(name: str) -> str:
    """The group that a file called age_sex_origin_... tells, as UTKFace's do; empty for none."""
    fields = name.split("_")
    if len(fields) < 4 or not all(field.isdigit() for field in fields[:3]):
        return ""
    age, sex, origin = (int(field) for field in fields[:3])
    if sex >= len(SEXES) or origin >= len(ORIGINS):
        return ""
    band = next((word for last, word in BANDS if age <= last), None)
    if band is None:
        return ""
    if band in (CHILDREN, TEENAGERS):
        return f"{ORIGINS[origin]} {band}"
    return f"{ORIGINS[origin]} {SEXES[sex]} {band}"


def is_young(group: str) -> bool:
    """Children and teenagers, who are counted apart."""
    return group.endswith((CHILDREN, TEENAGERS))


def is_mixed(group: str) -> bool:
    """People of whom nobody knows that they are of one origin."""
    return group.startswith(ORIGINS[-1])


def portion_of(file: str) -> Portion:
    """By its name alone, so that a face stays what it is whatever else is in the set."""
    return tuple(Portion)[zlib.crc32(file.encode("utf-8")) % len(Portion)]


def choose_like(groups: Sequence[str], random: np.random.Generator) -> list[int]:
    """Places of the faces that are taken of every group of `groups` (N,), at most EACH or
    YOUNG_EACH of each; a face without a group (empty) is not taken."""
    order = np.arange(len(groups))
    random.shuffle(order)
    seen: dict[str, int] = {}
    chosen = []
    for place in order.tolist():
        group = groups[place]
        seen[group] = seen.get(group, 0) + 1
        if group and seen[group] <= (YOUNG_EACH if is_young(group) else EACH):
            chosen.append(place)
    return sorted(chosen)


def read_groups(path: Path, names: Sequence[str]) -> list[str]:
    """The group of each photo of `names` (N,), empty where the table does not say.

    `path` is a CSV file with a column `group` and one called `photo` (a name as in `names`) or
    `person` (the folder that the photos lie in); SourceError for another one, or when it
    says nothing of any photo.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            f"Cannot read {path} as CSV ({error}); name a table of groups."
        ) from error
    by_photo = _column(rows, "photo")
    by_person = _column(rows, "person")
    groups = [by_photo.get(name) or by_person.get(_folder(name), "") for name in names]
    if not any(groups):
        raise SourceError(
            f"{path} names the group of none of these photos; it needs the columns photo or "
            "person, and group, with names as they are below the folder of photos."
        )
    return groups


def groups_of_folders(names: Sequence[str]) -> list[str]:
    """The group of each photo that lies at group/.../person/photo; SourceError."""
    outside = next((name for name in names if _folder(_folder(name)) == "."), None)
    if outside is not None:
        raise SourceError(
            f"{outside} lies in no group; arrange the photos as group/person/photo, or name a "
            "CSV file with the columns person and group."
        )
    return [_folder(_folder(name)) for name in names]


def _folder(name: str) -> str:
    return str(PurePosixPath(name).parent)


def _column(rows: Sequence[Mapping[str, str | None]], key: str) -> dict[str, str]:
    found = {}
    for row in rows:
        name, group = row.get(key), row.get("group")
        if name and group:
            found[name.strip()] = group.strip()
    return found


def members(groups: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """{group: places of its faces}, by name, those without a group left out."""
    labels = np.array(groups)
    return {str(one): np.flatnonzero(labels == one) for one in np.unique(labels) if one}
