"""What each person on Telegram may do, and the events a person said were false alarms."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("telegram_people", sa.Column("role", sa.String(16), nullable=False, server_default="member"))
    op.execute("UPDATE telegram_people SET role = 'owner' WHERE is_owner")
    op.drop_column("telegram_people", "is_owner")
    op.add_column("events", sa.Column("false_alarm", sa.Boolean, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("events", "false_alarm")
    op.add_column("telegram_people", sa.Column("is_owner", sa.Boolean, nullable=False, server_default="0"))
    op.execute("UPDATE telegram_people SET is_owner = 1 WHERE role = 'owner'")
    op.drop_column("telegram_people", "role")
