"""Pictures of decisions that doors send, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "event_picture",
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", sa.String(32)),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("event_picture_time", "event_picture", ["time"])
    op.create_index("event_picture_person", "event_picture", ["person"])


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
