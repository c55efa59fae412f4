"""The hub's tables, for PostgreSQL and SQLite alike; `migrations/` makes them.

Times are epoch seconds. A door's records form one chain: `base` is what its first record here
follows, `mark` the last one that is here, `head` the last end of its log that the door signed.
Records name people by ids alone, as the door's own log does.

Of people there is in clear what the hub has to ask the database for: the groups that they are in,
a keyed hash of the name, how good each photo is. `change` holds one row for each subject, sealed,
with the number of its last change; what somebody was before is nowhere. A `history` row keeps the
random head of the last change of a transaction. `groups` are JSON; in `door_feed`
NULL stands for everybody, `scoped` for the change by which that was set, `told` for the newest one
that the door was ever told of, -R where it was told to begin round R and has not begun it yet.

`withheld` says why somebody is sent to no door, NULL where they are sent. Of a consent there is in
clear who gave it, to which text, when and how; who signed or witnessed it lies sealed. `last_grant`
is when somebody was let in last, at any door.
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

# The picture of a door's record, sealed to the hub; `person` is the record's, or whom an operator
# said that it shows.
EVENT_PICTURE = Table(
    "event_picture",
    METADATA,
    Column("door", String(32), ForeignKey("door.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("person", String(32)),
    Column("time", Double, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
Index("event_picture_time", EVENT_PICTURE.c.time)
Index("event_picture_person", EVENT_PICTURE.c.person)

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

CHANGE = Table(
    "change",
    METADATA,
    Column("subject", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("door", String(32), ForeignKey("door.id")),
    Column("generation", BigInteger, nullable=False),
    Column("wrapped", LargeBinary),
    Column("sealed", LargeBinary),
    Column("removed", Boolean, nullable=False),
)

HISTORY = Table(
    "history",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("head", LargeBinary, nullable=False),
)

SITE_KEY = Table(
    "site_key",
    METADATA,
    Column("generation", BigInteger, primary_key=True, autoincrement=False),
    Column("made", Double, nullable=False),
    Column("proof", LargeBinary, nullable=False),
)

PERSON = Table(
    "person",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name_tag", LargeBinary, nullable=False, unique=True),
    Column("groups", Text, nullable=False),
    Column("withheld", String(16)),
    # The last change with which doors may have lost them, see door_feed; 0: none did.
    Column("moved", BigInteger, nullable=False, server_default="0"),
)

PHOTO = Table(
    "photo",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("person", String(32), ForeignKey("person.id"), nullable=False),
    Column("sealed", LargeBinary),
    Column("quality", Double, nullable=False),
    Column("added", Double, nullable=False),
    Column("skipped_by", String(200)),
)
Index("photo_person", PHOTO.c.person)

DOOR_FEED = Table(
    "door_feed",
    METADATA,
    Column("door", String(32), ForeignKey("door.id"), primary_key=True),
    Column("groups", Text),
    Column("scoped", BigInteger, nullable=False),
    Column("told", BigInteger, nullable=False),
)

PROPOSAL = Table(
    "proposal",
    METADATA,
    Column("door", String(32), ForeignKey("door.id"), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("person", String(32), nullable=False),
    Column("change", String(32), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("problem", Text, nullable=False),
    Column("time", Double, nullable=False),
    Column("received", Double, nullable=False),
)

HELD = Table(
    "held",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("door", String(32), ForeignKey("door.id"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("change", String(32), nullable=False),
    Column("cause", String(16), nullable=False),
    Column("like", String(32)),
    Column("time", Double, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("wrapped", LargeBinary),
    Column("sealed", LargeBinary),
    Column("decided", Double),
    Column("decision", String(8)),
)
Index("held_person", HELD.c.person)

REMOVAL = Table(
    "removal",
    METADATA,
    Column("person", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("time", Double, nullable=False),
)

REMOVAL_RECEIPT = Table(
    "removal_receipt",
    METADATA,
    Column("person", String(32), ForeignKey("removal.person"), primary_key=True),
    Column("door", String(32), ForeignKey("door.id"), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("time", Double, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("received", Double, nullable=False),
)

# A visitor's pass; `doors` (ids) and `groups` are JSON, `ends` is when it counts no more by itself.
PASS = Table(
    "pass",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("person", String(32), ForeignKey("person.id"), nullable=False),
    Column("begins", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("doors", Text, nullable=False),
    Column("groups", Text, nullable=False),
    Column("made", Double, nullable=False),
    Column("withdrawn", Double),
)
Index("pass_person", PASS.c.person)
Index("pass_ends", PASS.c.ends)

CONSENT_TEXT = Table(
    "consent_text",
    METADATA,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("time", Double, nullable=False),
    Column("earlier_until", Double),
)

CONSENT = Table(
    "consent",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("person", String(32), nullable=False),
    Column("version", BigInteger, ForeignKey("consent_text.version")),
    Column("how", String(16), nullable=False),
    Column("time", Double, nullable=False),
    Column("withdrawn", Double),
    Column("generation", BigInteger, nullable=False),
    Column("wrapped", LargeBinary),
    Column("sealed", LargeBinary),
)
Index("consent_person", CONSENT.c.person)

LAST_GRANT = Table(
    "last_grant",
    METADATA,
    Column("person", String(32), primary_key=True),
    Column("time", Double, nullable=False),
    Column("door", String(32), ForeignKey("door.id"), nullable=False),
)

# What became of somebody who was let in nowhere for long; `kept` is when an operator kept them.
DORMANCY = Table(
    "dormancy",
    METADATA,
    Column("person", String(32), ForeignKey("person.id"), primary_key=True),
    Column("kept", Double),
    Column("warned", Double),
    Column("disabled", Double),
)

# After how long whoever stays away expires, the newest counts; where `is_set` is false, what the
# configuration says. Seconds, `disable_after` NULL for never.
EXPIRY_SPANS = Table(
    "expiry_spans",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time", Double, nullable=False),
    Column("is_set", Boolean, nullable=False),
    Column("disable_after", Double),
    Column("remove_after", Double, nullable=False),
    Column("warn_before", Double, nullable=False),
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
