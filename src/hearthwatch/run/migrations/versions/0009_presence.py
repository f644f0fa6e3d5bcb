"""Who is home: the present state of each person, and nothing of the past."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presence",
        sa.Column("person", sa.String(32), primary_key=True),
        sa.Column("device", sa.String(32), primary_key=True),
        sa.Column("home", sa.Boolean, nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("seen_us", sa.BigInteger),
        sa.Column("answered_us", sa.BigInteger),
        sa.Column("means", sa.String(16)),
    )


def downgrade() -> None:
    op.drop_table("presence")
