"""After how long whoever stays away expires, where operators have set it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "expiry_spans",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("is_set", sa.Boolean, nullable=False),
        sa.Column("disable_after", sa.Double),
        sa.Column("remove_after", sa.Double, nullable=False),
        sa.Column("warn_before", sa.Double, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
