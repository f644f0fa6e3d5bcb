"""How the house is armed, and the ledger of who or what changed that, when and on what evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arm_state",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("until_us", sa.BigInteger),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("home", sa.Text, nullable=False),
        sa.Column("planned", sa.String(16)),
        sa.Column("planned_us", sa.BigInteger, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.CheckConstraint("id = 1", name="arm_state_one"),
    )
    op.create_table(
        "arm_changes",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("before", sa.String(16), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("until_us", sa.BigInteger),
        sa.Column("evidence", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("arm_changes")
    op.drop_table("arm_state")
