"""A person's row as the gallery's file holds it in clear: whoever can write the file chose it."""

from datetime import UTC, datetime
from typing import Any

from accessctl.domain import Person, PersonId
from accessctl.errors import BadNameError, StoreError
from accessctl.gallery.names import clean_name

LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def person_of(row: tuple[Any, ...]) -> Person:
    """The person of id, name, number of photos and moment of enrolment.

    StoreError for a name that nobody could be enrolled by and a moment outside the years 1970
    to 9999.
    """
    person, name, photos, enrolled = row
    try:
        if not isinstance(person, str) or not 0 <= enrolled <= LATEST:
            raise ValueError("no id or no moment")
        clean_name(name)
    except (ValueError, TypeError, BadNameError) as error:
        raise StoreError(
            "A person in the gallery has an impossible id, name or date of enrolment: the file "
            "was damaged or altered; restore it from a backup."
        ) from error
    return Person(PersonId(person), name, photos, enrolled)
