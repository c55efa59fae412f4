"""Whom a company's directory expects at the site, its groups, and the token that it shows."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "directory_token",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("made", sa.Double, nullable=False),
    )
    op.create_table(
        "directory_user",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name_tag", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("known_tag", sa.LargeBinary, nullable=False),
        sa.Column("external_tag", sa.LargeBinary),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("person", sa.String(32)),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("modified", sa.Double, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("directory_user_known", "directory_user", ["known_tag"])
    op.create_index("directory_user_person", "directory_user", ["person"])
    op.create_table(
        "directory_group",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("external_id", sa.Text),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("modified", sa.Double, nullable=False),
    )
    op.create_table(
        "directory_member",
        sa.Column("group", sa.String(32), sa.ForeignKey("directory_group.id"), primary_key=True),
        sa.Column("user", sa.String(32), sa.ForeignKey("directory_user.id"), primary_key=True),
    )
    op.create_index("directory_member_user", "directory_member", ["user"])


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
