"""The hub's tables, for PostgreSQL and SQLite alike; `migrations/` makes them.

Times are epoch seconds. A door's records form one chain: `base` is what its first record here
follows, `mark` the last one that is here, `head` the last end of its log that the door signed.
Records name people by ids alone, as the door's own log does.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

JOINED, REVOKED = "joined", "revoked"

DOOR = Table(
    "door",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("state", String(8), nullable=False),
    Column("joined", Double, nullable=False),
    Column("revoked", Double),
    Column("seen", Double),
    Column("base_number", BigInteger),
    Column("base_hash", LargeBinary),
    Column("mark_number", BigInteger),
    Column("mark_hash", LargeBinary),
    Column("head_number", BigInteger),
    Column("head_hash", LargeBinary),
    Column("head_signature", LargeBinary),
    Column("head_serial", String(40)),
)
# Of several doors that had a name one after the other only the last may be joined.
Index(
    "door_name",
    DOOR.c.name,
    unique=True,
    postgresql_where=DOOR.c.state == JOINED,
    sqlite_where=DOOR.c.state == JOINED,
)

CERTIFICATE = Table(
    "certificate",
    METADATA,
    Column("serial", String(40), primary_key=True),
    Column("door", String(32), ForeignKey("door.id"), nullable=False),
    Column("issued", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("superseded", Boolean, nullable=False),
    Column("pem", Text, nullable=False),
)
Index("certificate_door", CERTIFICATE.c.door)

INVITATION = Table(
    "invitation",
    METADATA,
    Column("code", LargeBinary, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("expires", Double, nullable=False),
    Column("serial", String(40), ForeignKey("certificate.serial")),
)

EVENT = Table(
    "event",
    METADATA,
    Column("door", String(32), ForeignKey("door.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("time", Double, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("received", Double, nullable=False),
)
Index("event_time", EVENT.c.time)

ALARM = Table(
    "alarm",
    METADATA,
    Column("door", String(32), ForeignKey("door.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time", Double, nullable=False),
    Column("problem", Text, nullable=False),
    Column("record", LargeBinary),
)

# What one door's log says last of one person in one area; "forgiven" is "nothing that counts".
CROSSING = Table(
    "crossing",
    METADATA,
    Column("door", String(32), ForeignKey("door.id"), primary_key=True),
    Column("area", String(64), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("way", String(16), nullable=False),
    Column("time", Double, nullable=False),
    Column("visit", String(64)),
    Column("before_way", String(16)),
    Column("before_time", Double),
)
Index("crossing_area", CROSSING.c.area, CROSSING.c.number)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time", Double, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("data", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

OPERATOR = Table(
    "operator",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("capabilities", Text, nullable=False),
    Column("invited", Double, nullable=False),
    Column("code", LargeBinary, unique=True),
    Column("code_expires", Double),
    Column("email", String(254), unique=True),
    Column("subject", LargeBinary, unique=True),
    Column("password", Text),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger),
)

OPERATOR_KEY = Table(
    "operator_key",
    METADATA,
    Column("id", LargeBinary, primary_key=True),
    Column("operator", String(32), ForeignKey("operator.id"), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("label", String(64), nullable=False),
    Column("added", Double, nullable=False),
    Column("used", Double),
)
Index("operator_key_operator", OPERATOR_KEY.c.operator)

OPERATOR_SESSION = Table(
    "operator_session",
    METADATA,
    Column("token", LargeBinary, primary_key=True),
    Column("operator", String(32), ForeignKey("operator.id"), nullable=False),
    Column("way", String(16), nullable=False),
    Column("begun", Double, nullable=False),
    Column("seen", Double, nullable=False),
    Column("proved", Double),
    Column("address", String(64), nullable=False),
    Column("agent", String(120), nullable=False),
)
Index("operator_session_operator", OPERATOR_SESSION.c.operator)

# Who guesses, by a hash of the name or the address that was given: also of a name that nobody has.
OPERATOR_GUESS = Table(
    "operator_guess",
    METADATA,
    Column("subject", LargeBinary, primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("last", Double, nullable=False),
)
Index("operator_guess_last", OPERATOR_GUESS.c.last)
