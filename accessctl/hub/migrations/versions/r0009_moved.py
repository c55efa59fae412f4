"""With which change each person was last taken from doors that may have had them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "person", sa.Column("moved", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
    # Nobody knows where they were before: all doors that are not as far yet are told.
    op.execute(
        "UPDATE person SET moved = coalesce("
        "(SELECT change.seq FROM change WHERE change.subject = person.id), 0)"
    )


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
