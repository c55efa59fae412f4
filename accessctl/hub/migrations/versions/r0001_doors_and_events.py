"""Doors with their certificates, invitations, records, alarms and the hub's own journal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _make_doors()
    _make_records()


def _make_doors() -> None:
    op.create_table(
        "door",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("joined", sa.Double, nullable=False),
        sa.Column("revoked", sa.Double),
        sa.Column("seen", sa.Double),
        sa.Column("base_number", sa.BigInteger),
        sa.Column("base_hash", sa.LargeBinary),
        sa.Column("mark_number", sa.BigInteger),
        sa.Column("mark_hash", sa.LargeBinary),
        sa.Column("head_number", sa.BigInteger),
        sa.Column("head_hash", sa.LargeBinary),
        sa.Column("head_signature", sa.LargeBinary),
        sa.Column("head_serial", sa.String(40)),
    )
    joined = sa.text("state = 'joined'")
    op.create_index(
        "door_name", "door", ["name"], unique=True, postgresql_where=joined, sqlite_where=joined
    )
    op.create_table(
        "certificate",
        sa.Column("serial", sa.String(40), primary_key=True),
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), nullable=False),
        sa.Column("issued", sa.Double, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Column("superseded", sa.Boolean, nullable=False),
        sa.Column("pem", sa.Text, nullable=False),
    )
    op.create_index("certificate_door", "certificate", ["door"])
    op.create_table(
        "invitation",
        sa.Column("code", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Column("serial", sa.String(40), sa.ForeignKey("certificate.serial")),
    )


def _make_records() -> None:
    op.create_table(
        "event",
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("previous", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("received", sa.Double, nullable=False),
    )
    op.create_index("event_time", "event", ["time"])
    op.create_table(
        "alarm",
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("record", sa.LargeBinary),
    )
    op.create_table(
        "journal",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
