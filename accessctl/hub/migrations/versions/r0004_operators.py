"""Operators of the console with their passkeys, sessions and failed guesses."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "operator",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("capabilities", sa.Text, nullable=False),
        sa.Column("invited", sa.Double, nullable=False),
        sa.Column("code", sa.LargeBinary, unique=True),
        sa.Column("code_expires", sa.Double),
        sa.Column("email", sa.String(254), unique=True),
        sa.Column("subject", sa.LargeBinary, unique=True),
        sa.Column("password", sa.Text),
        sa.Column("totp", sa.LargeBinary),
        sa.Column("totp_step", sa.BigInteger),
    )
    op.create_table(
        "operator_key",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("operator", sa.String(32), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("added", sa.Double, nullable=False),
        sa.Column("used", sa.Double),
    )
    op.create_index("operator_key_operator", "operator_key", ["operator"])
    op.create_table(
        "operator_session",
        sa.Column("token", sa.LargeBinary, primary_key=True),
        sa.Column("operator", sa.String(32), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("begun", sa.Double, nullable=False),
        sa.Column("seen", sa.Double, nullable=False),
        sa.Column("proved", sa.Double),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(120), nullable=False),
    )
    op.create_index("operator_session_operator", "operator_session", ["operator"])
    op.create_table(
        "operator_guess",
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("last", sa.Double, nullable=False),
    )
    op.create_index("operator_guess_last", "operator_guess", ["last"])


def downgrade() -> None:
    raise NotImplementedError("A hub's tables go forward only; restore a backup instead.")
