"""Consents to versions of a text, when somebody was let in last, and why somebody is withheld.

The last grants are read from the records that are here: nobody is taken for absent because the hub
had not counted yet.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("person", sa.Column("withheld", sa.String(16)))
    _consents()
    _absences()
    _count_grants(op.get_bind())


def _consents() -> None:
    op.create_table(
        "consent_text",
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("earlier_until", sa.Double),
    )
    op.create_table(
        "consent",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("version", sa.BigInteger, sa.ForeignKey("consent_text.version")),
        sa.Column("how", sa.String(16), nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("withdrawn", sa.Double),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("sealed", sa.LargeBinary),
    )
    op.create_index("consent_person", "consent", ["person"])


def _absences() -> None:
    op.create_table(
        "last_grant",
        sa.Column("person", sa.String(32), primary_key=True),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), nullable=False),
    )
    op.create_table(
        "dormancy",
        sa.Column("person", sa.String(32), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("kept", sa.Double),
        sa.Column("warned", sa.Double),
        sa.Column("disabled", sa.Double),
    )


def _count_grants(db: sa.Connection) -> None:
    """Of those who are enrolled now, from all decisions that doors have sent."""
    enrolled = set(db.execute(sa.text("SELECT id FROM person")).scalars())
    last: dict[str, tuple[float, str]] = {}
    events = sa.text("SELECT door, time, received, record FROM event WHERE kind = 'decision'")
    with db.execute(events.execution_options(yield_per=500)) as rows:
        for door, time, received, record in rows:
            _, _, _, person, told = json.loads(bytes(record))
            data = json.loads(told)
            is_grant = isinstance(data, dict) and data.get("decision") == "granted"
            if is_grant and isinstance(person, str) and person in enrolled:
                last[person] = max(last.get(person, (0.0, door)), (min(time, received), door))
    insert = sa.text("INSERT INTO last_grant (person, time, door) VALUES (:person, :time, :door)")
    for person, (time, door) in last.items():
        db.execute(insert, {"person": person, "time": time, "door": door})


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
