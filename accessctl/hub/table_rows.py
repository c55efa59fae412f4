"""All rows of the hub's tables as lines of JSON, the same of PostgreSQL and SQLite.

A line that is an object begins a table, with its columns; each line after it is a row. Bytes are
`{"base64": ...}`. Tables come in the order in which they may refer to one another.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from sqlalchemy import Connection, MetaData, Table, func, select, text

from accessctl.errors import InputError
from accessctl.hub.database import PAGE, in_pages
from accessctl.hub.migrate import VERSION_TABLE
from accessctl.hub.tables import METADATA

BYTES = "base64"


class ByteSink(Protocol):
    """A file, as far as lines are written to it."""

    def write(self, content: bytes, /) -> object: ...


def write_rows(db: Connection, file: ByteSink) -> dict[str, int]:
    """Every row, as the connection's transaction sees it; how many each table has. OSError."""
    counts: dict[str, int] = {}
    for table in METADATA.sorted_tables:
        columns = [column.name for column in table.columns]
        file.write(_line({"table": table.name, "columns": columns}))
        keys = list(table.primary_key.columns)
        count = 0
        with db.execute(in_pages(select(table).order_by(*keys))) as rows:
            for row in rows:
                file.write(_line([_told(value) for value in row]))
                count += 1
        counts[table.name] = count
    return counts


def read_rows(db: Connection, file: Iterable[bytes]) -> dict[str, int]:
    """Put into the tables that are there, which are empty, what `write_rows` wrote; how many rows
    each got. InputError for what does not fit those tables."""
    there = MetaData()
    there.reflect(db)
    counts: dict[str, int] = {}
    table: Table | None = None
    waiting: list[dict[str, Any]] = []
    columns: list[str] = []
    for said in _lines(file):
        if isinstance(said, dict):
            _insert(db, table, waiting)
            table, columns = _begun(said, there)
            counts[table.name] = 0
            continue
        if table is None or len(said) != len(columns):
            raise _misfit("a row without its columns")
        waiting.append({name: _kept(value) for name, value in zip(columns, said, strict=True)})
        counts[table.name] += 1
        if len(waiting) == PAGE:
            _insert(db, table, waiting)
    _insert(db, table, waiting)
    for name in counts:
        _go_on_counting(db, there.tables[name])
    return counts


def _insert(db: Connection, table: Table | None, waiting: list[dict[str, Any]]) -> None:
    if table is not None and waiting:
        db.execute(table.insert(), waiting)
    waiting.clear()


def _begun(said: dict[str, Any], there: MetaData) -> tuple[Table, list[str]]:
    name, columns = said.get("table"), said.get("columns")
    table = there.tables.get(str(name))
    if table is None or name == VERSION_TABLE or not isinstance(columns, list):
        raise _misfit(f"table {name!a}")
    unknown = [column for column in columns if column not in table.columns]
    if unknown:
        raise _misfit(f"column {unknown[0]!a} of {name}")
    return table, columns


def _go_on_counting(db: Connection, table: Table) -> None:
    """PostgreSQL counts apart from the rows; SQLite looks at them."""
    column = table.autoincrement_column
    if db.dialect.name != "postgresql" or column is None:
        return
    names = {"table": table.name, "column": column.name}
    sequence = db.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), names).scalar()
    last = db.execute(select(func.max(column))).scalar()
    if sequence is not None and last is not None:
        db.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def _lines(file: Iterable[bytes]) -> Iterator[Any]:
    for line in file:
        try:
            said = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _misfit("a line that is no JSON") from error
        if not isinstance(said, (dict, list)):
            raise _misfit("a line that is no row")
        yield said


def _told(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return {BYTES: base64.b64encode(value).decode("ascii")}
    return value


def _kept(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    try:
        return base64.b64decode(value[BYTES], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise _misfit("bytes that are none") from error


def _misfit(what: str) -> InputError:
    return InputError(
        f"The backup holds {what}, which this accessctl has no place for; use the version that "
        "made it, or a newer one."
    )
