"""What an alert offers to do, who of the people on Telegram is an owner, and the trail of what was done to cameras."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alerts", sa.Column("offers", sa.Text, nullable=False, server_default=""))
    op.add_column("telegram_people", sa.Column("is_owner", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE telegram_people SET is_owner = 1 "
        "WHERE user_id = (SELECT user_id FROM telegram_people ORDER BY enrolled_us, chat_id LIMIT 1)"
    )
    op.create_table(
        "audit_trail",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("camera", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked_us", sa.BigInteger, nullable=False),
        sa.Column("begun_us", sa.BigInteger),
        sa.Column("ended_us", sa.BigInteger),
    )
    op.create_index("audit_trail_by_time", "audit_trail", ["asked_us", "id"])
    op.create_index("audit_trail_by_state", "audit_trail", ["state"])


def downgrade() -> None:
    op.drop_table("audit_trail")
    op.drop_column("telegram_people", "is_owner")
    op.drop_column("alerts", "offers")
