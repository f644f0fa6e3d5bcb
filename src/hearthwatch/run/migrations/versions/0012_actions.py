"""What actions have switched on, what they did, and when the guard of the connection started its unit."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "actions_on",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("off_us", sa.BigInteger),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
    )
    op.create_table(
        "action_trail",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("turn", sa.String(8), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("action_trail_by_time", "action_trail", ["at_us", "id"])
    op.create_table(
        "connection_repairs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("connection_repairs")
    op.drop_table("action_trail")
    op.drop_table("actions_on")
