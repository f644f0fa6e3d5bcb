"""Alerts that wait a moment for somebody to disarm: the entry delay."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entry_waits",
        sa.Column("event", sa.String(32), primary_key=True),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("due_us", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("entry_waits")
