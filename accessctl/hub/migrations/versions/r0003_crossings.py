"""What each door's log says last of who went which way. What was sent before is not read again:
it is known from the next crossing on."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "crossing",
        sa.Column("door", sa.String(32), sa.ForeignKey("door.id"), primary_key=True),
        sa.Column("area", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(32), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("visit", sa.String(64)),
        sa.Column("before_way", sa.String(16)),
        sa.Column("before_time", sa.Double),
    )
    op.create_index("crossing_area", "crossing", ["area", "number"])


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
