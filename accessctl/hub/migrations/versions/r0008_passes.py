"""Visitors' passes that the hub made."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "pass",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("person", sa.String(32), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("begins", sa.BigInteger, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("doors", sa.Text, nullable=False),
        sa.Column("groups", sa.Text, nullable=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.Column("withdrawn", sa.Double),
    )
    op.create_index("pass_person", "pass", ["person"])
    op.create_index("pass_ends", "pass", ["ends"])


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
