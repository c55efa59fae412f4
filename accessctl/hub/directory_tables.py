"""The tables of a company's directory: whom it expects at the site, and its groups.

What the directory says of somebody is sealed under a key of its own, that under the directory's
key; in clear there are keyed hashes of what it is asked for (`name_tag` of the user name,
`known_tag` of the name that they are enrolled by, `external_tag`), and whether they count. `person`
is the id of whoever was enrolled by that name; it may be somebody who is removed by now. A token
is kept as its SHA-256.
"""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, LargeBinary, String, Table, Text

from accessctl.hub.tables import METADATA

DIRECTORY_TOKEN = Table(
    "directory_token",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("made", Double, nullable=False),
)

DIRECTORY_USER = Table(
    "directory_user",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name_tag", LargeBinary, nullable=False, unique=True),
    Column("known_tag", LargeBinary, nullable=False),
    Column("external_tag", LargeBinary),
    Column("active", Boolean, nullable=False),
    Column("person", String(32)),
    Column("created", Double, nullable=False),
    Column("modified", Double, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
Index("directory_user_known", DIRECTORY_USER.c.known_tag)
Index("directory_user_person", DIRECTORY_USER.c.person)

DIRECTORY_GROUP = Table(
    "directory_group",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("external_id", Text),
    Column("created", Double, nullable=False),
    Column("modified", Double, nullable=False),
)

DIRECTORY_MEMBER = Table(
    "directory_member",
    METADATA,
    Column("group", String(32), ForeignKey("directory_group.id"), primary_key=True),
    Column("user", String(32), ForeignKey("directory_user.id"), primary_key=True),
)
Index("directory_member_user", DIRECTORY_MEMBER.c.user)
