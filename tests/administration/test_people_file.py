"""A CSV file of people, as spreadsheets write it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.administration.people_file import COLUMNS, PersonRow, RefusedRow, rows_of
from accessctl.errors import InputError

GRACE = PersonRow(2, "Grace", ("staff", "lab"), "2026-01-01", "2026-12-31", "4711", "grace.jpg")
COMMAS = (
    "name,groups,from,until,badge,photo\nGrace,staff|lab,2026-01-01,2026-12-31,4711,grace.jpg\n"
)


@pytest.mark.parametrize(
    "content",
    [
        COMMAS.encode(),
        COMMAS.encode("utf-8-sig"),
        COMMAS.replace(",", ";").encode("utf-8-sig"),
        COMMAS.replace(",", "\t").replace("\n", "\r\n").encode(),
        COMMAS.replace("staff|lab", '"staff, lab"').encode(),
        COMMAS.replace("name,", " Name ,").replace("Grace,", " Grace ,").encode(),
        (COMMAS + "\n,,,,,\n").encode(),
    ],
    ids=["commas", "marked", "semicolons", "tabs", "quoted", "blanks", "empty"],
)
def test_it_is_read_however_it_was_saved(content: bytes) -> None:
    assert rows_of(content) == [GRACE]


def test_an_empty_cell_says_nothing_and_columns_come_in_any_order() -> None:
    content = b"groups;name\n;Grace\n|;Ada\n"
    assert rows_of(content) == [PersonRow(2, "Grace"), PersonRow(3, "Ada")]


def test_a_line_that_is_wrong_leaves_the_others() -> None:
    lines = ["name,badge", "Grace,1", "Ada", ",3", "GRACE,4", "Eve,1", "Eva,\u00e9", "Zoe,5"]
    rows = rows_of("\n".join(lines).encode())
    people = [row for row in rows if isinstance(row, PersonRow)]
    assert [row.line for row in people if row.no_badge is None] == [2, 8]
    assert [str(row) for row in rows if isinstance(row, RefusedRow)] == [
        "line 3: it has 1 cells, and the first line 2.",
        "line 4: The name is empty; give at least one character.",
        "line 5: its name is that of line 2.",
    ]
    # Whose badge is none may still be somebody whose dates end.
    assert [(row.name, row.no_badge) for row in people if row.no_badge is not None] == [
        ("Eve", "its badge is that of line 2."),
        ("Eva", "A badge's number is 1 to 128 letters, digits and signs of ASCII; this is none."),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "names no column 'name'"),
        (b"groups\nstaff\n", "names no column 'name'"),
        (b"name,471147114711\nGrace,1\n", "Column 2 of the first line is none of name"),
        (b"name,name\n", "Column 2"),
        (b"name\nGr\xe4ce\n", "not in UTF-8"),
        ("name\nGrace\n".encode("utf-16"), "not in UTF-8"),
        (b'name\n"Grace\n', "a quoted cell is not closed"),
        (b"name\n" + b"a" * 140_000, "a cell is too long"),
        (b"name\n" + b"a\n" * (1 << 19), "larger than 1 MiB"),
        (b"name\n" + b"\n".join(b"p%d" % one for one in range(10_001)), "more than 10000 people"),
    ],
    ids=range(10),
)
def test_what_is_no_file_of_people(content: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        rows_of(content)
    assert "4711" not in str(refused.value)


def test_a_badge_is_not_shown_with_its_row() -> None:
    assert "4711" not in repr(GRACE)


@given(
    st.lists(
        st.lists(
            st.text("aB1 ,;|\t\"'\n\u00e9", max_size=6),
            min_size=len(COLUMNS),
            max_size=len(COLUMNS),
        ),
        max_size=5,
    ),
    st.sampled_from(",;\t"),
)
def test_each_line_is_taken_or_refused_and_none_is_lost(
    cells: list[list[str]], delimiter: str
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([COLUMNS, *cells])
    rows = rows_of(file.getvalue().encode("utf-8-sig"))
    assert len(rows) == sum(any(cell.strip() for cell in line) for line in cells)


@given(st.binary(max_size=60))
def test_anything_is_read_or_refused(content: bytes) -> None:
    try:
        rows = rows_of(b"name,badge\n" + content)
    except InputError as error:
        rows = []
        assert str(error)  # noqa: PT017
    assert all(row.line > 1 for row in rows)
