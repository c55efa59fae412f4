"""People in a CSV file (RFC 4180), one a row, as spreadsheets write it: with commas, semicolons or
tabs, with or without the mark of UTF-8.

The first line names the columns: `name`, and any of `groups`, `from`, `until`, `badge` and `photo`.
An empty cell says nothing. What is told of a file names lines and columns, never what stands in
them: it may be the number of a badge.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from accessctl.administration.changes import RulesWish
from accessctl.errors import InputError
from accessctl.gallery.badges import clean_number
from accessctl.gallery.person import clean_name, name_key

COLUMNS = ("name", "groups", "from", "until", "badge", "photo")
MAX_ROWS = 10_000
MAX_BYTES = 1 << 20
_DELIMITERS = ",;\t"
_BETWEEN_GROUPS = re.compile("[|,;]")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What one line says of somebody; None: nothing. `begin` and `end` are dates as RulesWish has
    them, `photo` the name of a file or folder; `no_badge` is why its badge cannot be one."""

    line: int
    name: str
    groups: tuple[str, ...] | None = None
    begin: str | None = None
    end: str | None = None
    badge: str | None = field(default=None, repr=False)
    photo: str | None = None
    no_badge: str | None = None

    @property
    def wish(self) -> RulesWish:
        return RulesWish(groups=self.groups, begin=self.begin, end=self.end)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A line that was not taken, and why."""

    line: int
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.problem}"


def rows_of(content: bytes) -> list[PersonRow | RefusedRow]:
    """What each line after the first says, empty ones left out; InputError for what is no such
    file. Of two lines with one name the second is refused, and of one badge that of the second."""
    lines = _cells(content)
    try:
        head = next(lines, (1, ()))[1]
        columns = _columns(head)
        rows: list[PersonRow | RefusedRow] = []
        seen: dict[tuple[str, str], int] = {}
        for line, cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) == MAX_ROWS:
                raise InputError(f"The file has more than {MAX_ROWS} people; divide it.")
            rows.append(_row(line, cells, columns, seen))
    except csv.Error as error:
        raise InputError(
            "The file is not CSV: a quoted cell is not closed, or a cell is too long; save it anew."
        ) from error
    return rows


def _cells(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """Each record with the number of the line where it ends."""
    if len(content) > MAX_BYTES:
        raise InputError("The file is larger than 1 MiB; divide it.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("The file is not in UTF-8; save it as 'CSV UTF-8'.") from error
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return ((reader.line_num, cells) for cells in reader)


def _columns(head: Sequence[str]) -> Mapping[int, str]:
    """Which column stands where."""
    columns: dict[int, str] = {}
    for place, cell in enumerate(head):
        name = cell.strip().casefold()
        if name not in COLUMNS or name in columns.values():
            raise InputError(
                f"Column {place + 1} of the first line is none of {', '.join(COLUMNS)}, or is "
                "there twice; the first line names the columns."
            )
        columns[place] = name
    if "name" not in columns.values():
        raise InputError("The first line names no column 'name'; it says whose row it is.")
    return columns


def _row(
    line: int,
    cells: Sequence[str],
    columns: Mapping[int, str],
    seen: dict[tuple[str, str], int],
) -> PersonRow | RefusedRow:
    """`seen` is which names and badges the lines before had, and where."""
    if len(cells) != len(columns):
        return RefusedRow(line, f"it has {len(cells)} cells, and the first line {len(columns)}.")
    said = {columns[place]: text for place, cell in enumerate(cells) if (text := cell.strip())}
    try:
        name = clean_name(said.get("name", ""))
    except InputError as error:
        return RefusedRow(line, str(error))
    if (problem := _repeated("name", name_key(name), line, seen)) is not None:
        return RefusedRow(line, problem)
    badge, no_badge = _badge(said.get("badge"), line, seen)
    return PersonRow(
        line,
        name,
        _groups(said.get("groups")),
        said.get("from"),
        said.get("until"),
        badge,
        said.get("photo"),
        no_badge,
    )


def _badge(
    text: str | None, line: int, seen: dict[tuple[str, str], int]
) -> tuple[str | None, str | None]:
    """Its number, or why it can be none."""
    if text is None:
        return None, None
    try:
        number = clean_number(text)
    except InputError as error:
        return None, str(error)
    return number, _repeated("badge", number, line, seen)


def _repeated(what: str, key: str, line: int, seen: dict[tuple[str, str], int]) -> str | None:
    before = seen.setdefault((what, key), line)
    return None if before == line else f"its {what} is that of line {before}."


def _groups(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    named = (group.strip() for group in _BETWEEN_GROUPS.split(text))
    return tuple(dict.fromkeys(group for group in named if group)) or None
