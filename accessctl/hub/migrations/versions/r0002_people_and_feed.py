"""People, their photos, the feed of changes, and what doors propose and answer for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _feed()
    _people()
    _proposals()
    _removals()


def _feed() -> None:
    op.create_table(
        "change",
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False, unique=True),
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id")),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("removed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "history",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "site_key",
        sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.Column("proof", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "door_feed",
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), primary_key=True),
        sa.Column("groups", sa.Text),
        sa.Column("scoped", sa.BigInteger, nullable=False),
        sa.Column("told", sa.BigInteger, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name_tag", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("groups", sa.Text, nullable=False),
    )
    op.create_table(
        "photo",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("person", sa.String(32), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("quality", sa.Double, nullable=False),
        sa.Column("added", sa.Double, nullable=False),
        sa.Column("skipped_by", sa.String(200)),
    )
    op.create_index("photo_person", "photo", ["person"])


def _proposals() -> None:
    op.create_table(
        "proposal",
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), primary_key=True),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("change", sa.String(32), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
    )
    op.create_table(
        "held",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), nullable=False),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("change", sa.String(32), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("like", sa.String(32)),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("decided", sa.Double),
        sa.Column("decision", sa.String(8)),
    )
    op.create_index("held_person", "held", ["person"])


def _removals() -> None:
    op.create_table(
        "removal",
        sa.Column("person", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
    )
    op.create_table(
        "removal_receipt",
        sa.Column("person", sa.String(32), sa.ForeignKey("removal.person"), primary_key=True),
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
